"""The one training loop: one step over any `tf.distribute` strategy, Keras callbacks around it."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.training import replicas
from .checkpoints import DivergedError, RunCheckpoint, parts_of


@dataclasses.dataclass(eq=False)
class TrainingLoop:
    """Trains a compiled model, by its own `train_step` if it has one, see `AdversarialModel`.

    Attributes:
        model: a `keras.Model`, built and compiled within the strategy's scope.
        config: a `TrainingConfig`.
        run_folder: where settings and checkpoints go; an existing run there is resumed.
        strategy: a `tf.distribute.Strategy`.
        callbacks: Keras callbacks, on every worker, so those that steer act alike on all; leave
            those that write files to the chief. One with an attribute `loop` finds this one there.
        stop_requested: set it to True, in a signal handler say, to save a checkpoint and end.
        stopped: whether the last `fit` ended so, before the end of the run.
        steps_done: steps of the run up to now, those of earlier calls counted in.
        checkpoint: the `RunCheckpoint`, once `fit` has begun.
    """

    model: keras.Model
    config: object
    run_folder: str
    strategy: tf.distribute.Strategy
    callbacks: tuple = ()
    stop_requested: bool = dataclasses.field(default=False, init=False)
    stopped: bool = dataclasses.field(default=False, init=False)
    steps_done: int = dataclasses.field(default=0, init=False)
    checkpoint: RunCheckpoint | None = dataclasses.field(default=None, init=False)

    def fit(self, data, targets, validation=None, from_step=None):
        """Trains to the end of the configured run; an error leaves the last checkpoint as it was.

        Args:
            data: a `TrainingData`, or anything with its `epoch` method.
            targets: a `Targets`.
            validation: None, or an iterable of `(lightness, targets)` batches.
            from_step: one of `checkpoint.steps()` to go on from; None for the newest.

        Returns the history of the epochs that this call finished, a dict of lists. Raises
        DivergedError if the loss or a weight is not finite, WorkerLostError if another worker
        ended, and ValueError if the run folder is another configuration's or network's or lacks
        the checkpoint, or for a model or batch that several replicas cannot train.
        """
        config, model = self.config, self.model
        replicas.check_options(model, config.batch_size, self.strategy.num_replicas_in_sync)
        config.bind(self.run_folder)
        self._worker, self._workers = replicas.worker_of(self.strategy)
        with replicas.lost_workers_named(self._workers):
            replicas.fuse_batch_norm(model)
            self._agreement = replicas.Agreement(self.strategy, model)
            with self.strategy.scope():
                kept = config.keep_checkpoints, config.checkpoint_minutes
                self.checkpoint = RunCheckpoint(model, self.run_folder, *kept, self._worker)
            self._has_losses = False
            self._make_steps(getattr(validation, "element_spec", None))
            model.stop_training = self.stopped = False
            self.steps_done = self.checkpoint.restore(from_step)
            callbacks = list(self.callbacks)
            for callback in callbacks:
                if hasattr(callback, "loop"):
                    callback.loop = self
            if config.ema_momentum is not None:
                callbacks.append(keras.callbacks.SwapEMAWeights())
            shown = {"verbose": 1, "epochs": config.epochs, "steps": config.steps_per_epoch}
            shown |= {"add_history": True, "add_progbar": self._worker == 0}
            callbacks = keras.callbacks.CallbackList(callbacks, model=model, **shown)
            callbacks.on_train_begin()
            for epoch in range(self.steps_done // config.steps_per_epoch, config.epochs):
                callbacks.on_epoch_begin(epoch)
                logs = self._train(epoch, data, targets, callbacks)
                if self.stopped:
                    break
                if validation is not None:
                    logs = {**logs, **self._validate(validation, callbacks)}
                # Callbacks come first: what they change, the learning rate say, is saved.
                callbacks.on_epoch_end(epoch, logs)
                self.checkpoint.save(self.steps_done)
                if model.stop_training:
                    break
            if config.ema_momentum is not None:
                trained = parts_of(model)[0]
                trained.optimizer.finalize_variable_values(trained.trainable_variables)
            callbacks.on_train_end()
            return model.history.history

    def _train(self, epoch, data, targets, callbacks):
        """Trains to the end of an epoch, or until it is asked to stop; returns the mean logs."""
        size, count = self.config.batch_size, self.config.steps_per_epoch
        first = self.steps_done - epoch * count
        shared = self.strategy.num_replicas_in_sync

        def make(context):
            place = context.input_pipeline_id, context.num_input_pipelines
            return data.epoch(epoch, size, count, targets, first, *place).rebatch(size // shared)

        distribute = self.strategy.distribute_datasets_from_function
        batches = make(tf.distribute.InputContext())
        if not self._has_losses:
            self._build_losses(batches.element_spec)
        batches = iter(batches if shared == 1 else distribute(make))
        steps, logs = [], {}
        for step in range(first, count):
            callbacks.on_train_batch_begin(step)
            steps.append(self._step(next(batches), getattr(self.model, "phase", None)))
            self.steps_done += 1
            last = step == count - 1
            alone_and_asked = self.stop_requested and self._workers == 1
            look = (step + 1) % self.config.log_every == 0 or last or alone_and_asked
            if look:
                # The device runs ahead of this loop; only here is it waited for.
                steps = [{name: float(value) for name, value in logs.items()} for logs in steps]
                logs = {name: float(np.mean([x[name] for x in steps])) for name in steps[-1]}
                if not np.isfinite(logs["loss"]):
                    raise DivergedError("a finite loss")
            callbacks.on_train_batch_end(step, logs)
            if look:
                self._agreement.average_statistics()
                asked = [self.checkpoint.due and not last, self.stop_requested]
                due, stop = self._agreement.average_numbers(asked)
                if due or stop:
                    self.checkpoint.save(self.steps_done)
                if stop:
                    self.stopped = True
                    break
        return logs

    def _build_losses(self, spec):
        """Makes what the losses count in: if the step made it, its graph would be built twice."""
        zeros = tf.nest.map_structure(lambda x: tf.zeros((1, *x.shape[1:]), x.dtype), spec)
        self.strategy.run(self._losses, zeros)
        self._has_losses = True

    def _losses(self, lightness, targets):
        predictions = self.model(lightness, training=False)
        loss = self.model.compute_loss(lightness, targets, predictions, training=False)
        return loss, predictions

    def _make_steps(self, validation_spec):
        model, strategy = self.model, self.strategy

        def supervised_step(batch):
            lightness, targets = batch
            with tf.GradientTape() as tape:
                predictions = model(lightness, training=True)
                # Keras divides by the number of replicas here, so gradients are summed.
                loss = model.compute_loss(lightness, targets, predictions, training=True)
            replicas.descend(model, tape, loss)
            return {"loss": loss}

        own = type(model).train_step is not keras.Model.train_step
        replica_step = model.train_step if own else supervised_step

        def validation_step(lightness, targets):
            loss, predictions = self._losses(lightness, targets)
            return loss, model.compute_metrics(lightness, targets, predictions)

        # A model's step may differ by phase: another one is another graph. Networks that run on
        # every backend have no Python for AutoGraph to convert, which takes a tenth of a start.
        @tf.function(autograph=False)
        def step(batch, phase):
            logs = strategy.run(replica_step, args=(batch,))
            return {name: strategy.reduce("SUM", value, None) for name, value in logs.items()}

        @tf.function(input_signature=validation_spec, reduce_retracing=True, autograph=False)
        def validate(lightness, targets):
            # Every replica takes the whole batch: metrics weigh an uneven last batch rightly.
            losses, logs = strategy.run(validation_step, args=(lightness, targets))
            return strategy.reduce("SUM", losses, None), logs

        self._step, self._validation_step = step, validate

    def _validate(self, validation, callbacks):
        callbacks.on_test_begin()
        self.model.reset_metrics()
        losses, sizes, logs = [], [], {}
        for lightness, targets in validation:
            loss, logs = self._validation_step(lightness, targets)
            losses.append(float(loss))
            sizes.append(len(lightness))
        first_of = self.strategy.experimental_local_results
        logs = {name: float(first_of(value)[0]) for name, value in logs.items()}
        logs["loss"] = float(np.average(losses, weights=sizes))
        logs = dict(zip(logs, self._agreement.average_numbers(list(logs.values())), strict=True))
        callbacks.on_test_end(logs)
        return {f"val_{name}": mean for name, mean in logs.items()}
