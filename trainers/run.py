"""What the trainers share: flags, data and the run itself."""

import dataclasses
import pathlib

import keras
import numpy as np
from absl import flags, logging

from keras_colorize.color import rgb_to_lightness
from keras_colorize.data import (
    TrainingData,
    list_pictures,
    scan_pictures,
    split_pictures,
    validation_batches,
)
from keras_colorize.inference import compose, predicted_ab
from keras_colorize.presets import Contract, save_preset
from keras_colorize.training import (
    ColorizedSamples,
    TrainingConfig,
    TrainingLoop,
    make_optimizer,
    make_strategy,
    set_precision,
    standard_callbacks,
    worker_of,
)

FLAGS = flags.FLAGS

_DATA_FLAGS = (
    (flags.DEFINE_multi_string, "data", None, "Folder of pictures, PATH or PATH=WEIGHT; repeat "
     "it to mix folders. The first one's subfolders are the scene classes."),
    (flags.DEFINE_string, "validation", None, "Folder of validation pictures; without it "
     "--validation_share of the first --data folder is held out."),
    (flags.DEFINE_float, "validation_share", 0.02, "Share of pictures held out."),
    (flags.DEFINE_integer, "validation_limit", 400, "Most validation pictures used."),
    (flags.DEFINE_integer, "size", 128, "Side of the training views in pixels."),
    (flags.DEFINE_float, "min_scale", 0.5, "Smallest crop, as a share of the short side."),
    (flags.DEFINE_bool, "keep_near_grey", False, "Train on near-grey pictures too."),
    (flags.DEFINE_string, "scan_cache", None, "File that remembers which pictures are usable; "
     "the default is in the run folder."),
)  # fmt: skip
_RUN_FLAGS = (
    (flags.DEFINE_string, "run", None, "Folder of the run; a begun run there is resumed."),
    (flags.DEFINE_string, "strategy", "default", "default, mirrored or multi_worker."),
    (flags.DEFINE_string, "precision", "auto", "auto, float32 or bfloat16."),
    (flags.DEFINE_integer, "plateau", None, "Epochs without progress before the rate is halved."),
    (flags.DEFINE_integer, "early_stop", None, "Epochs without progress before the run ends."),
    (flags.DEFINE_bool, "tensorboard", False, "Write TensorBoard events (extra `train`)."),
)  # fmt: skip
_KINDS = {int: flags.DEFINE_integer, float: flags.DEFINE_float, str: flags.DEFINE_string}


def define_flags(**defaults):
    """Defines the flags of a run.

    Args:
        **defaults: defaults of flags that suit the network.
    """
    for define, name, default, text in (*_DATA_FLAGS, *_RUN_FLAGS):
        define(name, defaults.get(name, default), text)
    for field in dataclasses.fields(TrainingConfig):
        kind = field.type if isinstance(field.type, type) else float
        default = defaults.get(field.name, field.default)
        _KINDS[kind](field.name, default, f"TrainingConfig.{field.name}.")
    flags.mark_flags_as_required(["data", "run"])


def load_data():
    """Lists, scans and splits the pictures of --data.

    Returns:
        `(training, validation)`: a `TrainingData` and a `PictureSet`.
    """
    folders = [entry.partition("=") for entry in FLAGS.data]
    first = list_pictures(folders[0][0])
    sets = [first, *(list_pictures(path, first.class_names) for path, _, _ in folders[1:])]
    sets = [_usable(pictures) for pictures in sets]
    if FLAGS.validation:
        validation = _usable(list_pictures(FLAGS.validation, first.class_names))
    else:
        sets[0], validation = split_pictures(sets[0], FLAGS.validation_share)
    weights = None
    if any(weight for _, _, weight in folders):
        weights = tuple(float(weight) for _, _, weight in folders)
    data = TrainingData(tuple(sets), weights, FLAGS.size, FLAGS.min_scale, FLAGS.seed)
    return data, _spread(validation, FLAGS.validation_limit)


def train(network, make_model, targets, losses, loss_weights, metrics):
    """Runs the training that the flags describe, and saves the weights and a preset.

    The dicts may name outputs that the network does not have; these are passed over.

    Args:
        network: name of the factory, for the preset.
        make_model: callable (class names) to `(network, arguments of its factory)`.
        targets: `Targets` of all outputs.
        losses: loss by output.
        loss_weights: weight of the loss by output.
        metrics: metric by output.
    """
    strategy = make_strategy(FLAGS.strategy)
    logging.info("precision: %s", set_precision(FLAGS.precision))
    names = [field.name for field in dataclasses.fields(TrainingConfig)]
    config = TrainingConfig(**{name: FLAGS[name].value for name in names})
    keras.utils.set_random_seed(config.seed)
    data, validation = load_data()
    logging.info("%d training and %d validation pictures", len(data), len(validation))
    class_names = data.sources[0].class_names
    with strategy.scope():
        model, arguments = make_model(class_names)
        model.compile(
            make_optimizer(config),
            loss=_of_model(model, losses),
            loss_weights=_of_model(model, loss_weights),
            metrics=_of_model(model, metrics),
        )
    targets = dataclasses.replace(targets, outputs=_of_model(model, targets.outputs))
    batches = validation_batches(validation, FLAGS.size, config.batch_size, targets)
    callbacks = (_samples(validation), *_callbacks())
    TrainingLoop(model, config, FLAGS.run, strategy, callbacks).fit(data, targets, batches)
    if worker_of(strategy)[0] == 0:
        known = class_names if "class_logits" in model.output else ()
        _save(model, network, arguments, known)


def color_output(model):
    """Name of the output that says the colors."""
    return next(name for name in model.output if name != "class_logits")


def _of_model(model, by_output):
    return {name: by_output[name] for name in model.output if name in by_output}


def _save(model, network, arguments, class_names):
    contract = Contract(
        network=network,
        arguments=arguments,
        output=color_output(model),
        class_names=class_names,
        description=f"trained on {', '.join(FLAGS.data)}",
        working_size=2 * FLAGS.size if FLAGS.size < 224 else FLAGS.size,
    )
    folder = pathlib.Path(FLAGS.run) / "preset"
    # A run that was extended replaces what its shorter form left.
    save_preset(model, folder, contract, overwrite=True)
    logging.info("preset: %s", folder)


def _colorize(model, lightness):
    name = color_output(model)
    prediction = model.predict_on_batch(lightness)[name]
    return compose(lightness, predicted_ab(prediction, name, lightness))


def _callbacks():
    return standard_callbacks(FLAGS.run, FLAGS.plateau, FLAGS.early_stop, FLAGS.tensorboard)


def _samples(validation):
    views = validation_batches(validation, FLAGS.size, 8, lambda rgb, labels: (rgb, labels))
    rgb, _ = next(iter(views))
    run = pathlib.Path(FLAGS.run)
    events = run / "tensorboard" if FLAGS.tensorboard else None
    lightness = np.asarray(rgb_to_lightness(rgb))
    return ColorizedSamples(lightness, rgb, _colorize, run / "samples", events)


def _usable(pictures):
    cache = FLAGS.scan_cache or pathlib.Path(FLAGS.run) / "scan.json"
    kept, report = scan_pictures(pictures, cache, drop_near_grey=not FLAGS.keep_near_grey)
    logging.info("%s: %s", pictures.root, report)
    return kept


def _spread(pictures, limit):
    # Every n-th picture, so that all classes of a sorted list are represented.
    step = max(1, -(-len(pictures) // limit))
    return pictures.keep([i % step == 0 for i in range(len(pictures))])
