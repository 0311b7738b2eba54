"""The scripts of examples/, each run as a reader would, on tiny data."""

import ast
import importlib
import json
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize import PresetConfig, load_preset, save_preset
from keras_colorize.models import eccv16, iizuka16

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.py"))


@pytest.fixture
def scenes(tmp_path):
    """Folder of two scenes: dark pictures with a bright stripe, bright ones with a dark stripe."""
    rng = np.random.default_rng(0)
    for number in range(24):
        night = number % 2
        pixels = rng.integers(0, 60, (64, 64, 3)) + (0 if night else 180)
        pixels[:, 10 + number : 16 + number] = (230, 180, 40) if night else (20, 40, 90)
        path = tmp_path / "scenes" / ("night" if night else "day") / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels.astype("uint8")).save(path)
    return tmp_path / "scenes"


def _preset(folder, network, arguments, output):
    keras.utils.set_random_seed(0)
    save_preset(network(**arguments), folder, PresetConfig(network.__name__, arguments, output))
    return folder


def test_finetuning_makes_a_preset(script, scenes, tmp_path):
    preset = _preset(tmp_path / "given", eccv16, {"width": 1 / 16}, "ab_logits")
    words = [scenes, tmp_path / "mine", "--preset", preset, "--steps", 3]
    words += ["--batch-size", 4, "--size", 64]
    script("examples/finetune_preset.py").main(list(map(str, words)))
    config = json.loads((tmp_path / "mine" / "config.json").read_text())
    assert config["trained_on"] == [str(scenes)]
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 64, 64, 1)).astype("float32")
    before, after = (
        np.asarray(load_preset(folder)[0](lightness)["ab_logits"])
        for folder in (preset, tmp_path / "mine")
    )
    assert np.abs(before - after).max() > 1e-3


def test_features_tell_scenes_apart(script, scenes, tmp_path):
    arguments = {"width": 1 / 16, "global_size": 32}
    preset = _preset(tmp_path / "given", iizuka16, arguments, "ab")
    words = [scenes, "--preset", preset, "--held-out", 0.3]
    assert script("examples/iizuka_features.py").main(list(map(str, words))) > 0.9


def test_the_field_makes_a_segmentation_better(script):
    before, after = script("examples/mrf_behind_any_model.py").main(["--epochs", "3"])
    assert before < 0.9
    assert after > before + 0.05


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_examples_import_public_names_only(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in imports if node.module.startswith("keras_colorize")]
    assert ours
    for node in ours:
        public = importlib.import_module(node.module).__all__
        assert {alias.name for alias in node.names} <= set(public)
