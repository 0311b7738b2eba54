import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from keras_colorize import cli
from keras_colorize.errors import InputError
from keras_colorize.inference import runtime
from keras_colorize.presets import find_preset

COMMAND = """\
import sys
from keras_colorize import cli
code = cli.main(sys.argv[1:])
sys.exit(3 if "tensorflow" in sys.modules else code)
"""


def test_openvino_without_tensorflow_gives_the_same_colors(tiny_preset, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_COLORIZE_CACHE", str(tmp_path / "cache"))
    paths = [tmp_path / f"{number}.png" for number in range(2)]
    random = np.random.default_rng(0)
    for path, size in zip(paths, [(90, 130), (64, 40)], strict=True):
        Image.fromarray(random.integers(0, 256, size, np.uint8)).save(path)
    words = ["colorize", *map(str, paths), "--preset", str(tiny_preset), "-o"]
    assert cli.main([*words, str(tmp_path / "keras")]) == 0
    command = [sys.executable, "-c", COMMAND, *words, str(tmp_path / "openvino")]
    environment = {name: x for name, x in os.environ.items() if name != "KERAS_BACKEND"}
    made = subprocess.run(
        [*command, "--runtime", "openvino"], env=environment, capture_output=True, text=True
    )
    assert made.returncode == 0, made.stderr
    assert "once for each preset" in made.stderr
    for path in paths:
        pair = (Image.open(tmp_path / name / path.name) for name in ("keras", "openvino"))
        levels = np.subtract(*(np.asarray(one).astype(int) for one in pair))
        assert np.ptp(np.asarray(Image.open(tmp_path / "openvino" / path.name)), axis=2).max() > 20
        assert np.abs(levels).max() <= 1


def test_a_network_that_cannot_be_exported(tiny_preset, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_COLORIZE_CACHE", str(tmp_path))
    monkeypatch.setattr(runtime, "_EXPORT", "raise ValueError('no such operation')")
    with pytest.raises(InputError, match="ValueError: no such operation"):
        runtime.OpenvinoNetwork(tiny_preset, "float32")
    assert not list(tmp_path.rglob("*.onnx"))


def test_presets_that_share_a_network_share_its_file(tiny_preset):
    vivid, accurate, dcgan = map(find_preset, ("vivid", "accurate", "dcgan"))
    assert runtime.onnx_file(vivid) == runtime.onnx_file(accurate)
    assert len({*map(runtime.onnx_file, (vivid, dcgan, tiny_preset))}) == 3
