"""A training run from the strategy to the preset: what all trainers do alike."""

import dataclasses
import importlib.util
import json
import pathlib
import signal
import sys

import keras
import numpy as np
import tensorflow as tf
from absl import logging

from keras_colorize import data, training
from keras_colorize.bins import rebalancing_weights
from keras_colorize.color import rgb_to_lightness
from keras_colorize.export import export_saved_model
from keras_colorize.export.saved_model import import_prediction_log
from keras_colorize.inference import Colorizer, predicted_ab
from keras_colorize.inference.compose import compose
from keras_colorize.io.atomic import write_file
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import PresetConfig, load_preset, save_preset
from settings import settings_json

CLASS_OUTPUT = "class_logits"


class Run:
    """A run as its options say. Make it before any network: a strategy must come first.

    Attributes:
        strategy: the `tf.distribute.Strategy`; networks are made in its scope.
        config: the settings, of the class that is given.
        data: `TrainingData` of the pictures to train on.
        validation: `PictureSet` of those to validate.
        class_names: names of the scene classes.
    """

    def __init__(self, options, config=training.TrainingConfig):
        self.options, self.folder = options, pathlib.Path(options.run)
        self.strategy = training.make_strategy(options.strategy)
        self.precision = resolve_precision(options.precision)
        keras.config.set_dtype_policy(self.precision)
        settings = {}
        for field in dataclasses.fields(config):
            value = getattr(options, field.name)
            settings[field.name] = value if isinstance(field.type, type) else value or None
        self.config = config(**settings)
        if options.plateau is not None and (schedule := options.schedule) != "constant":
            raise ValueError(f"Expected --schedule=constant with --plateau, received {schedule}.")
        if options.export:
            # What is missing is better said now than after the training.
            import_prediction_log()
        keras.utils.set_random_seed(self.config.seed)
        self.data, self.validation = self._load_pictures()
        self.class_names = self.data.sources[0].class_names

    def class_count(self, weight):
        """Number of scene classes; None where there is no choice, or no weight on their loss."""
        return len(self.class_names) if len(self.class_names) > 1 and weight else None

    def bin_weights(self):
        """Loss weights of the 313 bins by --uniform_share and --prior; None without rebalancing."""
        options = self.options
        if options.uniform_share == 1:
            if options.prior:
                raise ValueError("Expected --uniform_share below 1 with --prior, received 1.")
            return None
        prior = data.read_prior(options.prior) if options.prior else data.ab_prior(self.data)
        return rebalancing_weights(prior, options.uniform_share).tolist()

    def compile(self, model, losses, loss_weights=None, metrics=None):
        """Compiles a network, which begins with --init; all else are dicts by output.

        Outputs that the network does not have are passed over; a weight is 1 where none is named.
        """
        names = [name for name in model.output if name in losses]
        losses = {name: losses[name] for name in names}
        loss_weights = {name: (loss_weights or {}).get(name, 1.0) for name in names}
        metrics = {name: metrics[name] for name in names if name in (metrics or {})}
        with self.strategy.scope():
            self.begin(model)
            model.compile(training.make_optimizer(self.config), losses, loss_weights, metrics)

    def begin(self, model):
        """Takes the weights of the preset --init, if one is given."""
        if not self.options.init:
            return
        source = {variable.path: variable for variable in load_preset(self.options.init)[0].weights}
        for variable in model.weights:
            value = source.get(variable.path)
            if value is not None and value.shape == variable.shape:
                variable.assign(value)
            elif not variable.path.startswith(CLASS_OUTPUT):
                raise ValueError(
                    f"Expected --init of the same network, {self.options.init} has no "
                    f"{variable.path} of shape {tuple(variable.shape)}."
                )

    def train(self, network, model, arguments, targets, trained=None, callbacks=(), **fields):
        """Trains, or says what would be trained, and saves the weights as a preset.

        Args:
            network: name of the factory, for the preset.
            model: the network, compiled.
            arguments: dict, the arguments of its factory.
            targets: `Targets`; outputs that the network does not have are passed over.
            trained: the compiled model that trains the network; None for the network itself.
            callbacks: Keras callbacks of this trainer, on every worker.
            **fields: further fields of the preset's config.
        """
        options, folder = self.options, self.folder
        worker, _ = training.worker_of(self.strategy)
        if trained is None:
            trained = model
            outputs = {k: x for k, x in targets.outputs.items() if k in model.output}
            targets = dataclasses.replace(targets, outputs=outputs)
        if options.sync_batch_norm and self.strategy.num_replicas_in_sync > 1:
            training.synchronize(trained)
        counts = len(self.data), len(self.validation)
        logging.info("%d training and %d validation pictures", *counts)
        logging.info("%s: %d weights, %s", network, model.count_params(), self.precision)
        if options.dry_run:
            description = {"arguments": arguments, "classes": self.class_names}
            logging.info("network: %s", json.dumps(description))
            logging.info("settings, as --config takes them: %s", settings_json(options))
            return
        # The color output, or that of a classifier where there is none.
        output = min(model.output, key=lambda name: name == CLASS_OUTPUT)
        callbacks = [*callbacks, *self._callbacks(worker)]
        if worker == 0 and output != CLASS_OUTPUT:
            callbacks.append(self._samples(model, output))
        class_names = self.class_names if CLASS_OUTPUT in model.output else ()
        fields = {"network": network, "arguments": arguments, "output": output, **fields}
        fields = {"class_names": class_names, **fields}
        # Its weights would not fit another network, or fit and mean something else.
        described = {"network": network, "size": options.size, **arguments}
        training.bind_settings(folder / "network.json", described)
        if options.preset_of is not None:
            with self.strategy.scope():
                training.RunCheckpoint(trained, folder, worker=worker).restore(options.preset_of)
                first = getattr(trained, "parts", (trained,))[0]
                # Averaged weights, where there are some.
                first.optimizer.finalize_variable_values(first.trainable_variables)
            self._save(model, folder / f"preset_{options.preset_of}", **fields)
            return
        shape = options.size, self.config.batch_size
        batches = data.validation_batches(self.validation, *shape, targets)
        loop = training.TrainingLoop(trained, self.config, folder, self.strategy, callbacks)
        signal.signal(signal.SIGTERM, lambda *_: setattr(loop, "stop_requested", True))
        loop.fit(self.data, targets, batches, options.resume_from)
        if loop.stopped:
            logging.info("stopped on request; the same command goes on from here")
            sys.exit()
        if worker == 0:
            self._save(model, folder / "preset", **fields)
            if options.export:
                self._export()

    def _save(self, model, folder, **fields):
        size = self.options.size
        config = PresetConfig(
            **fields,
            description=f"trained on {', '.join(self.options.data)}",
            # A whole photograph holds more than a crop, so it is seen larger than the views.
            working_size=2 * size if size < 224 else size,
        )
        # A run that was extended replaces what its shorter form left.
        save_preset(model, folder, config, overwrite=True)
        logging.info("preset: %s", folder)

    def _export(self):
        colorizer = Colorizer.from_preset(self.folder / "preset", precision="float32")
        name = self.folder.resolve().name
        served = export_saved_model(colorizer, self.folder / "served", name=name)
        logging.info("SavedModel: %s", served)

    def _callbacks(self, worker):
        """Keras callbacks that every trainer offers; those that write files are the chief's."""
        options, folder, callbacks, kinds = self.options, self.folder, [], keras.callbacks
        if worker == 0:
            folder.mkdir(parents=True, exist_ok=True)
            callbacks.append(kinds.CSVLogger(str(folder / "history.csv"), append=True))
            if options.tensorboard:
                callbacks.append(kinds.TensorBoard(str(folder / "tensorboard")))
            if options.best or options.early_stop is not None:
                callbacks.append(training.BestWeights(folder))
        if options.plateau is not None:
            callbacks.append(training.PlateauCut("val_loss", factor=0.5, patience=options.plateau))
        if options.early_stop is not None:
            callbacks.append(kinds.EarlyStopping("val_loss", patience=options.early_stop))
        return callbacks

    def _samples(self, model, output):
        """Sheets of eight validation pictures; the chief's alone, so nothing waits in it."""

        def colorize(lightness):
            prediction = model(lightness, training=False)[output]
            return compose(lightness, predicted_ab(prediction, output, lightness))

        size = self.options.size
        views = data.validation_batches(self.validation, size, 8, lambda *batch: batch)
        rgb, _ = next(iter(views))
        events = self.folder / "tensorboard" if self.options.tensorboard else None
        shown = rgb_to_lightness(rgb), rgb, colorize
        return ColorizedSamples(*shown, self.folder / "samples", events)

    def _load_pictures(self):
        """Lists, scans and splits the pictures of --data."""
        options = self.options
        paths, weights = options.data, None
        if any("=" in entry for entry in options.data):
            try:
                paths, _, weights = zip(*(entry.rpartition("=") for entry in paths), strict=True)
                weights = tuple(map(float, weights))
            except ValueError as error:
                raise ValueError(
                    f"Expected every --data as PATH=WEIGHT, or every as PATH, received {paths}."
                ) from error
        first = data.list_pictures(paths[0])
        sets = [first, *(data.list_pictures(path, first.class_names) for path in paths[1:])]
        sets = [self._usable(pictures) for pictures in sets]
        if options.validation:
            found = data.list_pictures(options.validation, first.class_names)
            validation = self._usable(found)
        else:
            sets[0], validation = data.split_pictures(sets[0], options.validation_share)
        if not len(validation) or not len(sets[0]):
            raise ValueError(
                "Expected pictures both to train on and to validate, received "
                f"{len(sets[0])} and {len(validation)}; see --validation and --validation_share."
            )
        names = ("size", "min_scale", "seed", "aged_share", "view", "flip")
        views = {name: getattr(options, name) for name in names}
        # Every n-th picture, so that all classes of a sorted list are represented.
        step = max(1, -(-len(validation) // options.validation_limit))
        validation = validation.keep([i % step == 0 for i in range(len(validation))])
        return data.TrainingData(tuple(sets), weights, **views), validation

    def _usable(self, pictures):
        cache = self.options.scan_cache or self.folder / "scan.json"
        near_grey = not self.options.keep_near_grey
        kept, report = data.scan_pictures(pictures, cache, drop_near_grey=near_grey)
        logging.info("%s: %s", pictures.root, report)
        return kept


class ColorizedSamples(keras.callbacks.Callback):
    """Colorizes the same pictures after every epoch: PNG sheets, and images in TensorBoard.

    A sheet has a row each of the pictures in grey, colorized, and in their true colors.

    Args:
        lightness: float array (N, H, W, 1), L* in 0..100.
        rgb: float array (N, H, W, 3) in [0, 1], the true colors.
        colorize: callable (lightness) to rgb in [0, 1], shape of `rgb`.
        folder: where `epoch_0001.png` and so on are written.
        tensorboard: folder for TensorBoard events, or None; `ImportError` if it is not installed.
    """

    def __init__(self, lightness, rgb, colorize, folder, tensorboard=None):
        super().__init__()
        self.lightness, self.rgb = np.asarray(lightness), np.asarray(rgb)
        self.colorize, self.folder = colorize, pathlib.Path(folder)
        # Without the package TensorFlow fails at the first picture, which comes an epoch later.
        if tensorboard and importlib.util.find_spec("tensorboard") is None:
            hint = "pip install 'keras-colorize[train]'"
            raise ImportError(f"Expected the package tensorboard, found none: {hint}.")
        self._writer = tf.summary.create_file_writer(str(tensorboard)) if tensorboard else None

    def on_epoch_end(self, epoch, logs=None):
        colorized = np.asarray(self.colorize(self.lightness))
        grey = np.repeat(self.lightness / 100.0, 3, axis=-1)
        rows = [np.concatenate(list(row), axis=1) for row in (grey, colorized, self.rgb)]
        sheet = np.rint(np.clip(np.concatenate(rows), 0, 1) * 255).astype("uint8")
        path = self.folder / f"epoch_{epoch + 1:04d}.png"
        write_file(path, tf.io.encode_png(sheet).numpy(), overwrite=True)
        if self._writer:
            with self._writer.as_default(step=epoch):
                tf.summary.image("grey_colorized_true", sheet[None])
