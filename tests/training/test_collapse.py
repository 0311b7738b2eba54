"""The monitor tells a collapse from a bad epoch, says so, and does what it is told."""

import logging

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.training import CollapseMonitor, TrainingConfig, TrainingLoop, TwoPhases
from keras_colorize.training.collapse import Bounds

GOOD = {
    "discriminator_accuracy": 0.7,
    "discriminator_loss": 1.1,
    "val_colorfulness": 0.6,
    "val_diversity": 0.95,
}
SIGNS = {
    "discriminator_accuracy": 0.99,
    "discriminator_loss": 0.01,
    "val_colorfulness": 2.0,
    "val_diversity": 0.1,
}


class _Loop:
    """Checkpoints at each hundred steps, and what is done with them."""

    def __init__(self):
        self.steps_done = 0
        self.returned = []

    def checkpoints(self):
        return list(range(100, self.steps_done, 100))

    def return_to(self, step):
        self.returned.append(step)


@pytest.fixture
def run(adversaries):
    """Lets a monitor see epochs; the model is in the adversarial phase from the second one on."""

    def follow(epochs, **options):
        monitor = CollapseMonitor(**options)
        monitor.set_model(adversaries())
        monitor.loop = _Loop()
        for epoch, changes in enumerate(epochs):
            monitor.model.phase = "adversarial" if epoch else "reconstruction"
            monitor.loop.steps_done += 100
            monitor.on_epoch_end(epoch, {**GOOD, **changes})
        return monitor

    return follow


@pytest.mark.parametrize("name", SIGNS)
def test_a_sign_that_lasts_is_a_collapse(run, caplog, name):
    bad = {name: SIGNS[name]}
    assert run([{}, bad, {}, bad, {}]).collapses == []
    assert not caplog.records
    assert run([{}, {}, bad, bad, {}]).collapses == [3]
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "Epoch 4: training collapses: " in record.message
    assert f"{name} {SIGNS[name]:.3f}, expected " in record.message


def test_grey_is_a_sign_as_well_as_garish(run):
    assert run([{}, {"val_colorfulness": 0.1}], patience=1).collapses == [1]


def test_the_generator_alone_cannot_collapse(run):
    assert run([SIGNS], patience=1).collapses == []


def test_what_was_not_measured_is_no_sign():
    assert Bounds().signs({"loss": 1.0}) == {}


def test_stop(run):
    monitor = run([{}, SIGNS, SIGNS], action="stop")
    assert monitor.model.stop_training


def _rates(model):
    return [float(part.optimizer.learning_rate) for part in model.parts]


def test_cut_lowers_both_rates(run):
    assert _rates(run([{}, SIGNS, SIGNS], action="warn").model) == pytest.approx([0.1, 0.2])
    assert _rates(run([{}, SIGNS, SIGNS], action="cut", factor=0.5).model) == pytest.approx(
        [0.05, 0.1]
    )


def test_return_goes_to_the_last_good_checkpoint(run):
    monitor = run([{}, {}, SIGNS, SIGNS], action="return", factor=0.5)
    assert monitor.loop.returned == [200]
    assert _rates(monitor.model) == pytest.approx([0.05, 0.1])


def test_without_a_good_checkpoint_the_rates_are_cut_alone(run, caplog):
    run_ = run([SIGNS, SIGNS], action="return", patience=1)
    assert run_.loop.returned == [100]
    monitor = CollapseMonitor("return", patience=1)
    monitor.set_model(run_.model)
    monitor.loop = _Loop()
    monitor.model.phase = "adversarial"
    monitor.on_epoch_end(0, {**GOOD, **SIGNS})
    assert monitor.loop.returned == []
    assert "No checkpoint from before is left" in caplog.records[-1].message


def test_another_action_is_refused():
    with pytest.raises(ValueError, match="Expected an action among warn, stop, cut, return"):
        CollapseMonitor("pray")


class _Pictures:
    def epoch(self, epoch, batch_size, steps, targets, first_step=0, worker=0, workers=1):
        generator = np.random.default_rng(epoch)
        x = generator.uniform(0, 100, (steps * batch_size, 8, 8, 1)).astype("float32")
        y = generator.uniform(0.3, 0.7, (steps * batch_size, 8, 8, 2)).astype("float32")
        return tf.data.Dataset.from_tensor_slices((x, {"ab": y})).batch(batch_size)


def test_the_loop_returns_to_the_weights_of_that_epoch(adversaries, tmp_path):
    config = TrainingConfig(epochs=3, steps_per_epoch=2, batch_size=2, log_every=1)
    model = adversaries(loss="mae")
    weights, logged = [], []

    def keep(epoch, logs):
        weights.append(model.get_weights())
        logged.append(sorted(logs))

    pictures = _Pictures()
    validation = pictures.epoch(9, 4, 1, None)
    monitor = CollapseMonitor("return", patience=1, bounds=Bounds(accuracy=0.0))
    # What comes after the monitor sees what the monitor did.
    callbacks = [
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: keep(epoch, logs)),
        TwoPhases(1),
        monitor,
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: keep(epoch, logs)),
    ]
    strategy = tf.distribute.get_strategy()
    loop = TrainingLoop(model, config, tmp_path, strategy, callbacks, verbose=False)
    loop.fit(pictures, None, validation)
    assert monitor.collapses == [1, 2]
    (_, first, before, after, _, last) = weights
    for own, good, end in zip(after, first, last, strict=True):
        np.testing.assert_array_equal(own, good)
        np.testing.assert_array_equal(end, good)
    assert any((a != b).any() for a, b in zip(first, before, strict=True))
    assert loop.steps_done == 6
    assert loop.checkpoints() == [2, 4, 6]
    assert {"discriminator_accuracy", "reconstruction_loss", "val_diversity"} < set(logged[2])
