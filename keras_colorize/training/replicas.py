"""What the replicas of a `tf.distribute` strategy must agree on, and what they cannot do."""

import contextlib

import tensorflow as tf

from keras_colorize.training.checkpoints import parts_of

_MEAN, _SUM = tf.distribute.ReduceOp.MEAN, tf.distribute.ReduceOp.SUM

# What a collective operation fails with when a machine of the run is gone or was started anew.
_LOST = (
    tf.errors.AbortedError,
    tf.errors.CancelledError,
    tf.errors.DeadlineExceededError,
    tf.errors.FailedPreconditionError,
    tf.errors.UnavailableError,
)


class WorkerLostError(RuntimeError):
    """Another worker of the run ended or cannot be reached."""


@contextlib.contextmanager
def telling_of_lost_workers(workers):
    """Raises `WorkerLostError` for what TensorFlow raises when a worker is gone.

    Args:
        workers: number of workers of the run.
    """
    try:
        yield
    except _LOST as error:
        if workers == 1:
            raise
        raise WorkerLostError(
            f"Expected all {workers} workers to answer, lost one ({type(error).__name__}). "
            "Started again, all of them go on from the last checkpoint."
        ) from error


def check_options(model, replicas):
    """Refuses what a model may be compiled with, but the loop cannot do.

    Args:
        model: a compiled `keras.Model`.
        replicas: number of replicas that train it.

    Raises:
        ValueError: for `steps_per_execution` above 1; on several replicas also for
            `jit_compile` and for an optimizer with `gradient_accumulation_steps`.
    """
    if model.steps_per_execution > 1:
        raise ValueError(
            "Expected a model compiled with steps_per_execution=1, for the loop looks at every "
            f"step, received {model.steps_per_execution}."
        )
    if replicas == 1:
        return
    if model.jit_compile:
        raise ValueError(
            f"Expected a model compiled with jit_compile=False for {replicas} replicas, which "
            "XLA does not compile, received True."
        )
    for part in parts_of(model):
        if part.optimizer.gradient_accumulation_steps:
            raise ValueError(
                "Expected an optimizer without gradient_accumulation_steps for "
                f"{replicas} replicas, received {part.optimizer.gradient_accumulation_steps}; "
                "a larger batch_size does the same."
            )


def clip_sum(gradients, clip_norm):
    """Clips the sum of all replicas' gradients; called within a replica.

    An optimizer clips before it sums over the replicas, so that a bound would grow with their
    number. What this returns sums up to the clipped sum, and is too short to be clipped again.

    Args:
        gradients: list of tensors, this replica's part.
        clip_norm: bound on the norm of the sum, or None.

    Returns:
        List of tensors.
    """
    context = tf.distribute.get_replica_context()
    replicas = context.num_replicas_in_sync
    if replicas == 1 or clip_norm is None:
        return gradients
    clipped, _ = tf.clip_by_global_norm(context.all_reduce(_SUM, gradients), clip_norm)
    return [gradient / replicas for gradient in clipped]


def share(value):
    """A replica's part of a mean: the parts of all sum up to it; called within a replica."""
    return value / tf.distribute.get_strategy().num_replicas_in_sync


def descend(optimizer, gradients, variables):
    """Applies the gradients of a step; called within a replica.

    Args:
        optimizer: a `keras.optimizers.Optimizer`; its `global_clipnorm` bounds their sum over
            all replicas.
        gradients: list of tensors, this replica's part.
        variables: list of the variables that they belong to.
    """
    gradients = clip_sum(gradients, optimizer.global_clipnorm)
    optimizer.apply_gradients(zip(gradients, variables, strict=True))


class Agreement:
    """Brings the replicas of a strategy to the same numbers; does nothing for a single one.

    Args:
        strategy: a `tf.distribute.Strategy`.
        model: a `keras.Model`, built within its scope.
    """

    def __init__(self, strategy, model):
        self._strategy = strategy
        self._single = strategy.num_replicas_in_sync == 1
        own = [v for v in model.non_trainable_variables if v.dtype.startswith("float")]
        self._statistics = own
        self._average_statistics = tf.function(lambda: strategy.run(self._average_own))
        self._average = tf.function(lambda numbers: strategy.run(_mean, args=(numbers,)))

    def average_statistics(self):
        """Averages what each replica gathers for itself: the moments of batch norms."""
        if self._statistics and not self._single:
            self._average_statistics()

    def average_numbers(self, numbers):
        """Averages numbers over the workers, so that all decide alike.

        Args:
            numbers: list of this worker's numbers; as many on each.

        Returns:
            List of floats, the same on all workers.
        """
        if self._single:
            return [float(number) for number in numbers]
        means = self._average(tf.constant(numbers, "float32"))
        return self._strategy.experimental_local_results(means)[0].numpy().tolist()

    def _average_own(self):
        means = _mean([v.value for v in self._statistics])
        for variable, mean in zip(self._statistics, means, strict=True):
            variable.assign(mean)


def _mean(values):
    # Each replica's own tensor is what a reduction takes; the same one for all it refuses.
    own = tf.nest.map_structure(tf.identity, values)
    return tf.distribute.get_replica_context().all_reduce(_MEAN, own)
