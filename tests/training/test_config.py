"""Settings of a run are checked, and kept beside it."""

import dataclasses
import json

import pytest

from keras_colorize.training import TrainingConfig, bind_settings


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"steps_per_epoch": 0},
        {"batch_size": -1},
        {"log_every": 0},
        {"keep_checkpoints": 0},
        {"optimizer": "sgd"},
        {"schedule": "cosine"},
        {"learning_rate": 0.0},
        {"weight_decay": -0.1},
        {"clip_norm": 0.0},
        {"ema_momentum": 1.0},
        {"ema_momentum": 0.0},
        {"checkpoint_minutes": -1},
        {"warmup": -0.1},
        {"warmup": 0.6, "cooldown": 0.5},
    ],
)
def test_wrong_settings_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"Expected .*{next(iter(wrong))}.* to be .*, received"):
        TrainingConfig(**wrong)


def test_total_steps():
    assert TrainingConfig(epochs=3, steps_per_epoch=7).total_steps == 21


def test_a_new_folder_gets_the_settings(tmp_path):
    config = TrainingConfig(epochs=3, clip_norm=None)
    config.bind(tmp_path / "a" / "run")
    written = json.loads((tmp_path / "a" / "run" / "training.json").read_text())
    assert written == dataclasses.asdict(config)
    assert [path.name for path in (tmp_path / "a" / "run").iterdir()] == ["training.json"]


def test_the_same_settings_are_accepted_again(tmp_path):
    for _ in range(2):
        TrainingConfig(epochs=3).bind(tmp_path)


def test_epochs_and_logging_may_change(tmp_path):
    TrainingConfig().bind(tmp_path)
    later = TrainingConfig(epochs=20, log_every=3, keep_checkpoints=1, checkpoint_minutes=0.0)
    later.bind(tmp_path)
    assert json.loads((tmp_path / "training.json").read_text())["epochs"] == 20


def test_other_settings_are_refused_with_the_differences(tmp_path):
    TrainingConfig().bind(tmp_path)
    before = (tmp_path / "training.json").read_text()
    with pytest.raises(ValueError, match="settings of the run") as error:
        TrainingConfig(batch_size=8, optimizer="adam", epochs=99).bind(tmp_path)
    listed = str(error.value).splitlines()[1:]
    assert listed == ["  batch_size: was 32, is 8", "  optimizer: was adamw, is adam"]
    assert (tmp_path / "training.json").read_text() == before


def test_other_settings_are_bound_alike(tmp_path):
    path = tmp_path / "run" / "network.json"
    bind_settings(path, {"widths": (8, 4), "head": None})
    bind_settings(path, {"widths": [8, 4], "head": None, "younger": 1})
    with pytest.raises(ValueError, match="settings of the run") as error:
        bind_settings(path, {"widths": (8, 6), "head": None, "younger": 1})
    assert str(error.value).splitlines()[1:] == ["  widths: was [8, 4], is [8, 6]"]
