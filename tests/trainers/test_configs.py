"""The published recipes: each but the largest builds at full width, and trains for two steps."""

import functools
import json
from pathlib import Path

import keras
import pytest

from keras_colorize.training import RunCheckpoint, TrainingLoop

CONFIGS = sorted((Path(__file__).parents[2] / "trainers" / "configs").glob("*.json"))
# Small views, one at a time, and no downloads; all else is the recipe's.
SMALL = {"size": 32, "batch_size": 1, "epochs": 1, "steps_per_epoch": 2, "validation_share": 0.4}


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.stem)
def test_a_recipe_trains_at_full_width(path, in_process, pictures, tmp_path, monkeypatch, request):
    settings, saved = json.loads(path.read_text()), []
    main = in_process(settings.pop("trainer", f"train_{path.stem}"))
    assert settings.get("width", 1) == settings.get("discriminator_width", 1) == 1
    own = {name: None for name in ("encoder_weights", "generator_preset") if name in settings}
    own |= {"global_size": 32} if "global_size" in settings else {}
    if path.stem == "ddcolor":
        request.getfixturevalue("short_ddcolor")
        own |= {"width": 1 / 32, "queries": 4, "discriminator_width": 1 / 32}
        without = functools.partial(keras.applications.VGG16, weights=None)
        monkeypatch.setattr(keras.applications, "VGG16", lambda **how: without(include_top=False))
    # What is validated and written would take most of the time.
    monkeypatch.setattr(RunCheckpoint, "save", lambda self, step: saved.append(step))
    monkeypatch.setattr(TrainingLoop, "_validate", lambda *_: {"val_loss": 0.0})
    monkeypatch.setattr("run.Run._samples", lambda *_: keras.callbacks.Callback())
    monkeypatch.setattr("run.save_preset", lambda model, _, config, **__: saved.append(config))
    main(**{**settings, **SMALL, **own, "data": [str(pictures)], "run": str(tmp_path / "run")})
    assert saved[0] == 2
    assert saved[1].arguments.get("width", 1) == own.get("width", 1)
