"""A run that is killed and started again ends where an undisturbed one does."""

import resource

import keras
import numpy as np
import pytest
import tensorflow as tf

pytestmark = pytest.mark.usefixtures("eager")


# One that is killed by the system is in test_replicas.py.
@pytest.mark.parametrize(("name", "average"), [("adadelta", None), ("adam", 0.9), ("adamw", None)])
def test_interrupted_with_each_optimizer(toy, config, train, name, average):
    def interrupt(step, logs):
        if step == 3:
            raise KeyboardInterrupt

    averaged = {"optimizer": name, "ema_momentum": average}
    settings = config(checkpoint_minutes=0.0, log_every=2, **averaged)
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
