"""The command line of a script: flags in groups, `--help`, settings from a file, errors in a line.

Only here absl's FLAGS are read. All else gets them as plain options, a namespace.
"""

import dataclasses
import json
import os
import pathlib
import sys
import textwrap
import types

from absl import app, flags, logging

from keras_colorize.io import PhotographError
from keras_colorize.presets import PresetError
from keras_colorize.training import DivergedError, TrainingConfig, WorkerLostError

FLAGS = flags.FLAGS

CONFIGS = pathlib.Path(__file__).with_name("configs")
"""Folder of the published recipes."""

GROUPS = {
    "Pictures": (
        (flags.DEFINE_multi_string, "data", None,
         "PATH of a folder, or PATH=WEIGHT; repeat it to mix them. The first one's subfolders "
         "are the scene classes."),
        (flags.DEFINE_string, "validation", None,
         "As --data; without it --validation_share of the first --data folder is held out."),
        (flags.DEFINE_float, "validation_share", 0.02, "Share of pictures held out."),
        (flags.DEFINE_integer, "validation_limit", 400, "Most validation pictures used."),
        (flags.DEFINE_bool, "keep_near_grey", False,
         "Train on near-grey pictures and toned prints, too."),
        (flags.DEFINE_string, "scan_cache", None,
         "File that remembers which pictures are usable; the default is in the run folder."),
    ),
    "Views": (
        (flags.DEFINE_integer, "size", 128, "Side of the training views in pixels."),
        (flags.DEFINE_string, "view", "crop",
         "crop: a square of the picture; squash: 7/8 of the picture, made square before "
         "(Iizuka 2016); whole: the picture, made square (Hwang & Zhou 2016)."),
        (flags.DEFINE_float, "min_scale", 0.5, "Smallest crop, as a share of the short side."),
        (flags.DEFINE_bool, "flip", True, "Mirror half of the views."),
        (flags.DEFINE_float, "aged_share", 0.0,
         "Share of the views that the network sees as old photographs: grain, blur, fading, "
         "scratches, film that is blind to red."),
    ),
    "Run": (
        (flags.DEFINE_string, "run", None,
         "Folder of the run and its preset; a begun run there is resumed."),
        (flags.DEFINE_string, "init", None,
         "Preset, name or folder, whose weights to begin with; only its class branch may be "
         "of another size."),
        (flags.DEFINE_integer, "resume_from", None,
         "Checkpoint of the run, by its step, to go on from in place of the newest."),
        (flags.DEFINE_string, "config", None,
         "Name of a published recipe in configs/, or a JSON file of settings, as --dry_run "
         "prints them; flags on the command line come first."),
        (flags.DEFINE_bool, "dry_run", False,
         "Show the settings, the pictures and the network's size, and end."),
        (flags.DEFINE_integer, "preset_of", None,
         "Checkpoint of the run, by its step, to make a preset of, preset_STEP, and end."),
        (flags.DEFINE_string, "strategy", "default", "default, mirrored or multi_worker."),
        (flags.DEFINE_bool, "sync_batch_norm", True,
         "With several replicas, batch normalization sees their batches together, as on one "
         "device; without, each its own part."),
        (flags.DEFINE_string, "precision", "auto", "auto, float32 or bfloat16."),
        (flags.DEFINE_integer, "plateau", None,
         "Epochs without progress before the rate is halved; needs --schedule=constant."),
        (flags.DEFINE_integer, "early_stop", None,
         "Epochs without progress before the run ends, with its --best weights."),
        (flags.DEFINE_bool, "best", False,
         "End with the weights of the lowest validation loss, not the last ones."),
        (flags.DEFINE_bool, "tensorboard", False, "Write TensorBoard events (extra train)."),
        (flags.DEFINE_bool, "export", False,
         "At the end write a SavedModel for TensorFlow Serving, too (extra serving)."),
    ),
}  # fmt: skip
"""Flags that all trainers have; beside them are the settings of their config, and their own."""

_DEFINE = {int: flags.DEFINE_integer, float: flags.DEFINE_float, str: flags.DEFINE_string}
_KNOWN = (ValueError, ImportError, OSError, DivergedError, PhotographError, PresetError)


def define_flags(config=TrainingConfig, **defaults):
    """Defines the flags of a run, with a class of settings and defaults that suit the network."""
    for define, name, default, text in (row for rows in GROUPS.values() for row in rows):
        define(name, defaults.get(name, default), text)
    for field in dataclasses.fields(config):
        # What may be None is given as 0 on the command line.
        optional = not isinstance(field.type, type)
        define = flags.DEFINE_float if optional else _DEFINE[field.type]
        text = field.metadata["help"] + " 0 for none." * optional
        define(field.name, defaults.get(field.name, field.default), text)


def start(main, required=("data", "run")):
    """Runs a script's `main(options)`; what cannot be is told in one line, not a traceback.

    With `--verbosity=1` the traceback is shown.
    """

    def run(arguments):
        try:
            if len(arguments) > 1:
                raise ValueError(f"Expected flags only, received {' '.join(arguments[1:])}.")
            main(read_options(required))
        except _KNOWN as error:
            logging.debug("Where it happened:", exc_info=True)
            sys.exit(f"{pathlib.Path(arguments[0]).name}: {error}")
        except WorkerLostError as error:
            logging.error("%s", error)
            logging.flush()
            # On a regular way out TensorFlow waits for the lost worker, up to two minutes.
            os._exit(1)

    if {"--help", "-help", "-h", "-?", "--helpshort"} & set(sys.argv[1:]):
        sys.stdout.write(help_text())
        sys.exit(0)
    logging.set_verbosity(logging.INFO)
    app.run(run)


def read_options(required=()):
    """The options of the script, a value per flag, from the command line or else --config."""
    names = [flag.name for flag in _own_flags()]
    options = types.SimpleNamespace(**{name: FLAGS[name].value for name in names})
    if path := getattr(options, "config", None):
        for name, value in _settings_of(path, names).items():
            if not FLAGS[name].present:
                setattr(options, name, _parsed(FLAGS[name], value))
    missing = [f"--{name}" for name in required if not getattr(options, name)]
    if missing:
        expected = " and ".join(f"--{name}" for name in required)
        raise ValueError(f"Expected {expected}, received no {' and no '.join(missing)}.")
    return options


def settings_json(options):
    """The options as --config takes them: str, a JSON object."""
    left_out = ("config", "dry_run")
    settings = {name: x for name, x in sorted(vars(options).items()) if name not in left_out}
    return json.dumps(settings, indent=2)


def help_text():
    """What `--help` shows: the script's docstring, and all of its flags by group."""
    flags_by_name = {flag.name: flag for flag in _own_flags()}
    own = [flag.name for flag in FLAGS.flags_by_module_dict().get(sys.argv[0], ())]
    groups = {"Of this script": own, **{k: [row[1] for row in x] for k, x in GROUPS.items()}}
    named = {name for names in groups.values() for name in names}
    groups["Optimization"] = [name for name in flags_by_name if name not in named]
    lines = [sys.modules["__main__"].__doc__]
    for title, names in groups.items():
        known = [flags_by_name[name] for name in names if name in flags_by_name]
        lines += [f"{title}:", *map(_described, known), ""] if known else []
    return "\n".join(lines)


def _described(flag):
    default = "" if flag.default is None else f" [{flag.default_as_str.strip(chr(39))}]"
    name = f"--[no]{flag.name}" if flag.boolean else f"--{flag.name}"
    # What absl adds, in a line of its own, to flags that may be repeated is left out.
    text = f"{name}: {flag.help.partition(chr(10))[0].rstrip(chr(59))}{default}"
    return textwrap.fill(text, 96, initial_indent="  ", subsequent_indent="      ")


def _own_flags():
    """Flags of this module and of the script, none of absl's own."""
    by_module = FLAGS.flags_by_module_dict()
    return [flag for module in (sys.argv[0], __name__) for flag in by_module.get(module, ())]


def _settings_of(config, names):
    """The settings of a file, or of a recipe, which names the trainer that it is for."""
    recipes = {path.stem: path for path in CONFIGS.glob("*.json")}
    path, script = recipes.get(config, pathlib.Path(config)), pathlib.Path(sys.argv[0]).stem
    try:
        settings = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        known = ", ".join(sorted(recipes))
        raise ValueError(
            f"Expected {known} or a JSON file as --config, received {config}: {error}"
        ) from error
    own = settings.pop("trainer", script) if isinstance(settings, dict) else script
    if own != script:
        raise ValueError(f"Expected the trainer {own} with --config={config}, received {script}.")
    known = set(names) - {"config", "dry_run"}
    unknown = sorted(set(settings) - known) if isinstance(settings, dict) else [settings]
    if unknown:
        raise ValueError(f"Expected settings of this trainer in {path}, received {unknown}.")
    return settings


def _parsed(flag, value):
    try:
        if value is None or not flag.flag_type().startswith("multi"):
            return value if value is None else flag.parser.parse(value)
        return [flag.parser.parse(item) for item in value]
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected a {flag.flag_type()} for {flag.name} in --config, received {value!r}."
        ) from error
