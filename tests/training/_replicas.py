"""Two replicas in processes of their own, for test_replicas.py: one strategy per process."""

import dataclasses
import json
import os
import signal
import sys
import time
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from _toy import Pictures, Toy, make_adversaries, make_network, make_validation

from keras_colorize.models import dcgan_discriminator, dcgan_generator
from keras_colorize.training import AdversarialModel, TrainingConfig, TrainingLoop, TwoPhases
from keras_colorize.training.replicas import WorkerLostError, make_strategy, synchronize, worker_of

SHARED = {"epochs": 2, "steps_per_epoch": 3, "batch_size": 8, "log_every": 2}
STEADY = {**SHARED, "schedule": "constant", "learning_rate": 0.05, "weight_decay": 0.01}
CLIPPED = TrainingConfig(**STEADY, clip_norm=0.05, ema_momentum=0.9)
FREE = TrainingConfig(**STEADY, optimizer="adam", clip_norm=None, checkpoint_minutes=0.0)

LONG = dataclasses.replace(FREE, epochs=6)
PHASES = dataclasses.replace(FREE, steps_per_epoch=2, log_every=1)
EVERY_STEP = dataclasses.replace(FREE, epochs=3, log_every=1)


def synchronized_adversaries(_):
    """Narrow networks with layers down and up, batch norms and spectral normalization."""
    keras.utils.set_random_seed(1)
    sizes = {"level_set": 32, "width": 1 / 32, "spectral_norm": True}
    model = AdversarialModel(dcgan_generator(dropout=0.0, **sizes), dcgan_discriminator(**sizes))
    synchronize(model)
    # Adam would make steps of noise where a gradient is next to zero.
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.1), "mse", weight=10.0)
    return model


def pictures_to_validate():
    """Batches of 3 and 2."""
    return Pictures().epoch(9, 5, 1, None).rebatch(3)


def difference(make, config, data, folder, strategy, batches=None, callbacks=()):
    """Trains on one device and on two; how far weights and logs are apart."""
    weights, logs = [], []
    for name, where in (("one", tf.distribute.get_strategy()), ("two", strategy)):
        # What two devices compute in a graph, one does operation by operation, without tracing.
        tf.config.run_functions_eagerly(name == "one")
        with where.scope():
            model = make(config)
        loop = TrainingLoop(model, config, folder / name, where, callbacks)
        history = loop.fit(data, None, batches)
        weights.append(_vector(model.weights))
        logs.append(np.concatenate([np.ravel(values) for values in history.values()]))
    moved = _vector(model.trainable_weights) - _vector(make(config).trainable_weights)
    apart = np.abs(logs[0] - logs[1]) / np.maximum(1.0, np.abs(logs[0]))
    return {
        "weights": float(np.abs(weights[0] - weights[1]).max()),
        # What a phase does not have is nan in both.
        "logs": float(np.nanmax(apart)),
        "figures": sorted(history),
        "moved": float(np.abs(moved).max()),
    }


def _vector(weights):
    return np.concatenate([weight.numpy().ravel() for weight in weights])


def mirrored(folder, outcome):
    """Compares two logical devices with one."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = make_strategy("mirrored")
    rows, held, adversarial = make_validation(), pictures_to_validate(), [TwoPhases(0)]
    once = dataclasses.replace(PHASES, epochs=1)
    found = {
        "replicas": strategy.num_replicas_in_sync,
        "place": worker_of(strategy),
        "toy": difference(make_network, FREE, Toy(), folder / "a", strategy, rows),
        "clipped": difference(make_network, CLIPPED, Toy(), folder / "b", strategy, rows),
        "gan": difference(
            synchronized_adversaries, once, Pictures(), folder / "d", strategy, held, adversarial
        ),
    }
    outcome.write_text(json.dumps(found))


def worker(folder, outcome):
    """Trains as one of two workers; where `stop` is, one stops a run, one leaves another."""
    strategy = make_strategy("multi_worker")
    first, chief = (folder / "stop").exists(), worker_of(strategy)[0] == 0
    # One of them stops both, the adversarial run in its second phase.
    stops = (0, 1) if first and not chief else (None, None)
    steering = [
        keras.callbacks.ReduceLROnPlateau("val_loss", patience=1, min_delta=9.0),
        keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=9.0),
    ]
    steered = trained(strategy, LONG, folder / "run", steering, stops[0])
    found = {"place": worker_of(strategy), "steered": steered}
    found["gan"] = trained(strategy, PHASES, folder / "gan", [TwoPhases(1)], stops[1])
    if first:
        outcome.write_text(json.dumps(found))
        found["lost"] = left(strategy, folder / "left", leave=chief)
        outcome.write_text(json.dumps(found))
        # TensorFlow's own way out waits for the one that is gone.
        os._exit(0)
    found["resumed"] = trained(strategy, EVERY_STEP, folder / "left")
    found["whole"] = trained(strategy, EVERY_STEP, folder / "whole")
    found["whole_gan"] = trained(strategy, PHASES, folder / "whole_gan", [TwoPhases(1)])
    outcome.write_text(json.dumps(found))


def left(strategy, folder, leave):
    """One worker is killed; what the other says then, and after how many seconds."""
    last = time.monotonic()

    def die(step, logs):
        nonlocal last
        last = time.monotonic()
        if leave and (folder / "checkpoints" / "ckpt-5.index").exists():
            os.kill(os.getpid(), signal.SIGKILL)

    dying = keras.callbacks.LambdaCallback(on_train_batch_begin=die)
    try:
        trained(strategy, EVERY_STEP, folder, [dying])
    except WorkerLostError as error:
        return {"says": str(error), "seconds": time.monotonic() - last}


def trained(strategy, config, folder, callbacks=(), stop_at=None):
    """Trains, or goes on; asks to stop when an epoch begins.

    In two phases a GAN without batch norms, else a network with one, which each replica has for
    itself.
    """

    def stop(epoch, logs):
        loop.stop_requested |= epoch == stop_at

    gan = config is PHASES
    with strategy.scope():
        model = make_adversaries() if gan else make_network(config, batch_norm=True)
    callbacks = [*callbacks, keras.callbacks.LambdaCallback(on_epoch_begin=stop)]
    loop = TrainingLoop(model, config, folder, strategy, callbacks)
    data = (Pictures(), None, pictures_to_validate()) if gan else (Toy(), None, make_validation())
    history = loop.fit(*data)
    return {
        "history": history,
        "rate": float(model.optimizer.learning_rate.numpy()),
        "steps": int(model.optimizer.iterations.numpy()),
        "stopped": loop.stopped,
        "weights": [w.tolist() for w in model.get_weights()],
    }


if __name__ == "__main__":
    role = {"mirrored": mirrored, "worker": worker}[sys.argv[1]]
    role(Path(sys.argv[2]), Path(sys.argv[3]))
