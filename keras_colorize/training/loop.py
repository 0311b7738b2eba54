"""The one training loop: one step over any `tf.distribute` strategy, Keras callbacks around it."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.training.batch_norm import fuse
from keras_colorize.training.checkpoints import DivergedError, RunCheckpoint, parts_of
from keras_colorize.training.hardware import worker_of
from keras_colorize.training.replicas import (
    Agreement,
    check_options,
    descend,
    telling_of_lost_workers,
)


@dataclasses.dataclass(eq=False)
class TrainingLoop:
    """Trains a compiled model.

    A model with a `train_step` of its own is trained by that, see `AdversarialModel`.

    Attributes:
        model: a `keras.Model`, built and compiled within the strategy's scope.
        config: a `TrainingConfig`.
        run_folder: where settings and checkpoints go; an existing run there is resumed.
        strategy: a `tf.distribute.Strategy`.
        callbacks: Keras callbacks. They run on every worker, so those that steer the training
            act alike on all; leave callbacks that write files to the chief. One that has an
            attribute `loop` finds this loop there.
        verbose: whether a progress bar is shown.
        stop_requested: set it to True, in a signal handler say, to save a checkpoint and end.
        stopped: whether the last `fit` ended so, before the end of the run.
        steps_done: steps of the run up to now, those of earlier calls counted in.
    """

    model: keras.Model
    config: object
    run_folder: str
    strategy: tf.distribute.Strategy
    callbacks: tuple = ()
    verbose: bool = True
    stop_requested: bool = dataclasses.field(default=False, init=False)
    stopped: bool = dataclasses.field(default=False, init=False)
    steps_done: int = dataclasses.field(default=0, init=False)

    def fit(self, data, targets, validation=None, from_step=None):
        """Trains to the end of the configured run.

        Args:
            data: a `TrainingData`, or anything with its `epoch` method.
            targets: a `Targets`.
            validation: None, or an iterable of `(lightness, targets)` batches.
            from_step: one of `checkpoints()` to go on from; None for the newest.

        Returns:
            dict of lists, the history of the epochs that this call finished.

        Raises:
            DivergedError: if the loss or a weight is not finite; the last checkpoint stays as
                it was.
            ValueError: if the run folder belongs to another configuration or network, or has
                no such checkpoint, or if the model was compiled with options that several
                replicas cannot have.
            WorkerLostError: if another worker ended; the last checkpoint stays as it was.
        """
        check_options(self.model, self.strategy.num_replicas_in_sync)
        self.config.bind(self.run_folder)
        self._worker, self._workers = worker_of(self.strategy)
        with telling_of_lost_workers(self._workers):
            return self._run(data, targets, validation, from_step)

    def _run(self, data, targets, validation, from_step):
        fuse(self.model)
        self._agreement = Agreement(self.strategy, self.model)
        self._checkpoint = self._make_checkpoint()
        self._step_function = self._make_step()
        self._validation_function = self._make_validation_step()
        self.model.stop_training = self.stopped = False
        self.steps_done = done = self._checkpoint.restore(from_step)
        history = keras.callbacks.History()
        callbacks = self._callback_list(history)
        callbacks.on_train_begin()
        for epoch in range(done // self.config.steps_per_epoch, self.config.epochs):
            first = max(0, done - epoch * self.config.steps_per_epoch)
            self._epoch(epoch, first, data, targets, validation, callbacks)
            if self.stopped or self.model.stop_training:
                break
        callbacks.on_train_end()
        self._finish()
        return history.history

    def checkpoints(self):
        """Steps that the run can go back to, a rising list; once `fit` has begun."""
        return self._checkpoint.steps()

    def return_to(self, step):
        """Takes weights and optimizers of an earlier checkpoint; the run's position stays.

        Args:
            step: one of `checkpoints()`.
        """
        self._checkpoint.restore(step)

    def _epoch(self, epoch, first, data, targets, validation, callbacks):
        callbacks.on_epoch_begin(epoch)
        logs = self._train(epoch, first, data, targets, callbacks)
        if self.stopped:
            return
        if validation is not None:
            logs = {**logs, **self._validate(validation, callbacks)}
        # Callbacks come first: what they change, the learning rate say, is saved.
        callbacks.on_epoch_end(epoch, logs)
        self._checkpoint.save(self.steps_done)

    def _train(self, epoch, first, data, targets, callbacks):
        batches = iter(self._distribute(epoch, first, data, targets))
        steps, logs = [], {}
        for step in range(first, self.config.steps_per_epoch):
            callbacks.on_train_batch_begin(step)
            steps.append(self._step_function(next(batches), self._phase()))
            self.steps_done += 1
            look = self._looks_after(step)
            if look:
                # The device runs ahead of this loop; only here is it waited for.
                steps = [{name: float(value) for name, value in one.items()} for one in steps]
                logs = _finite_means(steps)
            callbacks.on_train_batch_end(step, logs)
            if look:
                self._keep(step)
            if self.stopped:
                break
        return logs

    def _phase(self):
        return getattr(self.model, "phase", None)

    def _looks_after(self, step):
        every, last = self.config.log_every, self.config.steps_per_epoch - 1
        alone_and_asked = self.stop_requested and self._workers == 1
        return (step + 1) % every == 0 or step == last or alone_and_asked

    def _keep(self, step):
        self._agreement.average_statistics()
        last = step == self.config.steps_per_epoch - 1
        asked = [self._checkpoint.due and not last, self.stop_requested]
        due, stop = self._agreement.average_numbers(asked)
        self.stopped = stop > 0
        if due or stop:
            self._checkpoint.save(self.steps_done)

    def _distribute(self, epoch, first, data, targets):
        replicas = self.strategy.num_replicas_in_sync
        if self.config.batch_size % replicas:
            raise ValueError(
                f"Expected a batch size that {replicas} replicas can share, "
                f"received {self.config.batch_size}."
            )

        def make(context):
            batches = data.epoch(
                epoch,
                self.config.batch_size,
                self.config.steps_per_epoch,
                targets,
                first,
                context.input_pipeline_id,
                context.num_input_pipelines,
            )
            return batches.rebatch(self.config.batch_size // replicas)

        if replicas == 1:
            return make(tf.distribute.InputContext())
        return self.strategy.distribute_datasets_from_function(make)

    def _make_step(self):
        strategy = self.strategy
        own = type(self.model).train_step is not keras.Model.train_step
        replica_step = self.model.train_step if own else self._supervised_step

        # A model's step may differ by phase: another one is another graph. Networks that run on
        # every backend have no Python for AutoGraph to convert, which takes a tenth of a start.
        @tf.function(autograph=False)
        def step(batch, phase):
            logs = strategy.run(replica_step, args=(batch,))
            return {
                name: strategy.reduce(tf.distribute.ReduceOp.SUM, value, axis=None)
                for name, value in logs.items()
            }

        return step

    def _supervised_step(self, batch):
        lightness, targets = batch
        model = self.model
        with tf.GradientTape() as tape:
            predictions = model(lightness, training=True)
            # Keras divides by the number of replicas here, so gradients are summed.
            loss = model.compute_loss(lightness, targets, predictions, training=True)
        variables = model.trainable_variables
        descend(model.optimizer, tape.gradient(loss, variables), variables)
        return {"loss": loss}

    def _make_validation_step(self):
        model, strategy = self.model, self.strategy

        def replica_step(lightness, targets):
            predictions = model(lightness, training=False)
            loss = model.compute_loss(lightness, targets, predictions, training=False)
            return loss, model.compute_metrics(lightness, targets, predictions)

        @tf.function(reduce_retracing=True, autograph=False)
        def step(lightness, targets):
            # Every replica takes the whole batch: metrics weigh an uneven last batch rightly.
            losses, logs = strategy.run(replica_step, args=(lightness, targets))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None), logs

        return step

    def _validate(self, validation, callbacks):
        callbacks.on_test_begin()
        self.model.reset_metrics()
        losses, sizes, logs = [], [], {}
        for lightness, targets in validation:
            loss, logs = self._validation_function(lightness, targets)
            losses.append(float(loss))
            sizes.append(int(tf.shape(lightness)[0]))
        callbacks.on_test_end()
        first_of = self.strategy.experimental_local_results
        logs = {name: float(first_of(value)[0]) for name, value in logs.items()}
        logs["loss"] = float(np.average(losses, weights=sizes))
        means = self._agreement.average_numbers(list(logs.values()))
        return {f"val_{name}": mean for name, mean in zip(logs, means, strict=True)}

    def _make_checkpoint(self):
        with self.strategy.scope():
            return RunCheckpoint(
                self.model,
                self.run_folder,
                self.config.keep_checkpoints,
                self.config.checkpoint_minutes,
                self._worker,
            )

    def _callback_list(self, history):
        own = list(self.callbacks)
        for callback in own:
            if hasattr(callback, "loop"):
                callback.loop = self
        if self.config.ema_momentum is not None:
            own.append(keras.callbacks.SwapEMAWeights())
        return keras.callbacks.CallbackList(
            [*own, history],
            add_progbar=self.verbose and self._worker == 0,
            model=self.model,
            verbose=1,
            epochs=self.config.epochs,
            steps=self.config.steps_per_epoch,
        )

    def _finish(self):
        if self.config.ema_momentum is not None:
            trained = parts_of(self.model)[0]
            trained.optimizer.finalize_variable_values(trained.trainable_variables)


def _finite_means(steps):
    means = {name: float(np.mean([step[name] for step in steps])) for name in steps[-1]}
    if not np.isfinite(means["loss"]):
        raise DivergedError(
            "Expected a finite loss, received nan or infinity: lower the learning rate or "
            "the clip norm; the last checkpoint is untouched."
        )
    return means
