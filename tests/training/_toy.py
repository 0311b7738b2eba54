"""A problem that a small network learns in a few steps."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.training import AdversarialModel, TrainingConfig, make_optimizer

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


def make_config(**changes):
    """A configuration of two epochs of four steps."""
    usual = {"optimizer": "adam", "schedule": "constant", "learning_rate": 0.05}
    sizes = {"epochs": 2, "steps_per_epoch": 4, "batch_size": 8, "log_every": 1}
    return TrainingConfig(**{**usual, **sizes, **changes})


def make_network(config, units=3, batch_norm=False):
    """Two dense layers, compiled."""
    keras.utils.set_random_seed(1)
    x = keras.Input((SIDE,))
    y = keras.layers.Dense(units, activation="tanh")(x)
    y = keras.layers.BatchNormalization()(y) if batch_norm else y
    model = keras.Model(x, {"out": keras.layers.Dense(1, name="out")(y)})
    metrics = {"out": [keras.metrics.MeanAbsoluteError("mae")]}
    model.compile(make_optimizer(config), loss={"out": "mse"}, metrics=metrics)
    return model


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
