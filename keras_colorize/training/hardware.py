"""Where training runs: precision and `tf.distribute` strategy."""

import json
import os

import keras
import tensorflow as tf

from keras_colorize.precision import resolve_precision
from keras_colorize.training.config import STRATEGIES


def set_precision(precision):
    """Sets the global dtype policy.

    Args:
        precision: see `resolve_precision`.

    Returns:
        Name of the policy that was set.

    Raises:
        ValueError: for another precision.
    """
    gpus = tf.config.list_physical_devices("GPU")
    details = [tf.config.experimental.get_device_details(gpu) for gpu in gpus]
    ampere = all(detail.get("compute_capability", (0, 0)) >= (8, 0) for detail in details)
    policy = resolve_precision(precision, ampere if gpus else None)
    keras.config.set_dtype_policy(policy)
    return policy


def make_strategy(name):
    """Builds a `tf.distribute` strategy; call it once per process, before anything else runs.

    Args:
        name: `"default"` (one device), `"mirrored"` (all GPUs of this machine), or
            `"multi_worker"` (the machines that the environment variable TF_CONFIG names).

    Returns:
        A `tf.distribute.Strategy`.

    Raises:
        ValueError: for another name, or multi_worker without a TF_CONFIG.
    """
    if name == "default":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        return tf.distribute.MirroredStrategy(_logical_devices())
    if name == "multi_worker":
        if "cluster" not in json.loads(os.environ.get("TF_CONFIG", "{}")):
            raise ValueError(
                "Expected the environment variable TF_CONFIG to describe the cluster for "
                "strategy multi_worker, found none."
            )
        return tf.distribute.MultiWorkerMirroredStrategy()
    raise ValueError(f"Expected a strategy among {', '.join(STRATEGIES)}, received {name!r}.")


def worker_of(strategy):
    """This process's place in a strategy.

    Returns:
        `(index, count)`: this worker, 0 being the chief, and the number of workers.
    """
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.cluster_spec().as_dict():
        return 0, 1
    tasks = resolver.cluster_spec().as_dict()
    chiefs, workers = len(tasks.get("chief", ())), len(tasks.get("worker", ()))
    before = chiefs if resolver.task_type == "worker" else 0
    return before + resolver.task_id, chiefs + workers


def _logical_devices():
    kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
    return [device.name for device in tf.config.list_logical_devices(kind)]
