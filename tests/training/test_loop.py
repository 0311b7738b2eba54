"""The loop does what `fit` does, and validates, calls back, stops and goes on as it should."""

import functools
import types

import keras
import numpy as np
import pytest

from keras_colorize.training import DivergedError, make_optimizer
from ._toy import make_config, make_network, make_validation


@pytest.mark.parametrize("changes", [{"clip_norm": 0.1}, {"optimizer": "adadelta"}])
def test_equals_fit(toy, train, changes):
    settings = make_config(**changes)
    ours, _ = train(settings, batch_norm=True)
    theirs = make_network(settings, batch_norm=True)
    for epoch in range(2):
        theirs.fit(toy.epoch(epoch, 8, 4, None), shuffle=False, verbose=0)
    _assert_same_weights(ours, theirs)


def test_losses_and_metrics_are_means_and_callbacks_are_called_in_order(toy, train, held_out):
    called, recorder = [], keras.callbacks.Callback()

    def note(name, number, logs=None):
        # Where there is no number, the logs come first.
        called.append(f"{name} {number}" if isinstance(number, int) else name)

    for event in ("train", "test", "epoch", "train_batch"):
        for end in ("begin", "end"):
            name = f"{event}_{end}".replace("epoch_", "").replace("train_batch", "batch")
            setattr(recorder, f"on_{event}_{end}", functools.partial(note, name))
    settings = make_config(epochs=1, steps_per_epoch=2, learning_rate=1e-12, log_every=3)
    model, history = train(settings, callbacks=[recorder], validation=make_validation())
    steps = ["batch_begin 0", "batch_end 0", "batch_begin 1", "batch_end 1"]
    tests = ["test_begin", "test_end"]
    assert called == ["train_begin", "begin 0", *steps, *tests, "end 0", "train_end"]
    batches = toy.epoch(0, 8, 2, None)
    losses = [float(np.mean((model(x)["out"] - y["out"]) ** 2)) for x, y in batches]
    # The last batch of validation is smaller.
    error = np.asarray(model(held_out[0])["out"]) - held_out[1]
    expected = {"loss": np.mean(losses), "val_loss": np.mean(error**2)}
    expected["val_mae"] = np.mean(np.abs(error))
    assert {name: value for name, (value,) in history.items()} == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("log_every", [1, 3])
def test_a_lost_loss_ends_the_run_and_spares_the_checkpoint(toy, train, log_every):
    settings = make_config(checkpoint_minutes=0.0, log_every=log_every, steps_per_epoch=6)
    toy.broken_after = 4
    with pytest.raises(DivergedError, match="Expected a finite loss"):
        train(settings)
    toy.broken_after = None
    assert np.isfinite(train(settings)[1]["loss"]).all()
    assert toy.seen[1] == (0, 4 // log_every * log_every)


def test_a_lost_weight_is_never_saved(toy, loop, tmp_path):
    settings = make_config(epochs=1)
    model = make_network(settings)
    spoil = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: model.layers[1].bias.assign([0.0, np.inf, 0.0])
    )
    with pytest.raises(DivergedError, match="Expected finite weights.*bias"):
        loop(model, settings, callbacks=[spoil]).fit(toy, None)
    assert not list((tmp_path / "run" / "checkpoints").glob("*"))


def test_a_requested_stop_saves_and_ends(toy, loop, train):
    settings = make_config(log_every=100)
    ask = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda step, logs: setattr(stopped, "stop_requested", True)
    )
    stopped = loop(make_network(settings), settings, callbacks=[ask])
    assert stopped.fit(toy, None) == {}
    assert stopped.stopped
    assert len(train(settings)[1]["loss"]) == 2
    assert toy.seen[1] == (0, 1)


def test_what_replicas_cannot_have_is_refused(loop):
    for size, steps, options, message in (
        (8, None, {}, "Expected a batch size that 3 replicas can share, received 8"),
        (9, None, {"steps_per_execution": 2}, "steps_per_execution=1, .* received 2"),
        (9, None, {"jit_compile": True}, "jit_compile=False for 3 replicas, received True"),
        (9, 4, {}, "no gradient_accumulation_steps for 3 replicas, received 4"),
    ):
        model = make_network(make_config())
        trained = loop(model, make_config(batch_size=size))
        trained.strategy = types.SimpleNamespace(num_replicas_in_sync=3)
        adam = keras.optimizers.Adam(gradient_accumulation_steps=steps)
        model.compile(adam, loss={"out": "mse"}, **options)
        with pytest.raises(ValueError, match=message):
            trained.fit(None, None)
        assert not list(trained.run_folder.parent.iterdir())


def test_averaged_weights_are_validated_and_left_in_the_end(toy, train, held_out):
    settings = make_config(ema_momentum=0.8)
    model, history = train(settings, validation=make_validation())
    raw, averages = make_network(make_config()), None
    raw.compile(make_optimizer(settings), loss={"out": "mse"})
    for epoch in range(settings.epochs):
        for x, y in toy.epoch(epoch, 8, 4, None):
            raw.train_on_batch(x, y)
            pairs = zip(averages or raw.get_weights(), raw.get_weights(), strict=True)
            averages = [0.8 * average + 0.2 * weight for average, weight in pairs]
    raw.set_weights(averages)
    _assert_same_weights(model, raw)
    error = np.mean((np.asarray(model(held_out[0])["out"]) - held_out[1]) ** 2)
    assert history["val_loss"][-1] == pytest.approx(error, rel=1e-5)


def _assert_same_weights(model, other):
    for own, expected in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(own, expected, atol=1e-6)


@pytest.mark.usefixtures("eager")
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


@pytest.mark.usefixtures("eager")
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


@pytest.mark.usefixtures("eager")
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
