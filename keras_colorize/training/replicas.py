"""Where training runs: precision, `tf.distribute` strategy, and what its replicas share."""

import contextlib
import functools
import json
import os

import keras
import tensorflow as tf

from keras_colorize.errors import expect
from .checkpoints import parts_of

STRATEGIES = ("default", "mirrored", "multi_worker")

# What a collective operation fails with when a machine of the run is gone or was started anew.
_LOST = (tf.errors.AbortedError, tf.errors.CancelledError, tf.errors.UnavailableError)
_LOST += (tf.errors.DeadlineExceededError, tf.errors.FailedPreconditionError)


class WorkerLostError(RuntimeError):
    """Another worker of the run ended or cannot be reached."""


def make_strategy(name):
    """Builds a `tf.distribute.Strategy`, once per process and before anything else runs.

    It is `"default"` (one device), `"mirrored"` (all GPUs of this machine), or `"multi_worker"`
    (the machines that the environment variable TF_CONFIG names); else there is a `ValueError`.
    """
    if name == "default":
        return tf.distribute.get_strategy()
    if name == "mirrored":
        kind = "GPU" if tf.config.list_logical_devices("GPU") else "CPU"
        devices = [device.name for device in tf.config.list_logical_devices(kind)]
        return tf.distribute.MirroredStrategy(devices)
    known = f"a strategy among {', '.join(STRATEGIES)}, received {name!r}"
    expect(name == "multi_worker", known)
    has_cluster = "cluster" in json.loads(os.environ.get("TF_CONFIG", "{}"))
    expect(has_cluster, "TF_CONFIG to describe the cluster of workers, received none")
    return tf.distribute.MultiWorkerMirroredStrategy()


def worker_of(strategy):
    """This process's place in a strategy: its index, 0 for the chief, and the workers' number."""
    resolver = strategy.cluster_resolver
    tasks = resolver.cluster_spec().as_dict() if resolver else {}
    if not tasks:
        return 0, 1
    chiefs, workers = len(tasks.get("chief", ())), len(tasks.get("worker", ()))
    before = chiefs if resolver.task_type == "worker" else 0
    return before + resolver.task_id, chiefs + workers


@contextlib.contextmanager
def lost_workers_named(workers):
    """Raises `WorkerLostError` for what TensorFlow raises when one of several workers is gone."""
    try:
        yield
    except _LOST as error:
        if workers == 1:
            raise
        lost = f"Expected all {workers} workers to answer, lost one ({type(error).__name__})."
        hint = "Started again, all of them go on from the last checkpoint."
        raise WorkerLostError(f"{lost} {hint}") from error


def check_options(model, batch_size, replicas):
    """Refuses what the loop cannot do with a model: `ValueError`."""
    several, steps = replicas > 1, model.steps_per_execution
    summed = max(part.optimizer.gradient_accumulation_steps or 0 for part in parts_of(model))
    expect(steps <= 1, f"steps_per_execution=1, to look at every step, received {steps}")
    shares = batch_size % replicas == 0
    expect(shares, f"a batch size that {replicas} replicas can share, received {batch_size}")
    compiles = several and model.jit_compile
    expect(not compiles, f"jit_compile=False for {replicas} replicas, received True")
    sums = several and summed
    expect(not sums, f"no gradient_accumulation_steps for {replicas} replicas, received {summed}")


def share(value):
    """A replica's part of a mean: the parts of all sum up to it; called within a replica."""
    return value / tf.distribute.get_strategy().num_replicas_in_sync


def descend(model, tape, loss):
    """Moves a network's weights along the gradient of a loss; called within a replica.

    The sum over the replicas is clipped, as on one device. An optimizer would clip each summand.
    """
    variables, optimizer = model.trainable_variables, model.optimizer
    gradients = tape.gradient(loss, variables)
    context = tf.distribute.get_replica_context()
    replicas, bound = context.num_replicas_in_sync, optimizer.global_clipnorm
    if replicas > 1 and bound is not None:
        clipped, _ = tf.clip_by_global_norm(context.all_reduce("SUM", gradients), bound)
        gradients = [gradient / replicas for gradient in clipped]
    optimizer.apply_gradients(zip(gradients, variables, strict=True))


class Agreement:
    """Brings the replicas of a strategy to the same numbers; does nothing for a single one."""

    def __init__(self, strategy, model):
        self._strategy = strategy
        self._single = strategy.num_replicas_in_sync == 1
        self._statistics = [v for v in model.non_trainable_variables if v.dtype.startswith("float")]
        self._run = tf.function(strategy.run, autograph=False)

    def average_statistics(self):
        """Averages what each replica gathers for itself: the moments of batch norms."""
        if self._statistics and not self._single:
            self._run(self._assign_means)

    def average_numbers(self, numbers):
        """Averages a list of numbers over the workers, so that all decide alike."""
        if self._single:
            return [float(number) for number in numbers]
        means = self._run(_mean, (tf.constant(numbers, "float32"),))
        return self._strategy.experimental_local_results(means)[0].numpy().tolist()

    def _assign_means(self):
        means = _mean([v.value for v in self._statistics])
        for variable, mean in zip(self._statistics, means, strict=True):
            variable.assign(mean)


def _mean(values):
    # Each replica's own tensor is what a reduction takes; the same one for all it refuses.
    own = tf.nest.map_structure(tf.identity, values)
    return tf.distribute.get_replica_context().all_reduce("MEAN", own)


def synchronize(model):
    """Lets the batch normalizations of a network see the batches of all replicas together.

    The model, Functional or an `AdversarialModel`, is changed in place; weights and config stay.
    """
    for layer in _normalizations(model):
        layer.synchronized = True


def fuse_batch_norm(model):
    """Lets one operation do what Keras does in training in a dozen, a third of a step on a CPU.

    Inference stays as it is, and so do layers that are synchronized, of a subclass, or not of
    (N, H, W, C).
    """
    for layer in _normalizations(model):
        plain = layer.axis in (-1, 3, [3]) and layer.scale and layer.center and not layer.renorm
        if type(layer) is keras.layers.BatchNormalization and plain:
            layer.call = functools.partial(_fused_call, layer)


def _fused_call(layer, x, training=None, mask=None):
    other = layer.synchronized or mask is not None or len(x.shape) != 4
    if other or not (training and layer.trainable):
        return type(layer).call(layer, x, training=training, mask=mask)
    scale = {"scale": layer.gamma, "offset": layer.beta, "mean": [], "variance": []}
    y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(x=x, epsilon=layer.epsilon, **scale)
    # The operation estimates the variance of what the batch is drawn from, Keras takes its own.
    count = tf.cast(tf.size(x) // x.shape[-1], "float32")
    variance *= tf.maximum(count - 1.0, 1.0) / count
    for moving, value in ((layer.moving_mean, mean), (layer.moving_variance, variance)):
        moving.assign(moving * layer.momentum + value * (1.0 - layer.momentum))
    return y


def _normalizations(model):
    layers = list(parts_of(model))
    while layers:
        layer = layers.pop()
        layers += getattr(layer, "layers", ())
        if isinstance(layer, keras.layers.BatchNormalization):
            yield layer
