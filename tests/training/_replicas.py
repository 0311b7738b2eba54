"""Two replicas in processes of their own, for test_replicas.py: one strategy per process."""

import dataclasses
import json
import sys
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from conftest import Toy, make_network

from keras_colorize.models import iizuka16
from keras_colorize.training import (
    TrainingConfig,
    TrainingLoop,
    make_strategy,
    worker_of,
)

SHARED = {"epochs": 2, "steps_per_epoch": 3, "batch_size": 8, "log_every": 2}
STEADY = {**SHARED, "schedule": "constant", "learning_rate": 0.05, "weight_decay": 0.01}
CLIPPED = TrainingConfig(**STEADY, clip_norm=0.05, ema_momentum=0.9)
FREE = TrainingConfig(**STEADY, optimizer="adam", clip_norm=None, checkpoint_minutes=0.0)

BRIEF = dataclasses.replace(FREE, epochs=1, steps_per_epoch=2)
LONG = dataclasses.replace(FREE, epochs=6)


class Pictures:
    """Random lightness and ab."""

    def epoch(self, epoch, batch_size, steps, targets, first_step=0, worker=0, workers=1):
        generator = np.random.default_rng(epoch)
        x = generator.uniform(0, 100, (steps * batch_size, 32, 32, 1)).astype("float32")
        y = generator.uniform(size=(steps * batch_size, 16, 16, 2)).astype("float32")
        return tf.data.Dataset.from_tensor_slices((x, {"ab": y})).batch(batch_size)


def toy_network(config):
    """See conftest."""
    return make_network(config)


def normalised_network(config):
    """With a batch norm that each replica has for itself."""
    return make_network(config, batch_norm=True)


def synchronized_iizuka16(_):
    """The paper's network, narrow, with batch norms over all replicas."""
    keras.utils.set_random_seed(1)
    model = keras.models.clone_model(
        iizuka16(width=1 / 32, global_size=32, input_shape=(32, 32, 1)), clone_function=_clone
    )
    # Adam would make steps of noise where a gradient is next to zero.
    model.compile(keras.optimizers.SGD(0.1), loss={"ab": "mse"})
    return model


def _clone(layer):
    changes = {"synchronized": True} if isinstance(layer, keras.layers.BatchNormalization) else {}
    return type(layer).from_config({**layer.get_config(), **changes})


def validation():
    """Batches of 5, 5 and 2."""
    x = np.random.default_rng(9).normal(size=(12, 4)).astype("float32")
    return tf.data.Dataset.from_tensor_slices((x, {"out": x.sum(axis=-1, keepdims=True)})).batch(5)


def difference(make, config, data, folder, strategy, batches=None):
    """Trains on one device and on two; how far weights and logs are apart."""
    weights, logs = [], []
    for name, where in (("one", tf.distribute.get_strategy()), ("two", strategy)):
        with where.scope():
            model = make(config)
        loop = TrainingLoop(model, config, folder / name, where, verbose=False)
        history = loop.fit(data, None, batches)
        weights.append(np.concatenate([w.ravel() for w in model.get_weights()]))
        logs.append(np.concatenate([np.ravel(values) for values in history.values()]))
    moved = np.abs(weights[0] - np.concatenate([w.ravel() for w in make(config).get_weights()]))
    apart = [float(np.abs(a - b).max()) for a, b in (weights, logs)]
    return {"weights": apart[0], "logs": apart[1], "moved": float(moved.max())}


def mirrored(folder):
    """Compares two logical devices with one."""
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = make_strategy("mirrored")
    return {
        "replicas": strategy.num_replicas_in_sync,
        "place": worker_of(strategy),
        "toy": difference(toy_network, FREE, Toy(), folder / "a", strategy, validation()),
        "clipped": difference(toy_network, CLIPPED, Toy(), folder / "b", strategy, validation()),
        "iizuka16": difference(synchronized_iizuka16, BRIEF, Pictures(), folder / "c", strategy),
    }


def worker(folder):
    """Trains as one of two workers; early stopping and plateau steer both."""
    strategy = make_strategy("multi_worker")
    steering = [
        keras.callbacks.ReduceLROnPlateau("val_loss", patience=1, min_delta=9.0),
        keras.callbacks.EarlyStopping("val_loss", patience=2, min_delta=9.0),
    ]
    with strategy.scope():
        model = normalised_network(LONG)
    loop = TrainingLoop(model, LONG, folder / "run", strategy, steering, verbose=False)
    loop.stop_requested = (folder / "stop").exists() and worker_of(strategy)[0] == 1
    history = loop.fit(Toy(), None, validation())
    return {
        "place": worker_of(strategy),
        "history": history,
        "rate": float(model.optimizer.learning_rate.numpy()),
        "steps": int(model.optimizer.iterations.numpy()),
        "stopped": loop.stopped,
        "weights": [w.tolist() for w in model.get_weights()],
    }


if __name__ == "__main__":
    outcome = {"mirrored": mirrored, "worker": worker}[sys.argv[1]](Path(sys.argv[2]))
    Path(sys.argv[3]).write_text(json.dumps(outcome))
