"""Packing of a store and training from it under JAX, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]


def _run(script, *words, **environment):
    path = {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "-1"}
    command = [sys.executable, str(ROOT / "trainers" / script), *words]
    # What compiles in the least time: the step runs but a few times.
    quick = "--xla_backend_optimization_level=0 --xla_cpu_use_fusion_emitters=false"
    environment = {**os.environ, "XLA_FLAGS": quick, **path, **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def _colored(seed, size=(90, 70)):
    corners = np.random.default_rng(seed).integers(0, 256, (4, 5, 3), "uint8")
    return Image.fromarray(corners).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """A store of good pictures and all that must be left out."""
    root = tmp_path_factory.mktemp("store")
    good, test = root / "good", root / "test"
    for folder in (good / "a", good / "b", test):
        folder.mkdir(parents=True)
    for number in range(12):
        _colored(number).save(good / "ab"[number % 2] / f"{number}.png")
    _colored(3, (180, 140)).save(good / "a" / "copy.jpg", quality=95)
    _colored(99).save(good / "a" / "tested.png")
    _colored(99, (120, 100)).save(test / "held_out.png")
    grey = np.asarray(_colored(50).convert("L"), "float32")
    Image.fromarray(grey.astype("uint8")).save(good / "a" / "grey.png")
    sepia = grey[..., None] * np.array([1.0, 0.82, 0.6])
    Image.fromarray(sepia.astype("uint8")).save(good / "a" / "sepia.png")
    _colored(51, (30, 30)).save(good / "a" / "small.png")
    (good / "a" / "broken.jpg").write_bytes(b"no picture")
    # Packing needs no TensorFlow.
    (root / "tensorflow.py").write_text("raise ImportError")
    words = f"--source=good={good}", f"--without={test}", f"--store={root}/packed"
    done = _run("pack_store.py", *words, PYTHONPATH=os.pathsep.join([str(root), str(ROOT)]))
    assert done.returncode == 0, done.stderr
    report = json.loads((root / "packed" / "report.json").read_text())["good"]
    left_out = ["a copy", "like a test picture", "too small", "unreadable"]
    assert report == {"packed": 12, "near-grey": 2, **dict.fromkeys(left_out, 1)}
    return root / "packed"


def test_a_run_learns_and_leaves_weights_of_its_network(store, tmp_path):
    words = [f"--store={store}", f"--run={tmp_path}", "--side=48", "--capacity=12"]
    words += ["--encoder=residual", "--decoder_widths=8,8,8,8", "--queries=4", "--log_steps=1"]
    words += ["--scene_collection=good", "--phase=mean,size=32,batch=2,minutes=0.2,rate=1e-1"]
    done = _run("train_packed.py", *words, KERAS_BACKEND="jax")
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert lines[0]["pictures"] == 12
    assert 0 <= lines[0]["top_1"] <= lines[0]["top_5"] <= 1 < lines[0]["ab_error"] < 200
    # A busy machine makes but a few steps in the time that is given.
    assert min(line["color"] for line in lines[1:]) < lines[0]["color"]
    assert json.loads((tmp_path / "network.json").read_text())["class_names"] == ["a", "b"]
    with h5py.File(tmp_path / "weights-mean32.h5") as weights:
        assert weights["ab_logits/kernel"].shape == (1, 1, 12, 313)
        assert all(np.isfinite(weights["ab_logits/kernel"][()].ravel()))


def test_the_shown_colors_need_a_teacher(store, tmp_path):
    words = f"--store={store}", f"--run={tmp_path}", "--phase=shown,size=32,batch=4,minutes=0.1"
    done = _run("train_packed.py", *words, KERAS_BACKEND="jax")
    assert done.returncode != 0
    assert "Expected --teacher_weights with the phase shown, received none." in done.stderr


def test_a_part_gives_back_pictures_shapes_and_labels_in_order(script, tmp_path):
    packed = script("trainers/packed.py")
    pictures = [_colored(0, (60, 40)), _colored(1, (32, 32)), _colored(2, (40, 80))]
    labels = ["street/day", "faces/", "street/night"]
    path = tmp_path / "part-000.npz"
    packed.write_part(path, [packed.encode_picture(one, 90) for one in pictures], labels)
    pixels, aspects, names = packed.read_part(path, 32)
    assert packed.part_paths(tmp_path) == [path]
    assert names == labels
    np.testing.assert_allclose(aspects, [1.5, 1.0, 0.5])
    for picture, found in zip(pictures, pixels, strict=True):
        expected = np.asarray(picture.resize((32, 32), Image.Resampling.BICUBIC), "float32")
        assert np.abs(found - expected).mean() < 6
