"""A run that is killed and started again ends where an undisturbed one does."""

import keras
import numpy as np
import pytest

from ._toy import make_config

pytestmark = pytest.mark.usefixtures("eager")


# One that is killed by the system is in test_replicas.py.
@pytest.mark.parametrize(("name", "average"), [("adadelta", None), ("adam", 0.9), ("adamw", None)])
def test_interrupted_with_each_optimizer(toy, train, name, average):
    def interrupt(step, logs):
        if step == 3:
            raise KeyboardInterrupt

    averaged = {"optimizer": name, "ema_momentum": average}
    settings = make_config(checkpoint_minutes=0.0, log_every=2, **averaged)
    callback = keras.callbacks.LambdaCallback(on_train_batch_begin=interrupt)
    with pytest.raises(KeyboardInterrupt):
        train(settings, "cut", [callback], batch_norm=True)
    resumed, _ = train(settings, "cut", batch_norm=True)
    assert toy.seen[1:] == [(0, 2), (1, 0)]
    _assert_same_state(resumed, train(settings, "whole", batch_norm=True)[0])


def test_more_epochs_go_on_from_the_end(train, tmp_path):
    short, long = (make_config(epochs=epochs, ema_momentum=0.5) for epochs in (1, 4))
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


def test_the_checkpoint_of_another_network_is_refused(train):
    kinds = {}, {"units": 5}, {"batch_norm": True}
    for folder, first in (("a", kinds[0]), ("c", kinds[2])):
        train(make_config(epochs=1), folder, **first)
    for folder, then in (("a", kinds[1]), ("a", kinds[2]), ("c", kinds[0])):
        with pytest.raises(ValueError, match="Expected a checkpoint of this network and optimizer"):
            train(make_config(epochs=1), folder, **then)


def _assert_same_state(model, other):
    assert int(model.optimizer.iterations) == int(other.optimizer.iterations)
    ours = [*model.get_weights(), *(v.numpy() for v in model.optimizer.variables)]
    theirs = [*other.get_weights(), *(v.numpy() for v in other.optimizer.variables)]
    for own, expected in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-6)
