"""Runs of the training loop on a small problem."""

import pytest
import tensorflow as tf

from keras_colorize.training import TrainingLoop
from ._toy import Toy, make_network


@pytest.fixture
def toy():
    return Toy()


@pytest.fixture
def held_out():
    """The rows of `make_validation`, (12, SIDE) and (12, 1)."""
    x, _, y = Toy().make(9, (12,))
    return x, y


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
