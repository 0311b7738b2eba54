"""The SavedModel where nothing of this package is: in a clean Python, in C, in the tool."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

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
    assert report["modules"] == []
    assert report["of nothing"] == 0
    for name in pictures:
        expected = colorizer(read_photograph(folder / name))
        assert_same_picture((folder / f"{name}.out").read_bytes(), expected, name)


def test_every_signature_is_warmed_up(clean):
    assert clean[1]["warmed up"] == [["tiny", "serving_default"], ["tiny", "colorize_bytes"]]


def test_lightness_to_ab_and_scenes(clean, colorizer):
    lightness, outputs = np.full((2, 32, 64, 1), 40.0, "float32"), np.load(clean[0] / "outputs.npz")
    assert set(outputs) == {"ab", "probabilities"}
    expected = 1.4 * np.asarray(colorizer.predict_ab(lightness))
    np.testing.assert_allclose(outputs["ab"], expected, atol=1e-3)
    logits = np.asarray(colorizer.model.predict_on_batch(lightness)["class_logits"])
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(outputs["probabilities"], probabilities, atol=1e-4)


def _operations(served, signature):
    """Names of the operations of the first input and output, and the index of the output."""
    model = SavedModel.FromString((served / "saved_model.pb").read_bytes())
    definition = model.meta_graphs[0].signature_def[signature]
    (given,), (result,) = definition.inputs.values(), definition.outputs.values()
    output, index = result.name.split(":")
    return given.name.split(":")[0], output, index


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    """The C program, linked with the TensorFlow library of the wheel."""
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        pytest.skip("no C compiler")
    path = tmp_path_factory.mktemp("program") / "run_saved_model"
    libraries = [next(TENSORFLOW.glob(f"libtensorflow_{name}.*")) for name in ("cc", "framework")]
    command = [compiler, "-Wall", "-Werror", "-o", path, HERE / "run_saved_model.c", *libraries]
    command += [f"-I{TENSORFLOW / 'include'}", f"-Wl,-rpath,{TENSORFLOW}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return path


def test_a_program_in_c(program, served, colorizer, pictures, tmp_path):
    paths = [tmp_path / name for name in ("rgb.jpg", "alpha.png", "deep.png")]
    for path in paths:
        path.write_bytes(pictures[path.name])
    command = [program, served, *_operations(served, "colorize_bytes"), *paths]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for path in paths:
        expected = colorizer(read_photograph(path))
        assert_same_picture(path.with_name(path.name + ".out").read_bytes(), expected, path.name)


def test_the_tool_runs_it_and_finds_nothing_that_servers_deny(
    served, colorizer, pictures, encoded, tmp_path
):
    exif = Image.Exif()
    exif[0x0112] = 6
    # NumPy cuts zeros off the end of bytes; neither format ends in one.
    upright = Image.fromarray(read_photograph(pictures["rgb.jpg"]).pixels)
    turned = encoded(upright, "JPEG", exif=exif, quality=95)
    np.save(tmp_path / "given.npy", np.array([turned, pictures["grey.png"]]))
    scan = ["scan", "--dir", served, "--tag_set", "serve"]
    run = ["run", *scan[1:], "--signature_def", "colorize_bytes", "--outdir", tmp_path]
    run += ["--inputs", f"image_bytes={tmp_path / 'given.npy'}"]
    words = json.dumps([[str(word) for word in one] for one in (scan, run)])
    command = [sys.executable, "-I", "-c", TOOL, words]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "does not contain the default denylisted ops" in done.stdout
    first, second = np.load(tmp_path / "png_bytes.npy", allow_pickle=True)
    # EXIF orientation is the client's business: rows come out as they are stored.
    stored = encoded(upright, "JPEG", quality=95)
    assert_same_picture(first, colorizer(read_photograph(stored)), "turned")
    assert_same_picture(second, colorizer(read_photograph(pictures["grey.png"])), "grey.png")
