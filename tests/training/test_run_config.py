"""Settings of a run are checked and kept beside it, and make its optimizer and schedule."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from keras_colorize.training import (
    AdversarialConfig,
    TrainingConfig,
    WarmupStableDecay,
    bind_settings,
    make_optimizer,
)

WRONG = {
    **{"epochs": 0, "steps_per_epoch": 0, "batch_size": -1, "log_every": 0, "keep_checkpoints": 0},
    **{"optimizer": "sgd", "schedule": "cosine", "learning_rate": 0.0, "weight_decay": -0.1},
    **{"clip_norm": 0.0, "ema_momentum": 1.0, "checkpoint_minutes": -1, "warmup": -0.1},
    **{"cooldown": 0.99, "reconstruction": "l2", "reconstruction_weight": -1.0},
    **{"label_smoothing": 0.5, "pretrain_epochs": 11, "discriminator_learning_rate": 0.0},
    **{"discriminator_schedule": "cosine"},
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_settings_are_refused_by_name(name):
    known = {field.name for field in dataclasses.fields(TrainingConfig)}
    for config in (TrainingConfig, AdversarialConfig) if name in known else (AdversarialConfig,):
        with pytest.raises(ValueError, match=f"Expected .*{name}.* to be .*, received"):
            config(**{name: WRONG[name]})


def test_a_new_folder_gets_the_settings(tmp_path):
    config = TrainingConfig(epochs=3, clip_norm=None)
    config.bind(tmp_path / "a" / "run")
    written = json.loads((tmp_path / "a" / "run" / "training.json").read_text())
    assert written == dataclasses.asdict(config)
    may_change = {"epochs": 20, "log_every": 3, "keep_checkpoints": 1, "checkpoint_minutes": 0.0}
    dataclasses.replace(config, **may_change).bind(tmp_path / "a" / "run")
    written = json.loads((tmp_path / "a" / "run" / "training.json").read_text())
    assert written["epochs"] == 20


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


def test_the_schedule():
    schedule = WarmupStableDecay(2.0, 100, warmup=0.1, cooldown=0.4)
    # 100 steps: 10 of warm-up that end at the peak, 50 level, 40 of half a cosine.
    expected = {0: 0.2, 4: 1.0, 9: 2.0, 30: 2.0, 60: 2.0, 80: 1.0, 100: 0.0, 150: 0.0}
    expected |= {70: 2.0 * 0.8535534, 90: 2.0 * 0.1464466}
    for step, rate in expected.items():
        assert float(schedule(step)) == pytest.approx(rate, abs=1e-6)
    again = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(again)
    assert isinstance(again, WarmupStableDecay)
    assert again.get_config() == schedule.get_config()
    level = WarmupStableDecay(2.0, 10, warmup=0.0, cooldown=0.0)
    assert [float(level(step)) for step in range(10)] == pytest.approx([2.0] * 10)


@pytest.mark.parametrize("name", ["Adadelta", "Adam", "AdamW"])
def test_the_named_optimizer_with_its_rate(name):
    settings = {"schedule": "constant", "learning_rate": 0.5, "clip_norm": 2.0}
    optimizer = make_optimizer(TrainingConfig(optimizer=name.lower(), **settings))
    assert type(optimizer) is getattr(keras.optimizers, name)
    assert float(optimizer.learning_rate) == 0.5
    assert optimizer.global_clipnorm == 2.0


def test_the_schedule_follows_the_steps_of_the_optimizer():
    config = TrainingConfig(epochs=1, steps_per_epoch=10, learning_rate=1.0, warmup=0.5)
    optimizer = make_optimizer(config)
    model, zeros = _network_and_zeros()
    rates = []
    for _ in range(3):
        rates.append(float(optimizer.learning_rate))
        optimizer.apply(zeros, model.trainable_variables)
    assert rates == pytest.approx([0.2, 0.4, 0.6])


def test_decay_spares_biases_and_batch_norm():
    config = TrainingConfig(schedule="constant", learning_rate=0.5, weight_decay=0.1)
    model, zeros = _network_and_zeros()
    before = {v.path: v.numpy() for v in model.trainable_variables}
    make_optimizer(config).apply(zeros, model.trainable_variables)
    for variable in model.trainable_variables:
        factor = 0.95 if variable.name == "kernel" else 1.0
        np.testing.assert_allclose(variable.numpy(), factor * before[variable.path], rtol=1e-6)
    names = {variable.name for variable in model.trainable_variables}
    assert names == {"beta", "bias", "gamma", "kernel"}


def _network_and_zeros():
    layers = [keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4, 4, 1)), *layers])
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 3.0))
    return model, [np.zeros(v.shape, "float32") for v in model.trainable_variables]
