"""Settings of a run: checked, kept beside it, and what they make."""

import dataclasses
import json

import keras
import numpy as np
import pytest

from keras_colorize.training import TrainingConfig, WarmupStableDecay
from keras_colorize.training.run_config import bind_settings, make_optimizer
from trainers.gan_settings import AdversarialConfig

WRONG = {
    **{"epochs": 0, "steps_per_epoch": 0, "batch_size": -1, "log_every": 0, "keep_checkpoints": 0},
    **{"optimizer": "rmsprop", "schedule": "cosine", "learning_rate": 0.0, "weight_decay": -0.1},
    **{"clip_norm": 0.0, "ema_momentum": 1.0, "checkpoint_minutes": -1, "warmup": -0.1},
    **{"cooldown": 0.99, "reconstruction": "l2", "reconstruction_weight": -1.0},
    **{"label_smoothing": 0.5, "pretrain_epochs": 11, "discriminator_learning_rate": 0.0},
    **{"discriminator_schedule": "cosine"},
}


def test_wrong_settings_are_refused_by_name():
    for name, value in WRONG.items():
        with pytest.raises(
            ValueError, match=f"Expected .*{name}.* (among|between|to be) .*, received"
        ):
            AdversarialConfig(**{name: value})


def test_settings_are_kept_and_others_refused_with_the_differences(tmp_path):
    config, path = TrainingConfig(epochs=3, clip_norm=None), tmp_path / "run" / "training.json"
    config.bind(path.parent)
    assert json.loads(path.read_text()) == dataclasses.asdict(config)
    may_change = {"epochs": 20, "log_every": 3, "keep_checkpoints": 1, "checkpoint_minutes": 0.0}
    dataclasses.replace(config, **may_change).bind(path.parent)
    with pytest.raises(ValueError, match="settings of the run") as error:
        dataclasses.replace(config, batch_size=8, optimizer="adam", epochs=99).bind(path.parent)
    listed = str(error.value).splitlines()[1:]
    assert listed == ["  batch_size: was 32, is 8", "  optimizer: was adamw, is adam"]
    assert json.loads(path.read_text()) == dataclasses.asdict(config) | may_change
    # Other settings are bound alike.
    for settings in ({"widths": (8, 4)}, {"widths": [8, 4], "younger": 1}):
        bind_settings(tmp_path / "network.json", settings)
    with pytest.raises(ValueError, match=r"widths: was \[8, 4\], is \[8, 6\]$"):
        bind_settings(tmp_path / "network.json", {"widths": (8, 6), "younger": 1})


def test_the_schedule():
    schedule = WarmupStableDecay(2.0, 100, warmup=0.1, cooldown=0.4)
    # 100 steps: 10 of warm-up that end at the peak, 50 level, 40 of half a cosine.
    expected = {0: 0.2, 4: 1.0, 9: 2.0, 30: 2.0, 60: 2.0, 80: 1.0, 100: 0.0, 150: 0.0}
    expected |= {70: 2.0 * 0.8535534, 90: 2.0 * 0.1464466}
    for step, rate in expected.items():
        assert float(schedule(step)) == pytest.approx(rate, abs=1e-6)
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(schedule))
    assert again.get_config() == schedule.get_config()
    level = WarmupStableDecay(2.0, 10, warmup=0.0, cooldown=0.0)
    assert [float(level(step)) for step in range(10)] == pytest.approx([2.0] * 10)


NAMED = {
    "Adadelta": {"rho": 0.9, "epsilon": 1e-6},
    "Adam": {"beta_1": 0.5, "beta_2": 0.99, "epsilon": 1e-4},
    "AdamW": {"beta_1": 0.5, "beta_2": 0.99, "weight_decay": 0.3},
    "SGD": {"momentum": 0.8},
}


@pytest.mark.parametrize(("name", "own"), NAMED.items())
def test_the_named_optimizer_with_its_settings(name, own):
    rate = {"schedule": "constant", "learning_rate": 0.5, "clip_norm": 2.0}
    optimizer = make_optimizer(TrainingConfig(optimizer=name.lower(), **rate, **own))
    assert type(optimizer) is getattr(keras.optimizers, name)
    assert (float(optimizer.learning_rate), optimizer.global_clipnorm) == (0.5, 2.0)
    assert {setting: getattr(optimizer, setting) for setting in own} == own
    assert getattr(optimizer, "nesterov", True)


def test_the_rate_follows_the_steps_and_decay_spares_biases_and_batch_norm():
    layers = [keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    variables = keras.Sequential([keras.Input((4, 4, 1)), *layers]).trainable_variables
    for variable in variables:
        variable.assign(np.full(variable.shape, 3.0))
    sizes = {"epochs": 1, "steps_per_epoch": 10, "warmup": 0.5}
    optimizer = make_optimizer(TrainingConfig(learning_rate=1.0, weight_decay=0.1, **sizes))
    factors = {"kernel": 1.0, "bias": 1.0, "gamma": 1.0, "beta": 1.0}
    for rate in (0.2, 0.4, 0.6):
        assert float(optimizer.learning_rate) == pytest.approx(rate)
        optimizer.apply([np.zeros(v.shape, "float32") for v in variables], variables)
        factors["kernel"] *= 1.0 - 0.1 * rate
    assert {variable.name for variable in variables} == set(factors)
    for variable in variables:
        np.testing.assert_allclose(variable.numpy(), 3.0 * factors[variable.name], rtol=1e-6)
