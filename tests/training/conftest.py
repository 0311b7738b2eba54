"""A problem that a small network learns in a few steps."""

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.training import AdversarialModel, TrainingConfig, TrainingLoop, make_optimizer

SIDE = 4


@dataclasses.dataclass
class Toy:
    """Data with the `epoch` method of `TrainingData`: column sums of random numbers."""

    broken_after: int | None = None
    seen: list = dataclasses.field(default_factory=list)

    def epoch(self, epoch, batch_size, steps, targets, first_step=0, worker=0, workers=1):
        self.seen.append((epoch, first_step))
        x, name, y = self.make(epoch, (steps, batch_size))
        if self.broken_after is not None:
            y[self.broken_after :] = np.nan
        share = slice(worker * batch_size // workers, (worker + 1) * batch_size // workers)
        x, y = (a[first_step:, share].reshape(-1, *a.shape[2:]) for a in (x, y))
        return tf.data.Dataset.from_tensor_slices((x, {name: y})).batch(batch_size // workers)

    def make(self, seed, shape):
        x = np.random.default_rng(seed).normal(size=(*shape, SIDE)).astype("float32")
        return x, "out", x.sum(axis=-1, keepdims=True)


class Pictures(Toy):
    """Random lightness (*shape, 32, 32, 1) and scaled ab (*shape, 16, 16, 2)."""

    def make(self, seed, shape):
        generator = np.random.default_rng(seed)
        x = generator.uniform(0, 100, (*shape, 32, 32, 1)).astype("float32")
        return x, "ab", generator.uniform(size=(*shape, 16, 16, 2)).astype("float32")


def make_validation():
    """Batches of 5, 5 and 2 rows that are not trained on."""
    return Toy().epoch(9, 12, 1, None).rebatch(5)


def make_network(config, units=3, batch_norm=False):
    """Two dense layers, compiled; without the fixture for tests in processes of their own."""
    keras.utils.set_random_seed(1)
    x = keras.Input((SIDE,))
    y = keras.layers.Dense(units, activation="tanh")(x)
    y = keras.layers.BatchNormalization()(y) if batch_norm else y
    model = keras.Model(x, {"out": keras.layers.Dense(1, name="out")(y)})
    metrics = {"out": [keras.metrics.MeanAbsoluteError("mae")]}
    model.compile(make_optimizer(config), loss={"out": "mse"}, metrics=metrics)
    return model


@pytest.fixture
def toy():
    return Toy()


@pytest.fixture
def pictures():
    return Pictures()


@pytest.fixture
def network():
    return make_network


@pytest.fixture
def adversaries():
    return make_adversaries


@pytest.fixture
def held_out():
    """The rows of `validation`, (12, SIDE) and (12, 1)."""
    x, _, y = Toy().make(9, (12,))
    return x, y


@pytest.fixture
def validation():
    return make_validation()


@pytest.fixture
def config():
    """Makes a configuration of two epochs of four steps."""

    def make(**changes):
        usual = {"optimizer": "adam", "schedule": "constant", "learning_rate": 0.05}
        sizes = {"epochs": 2, "steps_per_epoch": 4, "batch_size": 8, "log_every": 1}
        return TrainingConfig(**{**usual, **sizes, **changes})

    return make


@pytest.fixture
def loop(tmp_path):
    """Makes a loop on one device."""

    def make(model, config, folder="run", callbacks=()):
        strategy = tf.distribute.get_strategy()
        return TrainingLoop(model, config, tmp_path / folder, strategy, callbacks)

    return make


@pytest.fixture
def train(loop, toy):
    """Trains a network on the toy data, or goes on in a folder; returns it and the history."""

    def run(settings, folder="run", callbacks=(), validation=None, **kind):
        model = make_network(settings, **kind)
        return model, loop(model, settings, folder, callbacks).fit(toy, None, validation)

    return run


def make_adversaries(loss="mse", weight=100.0, generator=None, **kwargs):
    """A generator and a discriminator of one or two convolutions; the same weights every time."""
    keras.utils.set_random_seed(1)
    if generator is None:
        lightness = keras.Input((None, None, 1))
        x = keras.layers.Rescaling(0.01)(lightness)
        x = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="relu")(x)
        ab = keras.layers.Conv2D(2, 3, padding="same", activation="sigmoid", name="ab")(x)
        generator = keras.Model(lightness, {"ab": ab})
    lightness = keras.Input((None, None, 1), name="lightness")
    ab = keras.Input((None, None, 2), name="ab")
    x = keras.layers.Concatenate()([keras.layers.Rescaling(0.01)(lightness), ab])
    x = keras.layers.Conv2D(4, 3, strides=2, padding="same", activation="leaky_relu")(x)
    x = keras.layers.Conv2D(1, 1)(x)
    logits = keras.layers.GlobalAveragePooling2D()(x)
    discriminator = keras.Model({"lightness": lightness, "ab": ab}, logits)
    model = AdversarialModel(generator, discriminator, **kwargs)
    model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.2), loss, weight)
    return model
