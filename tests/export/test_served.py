"""The SavedModel where nothing of this package is: in a clean Python, in C, in the tool."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

from keras_colorize.inference.pixels import lightness_of, to_working_size
from keras_colorize.io import read_photograph

HERE = Path(__file__).parent
TENSORFLOW = Path(tf.__file__).parent
# The command `saved_model_cli`, twice: starting it is what takes the time.
TOOL = """
import contextlib, json, sys
from tensorflow.python.tools.saved_model_cli import main
for words in json.loads(sys.argv[1]):
    sys.argv[1:] = words
    with contextlib.suppress(SystemExit):
        main()
"""


@pytest.fixture(scope="module")
def clean(served, pictures, tmp_path_factory):
    """The folder of pictures and results, and the report, of a process with TensorFlow alone."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, contents in pictures.items():
        (folder / name).write_bytes(contents)
    command = [sys.executable, "-I", HERE / "clean_process.py", served, folder]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder, json.loads(done.stdout)


def assert_same_picture(made, expected, name):
    """Bytes or a path against a `Photograph`, within a step of 8 bits; alpha is equal."""
    made = read_photograph(made)
    assert made.pixels.dtype == expected.pixels.dtype, name
    step = 1 if expected.pixels.dtype == np.uint8 else 257
    difference = np.abs(made.pixels.astype(int) - expected.pixels)
    assert difference.max() <= step, name
    assert difference.mean() < 0.05 * step, name
    np.testing.assert_array_equal(made.alpha, expected.alpha, name)


def test_a_clean_process_gives_what_the_colorizer_gives(clean, colorizer, pictures):
    folder, report = clean
    assert report["modules"] == []
    for name in pictures:
        expected = colorizer(read_photograph(folder / name))
        assert_same_picture((folder / f"{name}.out").read_bytes(), expected, name)


def test_every_signature_is_warmed_up(clean):
    signatures = ("serving_default", "colorize_bytes", "colorize_bytes_with", "classify_bytes")
    assert clean[1]["warmed up"] == [["tiny", signature] for signature in signatures]


def test_options_of_each_picture(clean, colorizer, pictures):
    folder, _ = clean
    for name, saturation, temperature in zip(
        sorted(pictures), (0.0, 2.0), (1.0, 0.2), strict=False
    ):
        other = colorizer.replace(saturation=saturation, temperature=temperature)
        expected = other(read_photograph(folder / name))
        assert_same_picture((folder / f"{name}.with").read_bytes(), expected, name)


def test_scenes(clean, colorizer, pictures):
    _, report = clean
    names = sorted(pictures)
    assert np.shape(report["scenes"]) == (len(names), 5)
    for name, scenes, found in zip(names, report["scenes"], report["probabilities"], strict=True):
        seen = to_working_size(lightness_of(read_photograph(pictures[name]).pixels), 64, 32)
        logits = np.asarray(colorizer.model.predict_on_batch(seen[None])["class_logits"])[0]
        probabilities = np.exp(logits) / np.exp(logits).sum()
        np.testing.assert_allclose(found, np.sort(probabilities)[:-6:-1], atol=1e-4)
        places = [colorizer.config.class_names.index(scene) for scene in scenes]
        np.testing.assert_allclose(probabilities[places], found, atol=1e-4)


def test_lightness_to_ab(clean, colorizer):
    expected = 1.4 * np.asarray(colorizer.predict_ab(np.full((2, 32, 64, 1), 40.0, "float32")))
    np.testing.assert_allclose(np.load(clean[0] / "ab.npy"), expected, atol=1e-3)


def test_an_empty_batch(clean):
    assert clean[1]["of nothing"] == 0


def test_bad_pictures_are_named_by_their_place(clean):
    first, second = clean[1]["bad"]
    assert first.splitlines()[0] == second.splitlines()[0]
    for place, said in ((1, "received 0 bytes"), (3, "received 99 bytes"), (4, "another format")):
        assert f"image_bytes[{place}]: expected a JPEG, PNG, GIF, BMP or WebP picture" in first
        assert said in first
    assert "[0]" not in first
    assert "[2]" not in first


def test_wrong_options_are_named(clean):
    value, count = clean[1]["wrong"]
    assert "saturation[1]: expected a number between 0.0 and 10.0" in value
    assert "received 11" in value
    assert "[0]" not in value
    assert "saturation" in count
    assert "1 for 2" in count


def _operations(served, signature):
    """Names of the operations of the first input and output, and the index of the output."""
    model = SavedModel.FromString((served / "saved_model.pb").read_bytes())
    definition = model.meta_graphs[0].signature_def[signature]
    (given,), (made,) = definition.inputs.values(), definition.outputs.values()
    output, index = made.name.split(":")
    return given.name.split(":")[0], output, index


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The C program, linked with the TensorFlow library of the wheel."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    made = tmp_path_factory.mktemp("program") / "run_saved_model"
    libraries = [next(TENSORFLOW.glob(f"libtensorflow_{name}.*")) for name in ("cc", "framework")]
    command = [compiler, "-Wall", "-Werror", "-o", made, HERE / "run_saved_model.c", *libraries]
    command += [f"-I{TENSORFLOW / 'include'}", f"-Wl,-rpath,{TENSORFLOW}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return made


def test_a_program_in_c(program, served, colorizer, pictures, tmp_path):
    names = ("rgb.jpg", "alpha.png", "deep.png", "lossy.webp")
    paths = [tmp_path / name for name in names]
    for path in paths:
        path.write_bytes(pictures[path.name])
    command = [program, served, *_operations(served, "colorize_bytes"), *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for path in paths:
        expected = colorizer(read_photograph(path))
        assert_same_picture(path.with_name(path.name + ".out").read_bytes(), expected, path.name)


def test_the_tool_runs_it_and_finds_nothing_that_servers_deny(
    served, colorizer, pictures, tmp_path
):
    names = ("turned6.jpg", "one.gif")
    # NumPy cuts zeros off the end of bytes; none of these formats ends in one.
    np.save(tmp_path / "given.npy", np.array([pictures[name] for name in names]))
    scan = ["scan", "--dir", served, "--tag_set", "serve"]
    run = ["run", *scan[1:], "--signature_def", "colorize_bytes", "--outdir", tmp_path]
    run += ["--inputs", f"image_bytes={tmp_path / 'given.npy'}"]
    words = json.dumps([[str(word) for word in one] for one in (scan, run)])
    command = [sys.executable, "-I", "-c", TOOL, words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "does not contain the default denylisted ops" in done.stdout
    made = np.load(tmp_path / "png_bytes.npy", allow_pickle=True)
    for name, content in zip(names, made, strict=True):
        assert_same_picture(content, colorizer(read_photograph(pictures[name])), name)
