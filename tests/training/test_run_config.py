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


@pytest.mark.parametrize(
    "wrong",
    [
        {"reconstruction": "l2"},
        {"reconstruction_weight": -1.0},
        {"label_smoothing": 0.5},
        {"pretrain_epochs": 11},
        {"discriminator_learning_rate": 0.0},
        {"discriminator_schedule": "cosine"},
    ],
)
def test_wrong_adversarial_settings_are_refused_by_name(wrong):
    with pytest.raises(ValueError, match=f"Expected {next(iter(wrong))} to be .*, received"):
        AdversarialConfig(**wrong)


def test_a_new_folder_gets_the_settings(tmp_path):
    config = TrainingConfig(epochs=3, clip_norm=None)
    config.bind(tmp_path / "a" / "run")
    written = json.loads((tmp_path / "a" / "run" / "training.json").read_text())
    assert written == dataclasses.asdict(config)
    assert [path.name for path in (tmp_path / "a" / "run").iterdir()] == ["training.json"]


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


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        # 100 steps: 10 of warm-up that end at the peak, 50 level, 40 of half a cosine.
        (0, 0.2),
        (4, 1.0),
        (9, 2.0),
        (30, 2.0),
        (60, 2.0),
        (70, 2.0 * 0.8535534),
        (80, 1.0),
        (90, 2.0 * 0.1464466),
        (100, 0.0),
        (150, 0.0),
    ],
)
def test_the_schedule(step, expected):
    schedule = WarmupStableDecay(2.0, 100, warmup=0.1, cooldown=0.4)
    assert float(schedule(step)) == pytest.approx(expected, abs=1e-6)


def test_the_schedule_without_slopes_is_constant():
    schedule = WarmupStableDecay(2.0, 10, warmup=0.0, cooldown=0.0)
    assert [float(schedule(step)) for step in range(10)] == pytest.approx([2.0] * 10)


def test_the_schedule_survives_serialization():
    schedule = WarmupStableDecay(2.0, 100, warmup=0.1, cooldown=0.4)
    config = keras.optimizers.schedules.serialize(schedule)
    again = keras.optimizers.schedules.deserialize(config)
    assert isinstance(again, WarmupStableDecay)
    assert again.get_config() == schedule.get_config()


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
    assert sorted({v.name for v in model.trainable_variables}) == [
        "beta",
        "bias",
        "gamma",
        "kernel",
    ]


def test_adam_has_no_decay():
    config = TrainingConfig(optimizer="adam", schedule="constant", weight_decay=0.1)
    model, zeros = _network_and_zeros()
    before = model.get_weights()
    make_optimizer(config).apply(zeros, model.trainable_variables)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_averaged_weights():
    config = TrainingConfig(
        optimizer="adam", schedule="constant", learning_rate=0.1, ema_momentum=0.75
    )
    optimizer = make_optimizer(config)
    weight = keras.Variable([1.0])
    optimizer.build([weight])
    values = []
    for _ in range(3):
        optimizer.apply([keras.ops.ones((1,))], [weight])
        values.append(float(weight.numpy()[0]))
    optimizer.finalize_variable_values([weight])
    # The average starts at the first value.
    average = 0.75 * (0.75 * values[0] + 0.25 * values[1]) + 0.25 * values[2]
    assert float(weight.numpy()[0]) == pytest.approx(average, rel=1e-6)


def _network_and_zeros():
    layers = [keras.layers.Conv2D(2, 3), keras.layers.BatchNormalization(), keras.layers.Dense(2)]
    model = keras.Sequential([keras.Input((4, 4, 1)), *layers])
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 3.0))
    return model, [np.zeros(v.shape, "float32") for v in model.trainable_variables]
