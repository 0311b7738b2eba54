"""The SavedModel where nothing of this package is: in a clean Python and in C."""

import contextlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.tools import saved_model_cli

from keras_colorize.io import read_photograph

HERE = Path(__file__).parent
TENSORFLOW = Path(tf.__file__).parent


def run(*command, cwd=None):
    """Runs a program and returns what it prints."""
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def clean(served, pictures, tmp_path_factory):
    """The folder of pictures and results, and the report, of a process with TensorFlow alone."""
    folder = tmp_path_factory.mktemp("pictures")
    for name, contents in pictures.items():
        (folder / name).write_bytes(contents)
    command = [sys.executable, "-I", HERE / "clean_process.py", served, folder]
    return folder, json.loads(run(*command, cwd=folder))


def assert_same_picture(contents, expected, name):
    """Bytes against a `Photograph`, within a step of 8 bits; alpha is equal."""
    result = read_photograph(contents)
    assert result.pixels.dtype == expected.pixels.dtype, name
    step = 1 if expected.pixels.dtype == np.uint8 else 257
    difference = np.abs(result.pixels.astype(int) - expected.pixels)
    assert difference.max() <= step, name
    assert difference.mean() < 0.05 * step, name
    np.testing.assert_array_equal(result.alpha, expected.alpha, name)


def test_a_clean_process_gives_what_the_colorizer_gives(clean, colorizer, pictures):
    folder, report = clean
    warmed = [["tiny", "serving_default"], ["tiny", "colorize_bytes"]]
    assert report == {"warmed up": warmed, "of nothing": 0, "modules": []}
    for name in pictures:
        # EXIF orientation is the client's business: rows come out as they are stored.
        stored = pictures["rgb.jpg" if name == "turned.jpg" else name]
        expected = colorizer(read_photograph(stored))
        assert_same_picture((folder / f"{name}.out").read_bytes(), expected, name)


def test_lightness_to_ab_and_scenes(clean, colorizer):
    lightness, outputs = np.full((2, 32, 64, 1), 40.0, "float32"), np.load(clean[0] / "outputs.npz")
    assert set(outputs) == {"ab", "probabilities"}
    expected = 1.4 * np.asarray(colorizer.predict_ab(lightness))
    np.testing.assert_allclose(outputs["ab"], expected, atol=1e-3)
    logits = np.asarray(colorizer.model.predict_on_batch(lightness)["class_logits"])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(outputs["probabilities"], probabilities, atol=1e-4)


def test_a_program_in_c(served, colorizer, pictures, tmp_path):
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    # Linked with the TensorFlow library of the wheel.
    program = tmp_path / "run_saved_model"
    libraries = [next(TENSORFLOW.glob(f"libtensorflow_{name}.*")) for name in ("cc", "framework")]
    words = [compiler, "-Wall", "-Werror", "-o", program, HERE / "run_saved_model.c", *libraries]
    run(*words, f"-I{TENSORFLOW / 'include'}", f"-Wl,-rpath,{TENSORFLOW}")
    model = SavedModel.FromString((served / "saved_model.pb").read_bytes())
    definition = model.meta_graphs[0].signature_def["colorize_bytes"]
    (given,), (result,) = definition.inputs.values(), definition.outputs.values()
    # Names of the operations of input and output, and the index of the output.
    operations = [given.name.split(":")[0], *result.name.split(":")]
    paths = [tmp_path / name for name in ("rgb.jpg", "alpha.png", "deep.png")]
    for path in paths:
        path.write_bytes(pictures[path.name])
    run(program, served, *operations, *paths)
    for path in paths:
        expected = colorizer(read_photograph(path))
        assert_same_picture(path.with_name(path.name + ".out").read_bytes(), expected, path.name)


def test_servers_deny_no_operation_of_it(served, monkeypatch, capsys):
    words = ["saved_model_cli", "scan", "--dir", str(served), "--tag_set", "serve"]
    monkeypatch.setattr(sys, "argv", words)
    with contextlib.suppress(SystemExit):
        saved_model_cli.main()
    assert "does not contain the default denylisted ops" in capsys.readouterr().out
