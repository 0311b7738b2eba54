"""What callbacks write, how they steer, and how a collapse is told from a bad epoch."""

import csv
import logging
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.training import TrainingConfig, callbacks
from keras_colorize.training.callbacks import BestWeights, CollapseMonitor, PlateauCut, TwoPhases
from ._toy import Pictures, make_adversaries, make_config, make_validation


@pytest.mark.usefixtures("eager")
def test_they_work_in_the_loop(train, tmp_path):
    # The second run goes on: with the rate of the first, and below its table.
    for epochs in (2, 3):
        table = keras.callbacks.CSVLogger(tmp_path / "history.csv", append=True)
        events = keras.callbacks.TensorBoard(tmp_path / "tensorboard")
        cut = PlateauCut("val_loss", factor=0.5, patience=1, min_delta=1e-3)
        settings = make_config(epochs=epochs, learning_rate=1e-12)
        model, _ = train(settings, callbacks=[table, events, cut], validation=make_validation())
        assert float(model.optimizer.learning_rate) == pytest.approx(0.5e-12)
    with (tmp_path / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert float(rows[0]["val_loss"]) > 0
    files = list(map(str, (tmp_path / "tensorboard").rglob("*tfevents*")))
    records = tf.data.TFRecordDataset(files).as_numpy_iterator()
    events = map(tf.compat.v1.Event.FromString, records)
    tags = {value.tag for event in events for value in event.summary.value}
    assert {"epoch_loss", "epoch_learning_rate"} <= tags


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("ema", [None, 0.5])
def test_a_run_ends_with_its_best_weights(train, held_out, tmp_path, ema):
    settings = make_config(epochs=3, ema_momentum=ema, checkpoint_minutes=0.0)
    losses, spoiling = [], keras.callbacks.Callback()

    def spoil(epoch, logs):
        losses.append(logs["val_loss"])
        # From the second epoch on all is lost.
        spoiling.model.optimizer.learning_rate = 5.0

    spoiling.on_epoch_end = spoil
    # Once more: a run that is finished ends alike.
    for epochs in (3, 0):
        own = [BestWeights(tmp_path), spoiling]
        model, history = train(settings, callbacks=own, validation=make_validation())
        assert len(history.get("loss", ())) == epochs
        error = np.mean((model(held_out[0])["out"] - held_out[1]) ** 2)
        assert error == pytest.approx(min(losses), rel=1e-5)
    assert losses[0] == min(losses) < losses[2]


GOOD = {"discriminator_accuracy": 0.7, "discriminator_loss": 1.1}
GOOD |= {"val_colorfulness": 0.6, "val_diversity": 0.95}
SIGNS = {"discriminator_accuracy": 0.99, "discriminator_loss": 0.01}
SIGNS |= {"val_colorfulness": 2.0, "val_diversity": 0.1}


def follow(epochs, first=1, **options):
    """A monitor that saw epochs, adversarial from `first` on, with checkpoints each 100 steps."""
    monitor, loop = CollapseMonitor(**options), types.SimpleNamespace(steps_done=0, returned=[])
    monitor.set_model(make_adversaries())
    loop.checkpoint, monitor.loop = types.SimpleNamespace(restore=loop.returned.append), loop
    loop.checkpoint.steps = lambda: list(range(100, loop.steps_done, 100))
    for epoch, changes in enumerate(epochs):
        monitor.model.phase = "adversarial" if epoch >= first else "reconstruction"
        loop.steps_done += 100
        monitor.on_epoch_end(epoch, {**GOOD, **changes})
    return monitor


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_that_lasts_is_a_collapse(caplog, name):
    bad = {name: SIGNS[name]}
    assert follow([{}, bad, {}, bad, {}]).collapses == []
    assert not caplog.records
    assert follow([{}, {}, bad, bad, {}]).collapses == [3]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "Epoch 4: training collapses: " in record.message
    assert f"{name} {SIGNS[name]:.3f}, expected " in record.message
    # The generator alone cannot collapse; grey is a sign as well as garish.
    assert follow([SIGNS], patience=1).collapses == []
    assert follow([{}, {"val_colorfulness": 0.1}], patience=1).collapses == [1]


@pytest.mark.parametrize(
    ("action", "epochs", "rates", "returned", "said"),
    [
        ("warn", [{}, {}, SIGNS, SIGNS], [0.1, 0.2], [], "It goes on."),
        ("stop", [{}, {}, SIGNS, SIGNS], [0.1, 0.2], [], "The run ends here."),
        ("cut", [{}, {}, SIGNS, SIGNS], [0.03, 0.06], [], "rates are cut to 0.3"),
        ("return", [{}, {}, SIGNS, SIGNS], [0.03, 0.06], [200], "weights of step 200"),
        ("return", [SIGNS] * 3, [0.03, 0.06], [100], "weights of step 100"),
    ],
)
def test_what_is_done(caplog, action, epochs, rates, returned, said):
    monitor = follow(epochs, action=action)
    found = [float(part.optimizer.learning_rate) for part in monitor.model.parts]
    assert found == pytest.approx(rates)
    assert monitor.loop.returned == returned
    assert bool(monitor.model.stop_training) == (action == "stop")
    assert said in caplog.records[-1].message


def test_without_a_good_checkpoint_the_rates_are_cut_alone(caplog):
    assert follow([SIGNS], first=0, action="return", patience=1).loop.returned == []
    assert "No checkpoint from before is left" in caplog.records[-1].message
    with pytest.raises(ValueError, match="Expected an action among warn, stop, cut, return"):
        CollapseMonitor("pray")


def test_the_loop_returns_to_the_weights_of_that_epoch(loop, monkeypatch):
    config = TrainingConfig(epochs=3, steps_per_epoch=2, batch_size=2, log_every=1)
    model = make_adversaries(loss="mae")
    weights, logged = [], []

    def keep(epoch, logs):
        weights.append(model.get_weights())
        logged.append(sorted(logs))

    monkeypatch.setattr(callbacks, "BOUNDS", {"discriminator_accuracy": (0.0, 0.0, "told")})
    monitor = CollapseMonitor("return", patience=1)
    # What comes after the monitor sees what the monitor did.
    before, after = (keras.callbacks.LambdaCallback(on_epoch_end=keep) for _ in range(2))
    trained = loop(model, config, callbacks=[before, TwoPhases(1), monitor, after])
    trained.fit(Pictures(), None, Pictures().epoch(9, 4, 1, None))
    assert monitor.collapses == [1, 2]
    (_, first, before, after, _, last) = weights
    for own, good, end in zip(after, first, last, strict=True):
        np.testing.assert_array_equal(own, good)
        np.testing.assert_array_equal(end, good)
    assert any((a != b).any() for a, b in zip(first, before, strict=True))
    assert trained.steps_done == 6
    assert trained.checkpoint.steps() == [2, 4, 6]
    assert {"discriminator_accuracy", "reconstruction_loss", "val_diversity"} < set(logged[2])
