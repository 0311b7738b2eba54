"""What the trainers share: flags, data and the run itself."""

import dataclasses
import json
import os
import pathlib
import signal
import sys

import keras
import numpy as np
from absl import app, flags, logging

from keras_colorize.color import rgb_to_lightness
from keras_colorize.data import validation_batches
from keras_colorize.export import export_saved_model
from keras_colorize.export.saved_model import import_prediction_log
from keras_colorize.inference import Colorizer, predicted_ab
from keras_colorize.inference.compose import compose
from keras_colorize.presets import PresetConfig, PresetError, load_preset, save_preset
from keras_colorize.training import (
    ColorizedSamples,
    DivergedError,
    TrainingConfig,
    TrainingLoop,
    WorkerLostError,
    bind_settings,
    make_optimizer,
    make_strategy,
    memory_estimate,
    set_precision,
    standard_callbacks,
    synchronize,
    worker_of,
)
from pictures import load_data
from settings import read_settings, settings

FLAGS = flags.FLAGS

CLASS_OUTPUT = "class_logits"


def start(main):
    """Runs a trainer's `main()`; a setting that cannot be is told in one line, not a traceback.

    With `--verbosity=1` the traceback is shown.
    """

    def guarded(arguments):
        if len(arguments) > 1:
            sys.exit(f"Expected flags only, received {' '.join(arguments[1:])}.")
        try:
            read_settings()
            main()
        except (ValueError, ImportError, DivergedError, PresetError) as error:
            logging.debug("Where it happened:", exc_info=True)
            sys.exit(f"{pathlib.Path(arguments[0]).name}: {error}")
        except WorkerLostError as error:
            logging.error("%s", error)
            logging.flush()
            # On a regular way out TensorFlow waits for the lost worker, up to two minutes.
            os._exit(1)

    logging.set_verbosity(logging.INFO)
    app.run(guarded)


def class_count(class_names):
    """Number of classes to tell apart, or None where there is no choice."""
    return len(class_names) if len(class_names) > 1 and FLAGS.class_loss_weight else None


def train(
    network, make_model, targets, make_objectives, wrap=None, callbacks=(), kind=TrainingConfig
):
    """Runs the training that the flags describe, and saves the weights as a preset.

    Targets and objectives may name outputs that the network does not have; these are passed
    over. Nothing that holds variables may be made before: a strategy over several machines must
    come first.

    Args:
        network: name of the factory, for the preset.
        make_model: callable (class names) to `(network, arguments of its factory)`.
        targets: `Targets` of all outputs.
        make_objectives: callable (`TrainingData`) to three dicts by output, loss, its weight and
            metric, and a dict of further fields of the preset's preset_config.
        wrap: for networks that a model with a loss of its own trains, such as `AdversarialModel`:
            callable (network, config) to that model, compiled; then losses and metrics are not
            used.
        callbacks: Keras callbacks of this trainer, on every worker.
        kind: class of the config.
    """
    strategy = make_strategy(FLAGS.strategy)
    precision = set_precision(FLAGS.precision)
    config = _config(kind)
    if FLAGS.export:
        # What is missing is better said now than after the training.
        import_prediction_log()
    keras.utils.set_random_seed(config.seed)
    data, validation = load_data()
    class_names = data.sources[0].class_names
    with strategy.scope():
        model, arguments = make_model(class_names)
        if FLAGS.init:
            _begin_from(model, FLAGS.init)
        *objectives, fields = make_objectives(data)
        if wrap:
            trained = wrap(model, config)
        else:
            trained = model
            losses, loss_weights, metrics = (_of_model(model, by) for by in objectives)
            model.compile(make_optimizer(config), losses, loss_weights, metrics)
    if FLAGS.sync_batch_norm and strategy.num_replicas_in_sync > 1:
        synchronize(trained)
    logging.info("%d training and %d validation pictures", len(data), len(validation))
    logging.info("%s: %d weights, %s", network, model.count_params(), precision)
    if FLAGS.dry_run:
        _describe(trained, config, arguments, class_names)
        return
    if not wrap:
        targets = dataclasses.replace(targets, outputs=_of_model(model, targets.outputs))
    samples = _samples(model, validation, strategy)
    # Its weights would not fit another network, or fit and mean something else.
    made = {"network": network, "size": FLAGS.size, **arguments}
    bind_settings(pathlib.Path(FLAGS.run) / "network.json", made)
    _fit(trained, config, strategy, data, targets, validation, [*callbacks, *samples])
    if worker_of(strategy)[0] == 0:
        known = class_names if CLASS_OUTPUT in model.output else ()
        fields = {"class_names": known, **fields}
        _save(model, network=network, arguments=arguments, **fields)


def _describe(model, config, arguments, class_names):
    logging.info("network: %s", json.dumps({"arguments": arguments, "classes": class_names}))
    parts = memory_estimate(model, config, FLAGS.size)
    text = ", ".join(f"{name} {size / 2**20:.1f}" for name, size in parts.items())
    logging.info("memory of a step in MiB: %s, together %.1f", text, sum(parts.values()) / 2**20)
    logging.info("settings, as --config takes them: %s", json.dumps(settings(), indent=2))


def _begin_from(model, preset):
    source = {variable.path: variable for variable in load_preset(preset)[0].weights}
    for variable in model.weights:
        begin = source.get(variable.path)
        if begin is not None and begin.shape == variable.shape:
            variable.assign(begin)
        elif not variable.path.startswith("class_logits"):
            raise ValueError(
                f"Expected --init of the same network, {preset} has no {variable.path} of shape "
                f"{tuple(variable.shape)}."
            )


def _fit(model, config, strategy, data, targets, validation, own):
    batches = validation_batches(validation, FLAGS.size, config.batch_size, targets)
    worker, _ = worker_of(strategy)
    options = FLAGS.plateau, FLAGS.early_stop, FLAGS.tensorboard
    callbacks = standard_callbacks(FLAGS.run, *options, worker=worker)
    loop = TrainingLoop(model, config, FLAGS.run, strategy, [*own, *callbacks])

    def ask(*_):
        loop.stop_requested = True

    signal.signal(signal.SIGTERM, ask)
    loop.fit(data, targets, batches, FLAGS.resume_from)
    if loop.stopped:
        logging.info("stopped on request; the same command goes on from here")
        sys.exit()


def _config(kind):
    fields = dataclasses.fields(kind)
    values = {field.name: FLAGS[field.name].value for field in fields}
    for field in fields:
        if not isinstance(field.type, type):
            values[field.name] = values[field.name] or None
    if FLAGS.plateau is not None and FLAGS.schedule != "constant":
        raise ValueError(f"Expected --schedule=constant with --plateau, received {FLAGS.schedule}.")
    return kind(**values)


def _of_model(model, by_output):
    return {name: by_output[name] for name in model.output if name in by_output}


def _save(model, **fields):
    preset_config = PresetConfig(
        **fields,
        output=_output(model),
        description=f"trained on {', '.join(FLAGS.data)}",
        # A whole photograph holds more than a crop, so it is seen larger than the views.
        working_size=2 * FLAGS.size if FLAGS.size < 224 else FLAGS.size,
    )
    folder = pathlib.Path(FLAGS.run) / "preset"
    # A run that was extended replaces what its shorter form left.
    save_preset(model, folder, preset_config, overwrite=True)
    logging.info("preset: %s", folder)
    if FLAGS.export:
        colorizer = Colorizer.from_preset(folder, precision="float32")
        run = folder.parent
        served = export_saved_model(colorizer, run / "served", name=run.resolve().name)
        logging.info("SavedModel: %s", served)


def _output(model):
    """The color output, or that of a classifier where there is none."""
    return min(model.output, key=lambda name: name == CLASS_OUTPUT)


def _samples(model, validation, strategy):
    """Only the chief colorizes samples: nothing in it may wait for the other workers."""
    name = _output(model)
    if worker_of(strategy)[0] or name == CLASS_OUTPUT:
        return []

    def colorize(_, lightness):
        prediction = model(lightness, training=False)[name]
        return compose(lightness, predicted_ab(prediction, name, lightness))

    views = validation_batches(validation, FLAGS.size, 8, lambda rgb, labels: (rgb, labels))
    rgb, _ = next(iter(views))
    run = pathlib.Path(FLAGS.run)
    events = run / "tensorboard" if FLAGS.tensorboard else None
    lightness = np.asarray(rgb_to_lightness(rgb))
    return [ColorizedSamples(lightness, rgb, colorize, run / "samples", events)]
