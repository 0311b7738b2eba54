"""Checkpoints that a killed run goes on from: weights, optimizer state and position."""

import shutil
import time
from pathlib import Path

import tensorflow as tf

from keras_colorize.errors import expect, expecting


class DivergedError(RuntimeError):
    """The loss or a weight stopped being a finite number."""

    def __init__(self, what):
        super().__init__(
            f"Expected {what}, received nan or infinity: lower the learning rate or the clip norm; "
            "the last checkpoint is untouched."
        )


def parts_of(model):
    """The compiled models whose optimizers train a model: itself, unless it has `parts`."""
    return getattr(model, "parts", (model,))


class RunCheckpoint:
    """Saves and restores a run.

    All workers read the run's folder, so it is on a file system that they share; the chief, worker
    0, alone writes to it, others to a scratch folder of their own. The model is compiled and
    built; so many checkpoints are kept, those within an epoch at least `every_minutes` apart.
    """

    def __init__(self, model, folder, keep=3, every_minutes=5.0, worker=0):
        optimizers = [part.optimizer for part in parts_of(model)]
        for part in parts_of(model):
            part.optimizer.build(part.trainable_variables)
        self.step = tf.Variable(0, dtype="int64", trainable=False, name="step")
        named = {f"optimizer_{i}" if i else "optimizer": x for i, x in enumerate(optimizers)}
        self._checkpoint = tf.train.Checkpoint(model=model, step=self.step, **named)
        self._variables = [*model.variables, *(v for x in optimizers for v in x.variables)]
        self._folder = Path(folder) / "checkpoints"
        scratch = Path(folder) / "scratch" / str(worker)
        target, kept = (scratch, 1) if worker else (self._folder, keep)
        self._manager = tf.train.CheckpointManager(self._checkpoint, str(target), kept)
        self._every_seconds, self._saved_at = 60 * every_minutes, time.monotonic()

    @property
    def due(self):
        """Whether the last checkpoint is long enough ago."""
        return time.monotonic() - self._saved_at >= self._every_seconds

    def steps(self):
        """Steps of the checkpoints that are kept, a rising list."""
        return sorted(int(path.stem.split("-")[1]) for path in self._folder.glob("ckpt-*.index"))

    def restore(self, step=None):
        """Restores a checkpoint of `steps()`, or the newest; returns the steps done, 0 at first.

        Raises `ValueError` if it belongs to another network or optimizer, or there is none.
        """
        path = tf.train.latest_checkpoint(str(self._folder))
        if step is not None:
            steps = self.steps()
            expect(step in steps, f"a step among {steps} of {self._folder}, received {step}")
            path = str(self._folder / f"ckpt-{step}")
        if path is None:
            return 0
        own = f"a checkpoint of this network and optimizer in {self._folder}"
        with expecting(own, AssertionError, ValueError, tf.errors.OpError):
            self._checkpoint.restore(path).assert_consumed()
        return int(self.step.numpy())

    def save(self, step):
        """Saves at a number of finished steps.

        Raises `DivergedError` if a weight is not finite, `tf.errors.OpError` if the disk is full;
        the older checkpoints stay as they were.
        """
        for variable in self._variables:
            value = tf.convert_to_tensor(variable)
            if value.dtype.is_floating and not tf.reduce_all(tf.math.is_finite(value)):
                raise DivergedError(f"finite weights in {variable.path}")
        self.step.assign(step)
        try:
            self._manager.save(checkpoint_number=step)
        except tf.errors.OpError:
            # TensorFlow leaves an empty index, which would count as a checkpoint.
            folder = Path(self._manager.directory)
            if tf.train.latest_checkpoint(str(folder)) != str(folder / f"ckpt-{step}"):
                for left in folder.glob(f"ckpt-{step}[._]*"):
                    shutil.rmtree(left) if left.is_dir() else left.unlink()
            raise
        self._saved_at = time.monotonic()
