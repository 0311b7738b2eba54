"""The one training loop: one step over any `tf.distribute` strategy, Keras callbacks around it."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.training.checkpoints import DivergedError, RunCheckpoint
from keras_colorize.training.hardware import worker_of
from keras_colorize.training.replicas import Agreement, clip_sum


@dataclasses.dataclass(eq=False)
class TrainingLoop:
    """Trains a compiled model.

    Attributes:
        model: a `keras.Model`, built and compiled within the strategy's scope.
        config: a `TrainingConfig`.
        run_folder: where settings and checkpoints go; an existing run there is resumed.
        strategy: a `tf.distribute.Strategy`.
        callbacks: Keras callbacks. They run on every worker, so those that steer the training
            act alike on all; leave callbacks that write files to the chief.
        verbose: whether a progress bar is shown.
        stop_requested: set it to True, in a signal handler say, to save a checkpoint and end.
        stopped: whether the last `fit` ended so, before the end of the run.
    """

    model: keras.Model
    config: object
    run_folder: str
    strategy: tf.distribute.Strategy
    callbacks: tuple = ()
    verbose: bool = True
    stop_requested: bool = dataclasses.field(default=False, init=False)
    stopped: bool = dataclasses.field(default=False, init=False)

    def fit(self, data, targets, validation=None):
        """Trains to the end of the configured run.

        Args:
            data: a `TrainingData`, or anything with its `epoch` method.
            targets: a `Targets`.
            validation: None, or an iterable of `(lightness, targets)` batches.

        Returns:
            dict of lists, the history of the epochs that this call finished.

        Raises:
            DivergedError: if the loss or a weight is not finite; the last checkpoint stays as
                it was.
            ValueError: if the run folder belongs to another configuration or network.
        """
        self.config.bind(self.run_folder)
        self._worker, self._workers = worker_of(self.strategy)
        self._agreement = Agreement(self.strategy, self.model)
        self._checkpoint = self._make_checkpoint()
        self._step_function = self._make_step()
        self._validation_function = self._make_validation_step()
        self.model.stop_training = self.stopped = False
        done = self._checkpoint.restore()
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

    def _epoch(self, epoch, first, data, targets, validation, callbacks):
        callbacks.on_epoch_begin(epoch)
        logs = self._train(epoch, first, data, targets, callbacks)
        if self.stopped:
            return
        if validation is not None:
            logs = {**logs, **self._validate(validation, callbacks)}
        # Callbacks come first: what they change, the learning rate say, is saved.
        callbacks.on_epoch_end(epoch, logs)
        self._checkpoint.save((epoch + 1) * self.config.steps_per_epoch)

    def _train(self, epoch, first, data, targets, callbacks):
        batches = iter(self._distribute(epoch, first, data, targets))
        losses, logs = [], {}
        for step in range(first, self.config.steps_per_epoch):
            callbacks.on_train_batch_begin(step)
            losses.append(self._step_function(next(batches)))
            look = self._looks_after(step)
            if look:
                # The device runs ahead of this loop; only here is it waited for.
                losses = [float(loss) for loss in losses]
                logs = {"loss": _finite_mean(losses)}
            callbacks.on_train_batch_end(step, logs)
            if look:
                self._keep(epoch, step)
            if self.stopped:
                break
        return logs

    def _looks_after(self, step):
        every, last = self.config.log_every, self.config.steps_per_epoch - 1
        alone_and_asked = self.stop_requested and self._workers == 1
        return (step + 1) % every == 0 or step == last or alone_and_asked

    def _keep(self, epoch, step):
        self._agreement.average_statistics()
        last = step == self.config.steps_per_epoch - 1
        asked = [self._checkpoint.due and not last, self.stop_requested]
        due, stop = self._agreement.average_numbers(asked)
        self.stopped = stop > 0
        if due or stop:
            self._checkpoint.save(epoch * self.config.steps_per_epoch + step + 1)

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
        model, strategy = self.model, self.strategy

        def replica_step(batch):
            lightness, targets = batch
            with tf.GradientTape() as tape:
                predictions = model(lightness, training=True)
                # Keras divides by the number of replicas here, so gradients are summed.
                loss = model.compute_loss(lightness, targets, predictions, training=True)
            gradients = tape.gradient(loss, model.trainable_variables)
            gradients = clip_sum(gradients, model.optimizer.global_clipnorm)
            model.optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return loss

        @tf.function
        def step(batch):
            losses = strategy.run(replica_step, args=(batch,))
            return strategy.reduce(tf.distribute.ReduceOp.SUM, losses, axis=None)

        return step

    def _make_validation_step(self):
        model, strategy = self.model, self.strategy

        def replica_step(lightness, targets):
            predictions = model(lightness, training=False)
            loss = model.compute_loss(lightness, targets, predictions, training=False)
            return loss, model.compute_metrics(lightness, targets, predictions)

        @tf.function(reduce_retracing=True)
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
            self.model.optimizer.finalize_variable_values(self.model.trainable_variables)


def _finite_mean(losses):
    mean = float(np.mean(losses))
    if not np.isfinite(mean):
        raise DivergedError(
            "Expected a finite loss, received nan or infinity: lower the learning rate or "
            "the clip norm; the last checkpoint is untouched."
        )
    return mean
