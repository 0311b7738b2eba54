"""A run that is killed and started again ends where an undisturbed one does."""

import resource
import signal
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

KILLED_RUN = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
import conftest, keras, tensorflow as tf
from keras_colorize.training import TrainingConfig, TrainingLoop

settings = eval(sys.argv[3])
model = conftest.make_network(settings, batch_norm=True)

def kill(step, logs):
    if model.optimizer.iterations.numpy() == 6:
        os.kill(os.getpid(), signal.SIGKILL)

callback = keras.callbacks.LambdaCallback(on_train_batch_begin=kill)
strategy = tf.distribute.get_strategy()
TrainingLoop(model, settings, sys.argv[2], strategy, [callback]).fit(conftest.Toy(), None)
"""


def test_killed_in_the_second_epoch_by_the_system(toy, config, train, tmp_path):
    settings = config(checkpoint_minutes=0.0, ema_momentum=0.9)
    arguments = [Path(__file__).parent, tmp_path / "killed", repr(settings)]
    killed = subprocess.run([sys.executable, "-c", KILLED_RUN, *arguments], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    resumed, history = train(settings, "killed", batch_norm=True)
    assert toy.seen == [(1, 2)]
    assert len(history["loss"]) == 1
    _assert_same_state(resumed, train(settings, "whole", batch_norm=True)[0])


@pytest.mark.parametrize("name", ["adadelta", "adamw"])
def test_interrupted_with_each_optimizer(toy, config, train, name):
    def interrupt(step, logs):
        if step == 3:
            raise KeyboardInterrupt

    settings = config(optimizer=name, checkpoint_minutes=0.0, log_every=2)
    callback = keras.callbacks.LambdaCallback(on_train_batch_begin=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(settings, "cut", [callback], batch_norm=True)
    resumed, _ = train(settings, "cut", batch_norm=True)
    assert toy.seen[1:] == [(0, 2), (1, 0)]
    _assert_same_state(resumed, train(settings, "whole", batch_norm=True)[0])


def test_more_epochs_go_on_from_the_end(config, train, tmp_path):
    short, long = (config(epochs=epochs, ema_momentum=0.5) for epochs in (1, 4))
    train(short)
    resumed, _ = train(long)
    whole, _ = train(long, "whole")
    _assert_same_state(resumed, whole)
    # A run that is finished changes nothing.
    again, history = train(long)
    assert history == {}
    _assert_same_state(again, whole)
    # Old checkpoints go.
    found = sorted(path.stem for path in (tmp_path / "run" / "checkpoints").glob("*.index"))
    assert found == ["ckpt-12", "ckpt-16", "ckpt-8"]


def test_the_checkpoint_of_another_network_is_refused(config, train):
    kinds = {}, {"units": 5}, {"batch_norm": True}
    for folder, first in (("a", kinds[0]), ("c", kinds[2])):
        train(config(epochs=1), folder, **first)
    for folder, then in (("a", kinds[1]), ("a", kinds[2]), ("c", kinds[0])):
        with pytest.raises(ValueError, match="Expected a checkpoint of this network and optimizer"):
            train(config(epochs=1), folder, **then)


def test_a_full_disk_leaves_the_last_checkpoint(toy, config, network, loop, train):
    settings = config(epochs=2)
    first = network(settings, units=20000)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    # The limit on the size of a file stands for a full disk.
    fill = keras.callbacks.LambdaCallback(
        on_epoch_begin=lambda epoch, logs: resource.setrlimit(
            resource.RLIMIT_FSIZE, (2**20 if epoch else limits[0], limits[1])
        )
    )
    try:
        with pytest.raises((tf.errors.OpError, OSError)):
            loop(first, settings, callbacks=[fill]).fit(toy, None)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    again, _ = train(settings, units=20000)
    assert toy.seen == [(0, 0), (1, 0), (1, 0)]
    _assert_same_state(again, first)


def _assert_same_state(model, other):
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations)
    ours = [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]
    theirs = [*other.get_weights(), *(v.numpy() for v in other.optimizer.variables)]
    for own, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-6)
