"""The flags of a run, on the command line or in a file."""

import dataclasses
import json
import pathlib
import sys

from absl import flags

from keras_colorize.training import TrainingConfig

FLAGS = flags.FLAGS

_FLAGS = (
    (flags.DEFINE_multi_string, "data", None, "Pictures: PATH of a folder or tfds:NAME[/SPLIT], or "
     "either with =WEIGHT; repeat it to mix them. The first one's subfolders are the scene "
     "classes."),
    (flags.DEFINE_string, "validation", None, "Validation pictures, as --data; without it "
     "--validation_share of the first --data folder is held out."),
    (flags.DEFINE_float, "validation_share", 0.02, "Share of pictures held out."),
    (flags.DEFINE_integer, "validation_limit", 400, "Most validation pictures used."),
    (flags.DEFINE_integer, "size", 128, "Side of the training views in pixels."),
    (flags.DEFINE_float, "min_scale", 0.5, "Smallest crop, as a share of the short side."),
    (flags.DEFINE_float, "aged_share", 0.0, "Share of the training views that the network sees as "
     "old photographs: grain, blur, fading, scratches, film that is blind to red."),
    (flags.DEFINE_bool, "keep_near_grey", False, "Train on near-grey pictures too."),
    (flags.DEFINE_string, "scan_cache", None, "File that remembers which pictures are usable; "
     "the default is in the run folder."),
    (flags.DEFINE_string, "run", None, "Folder of the run; a begun run there is resumed."),
    (flags.DEFINE_string, "init", None, "Preset, name or folder, whose weights to begin with; only "
     "its class branch may be of another size."),
    (flags.DEFINE_integer, "resume_from", None, "Checkpoint of the run, by its step, to go on from "
     "in place of the newest."),
    (flags.DEFINE_string, "config", None, "JSON file of settings, as --dry_run prints them; flags "
     "on the command line come first."),
    (flags.DEFINE_bool, "dry_run", False, "Show the settings, the pictures, the network's size and "
     "the memory that a step needs, and end."),
    (flags.DEFINE_string, "strategy", "default", "default, mirrored or multi_worker."),
    (flags.DEFINE_bool, "sync_batch_norm", True, "With several replicas, batch normalization sees "
     "their batches together, as on one device; without, each its own part."),
    (flags.DEFINE_string, "precision", "auto", "auto, float32 or bfloat16."),
    (flags.DEFINE_integer, "plateau", None, "Epochs without progress before the rate is halved; "
     "needs --schedule=constant."),
    (flags.DEFINE_integer, "early_stop", None, "Epochs without progress before the run ends."),
    (flags.DEFINE_bool, "tensorboard", False, "Write TensorBoard events (extra `train`)."),
    (flags.DEFINE_bool, "export", False, "At the end write a SavedModel for TensorFlow Serving, "
     "too (extra `serving`)."),
)  # fmt: skip
_KINDS = {int: flags.DEFINE_integer, float: flags.DEFINE_float, str: flags.DEFINE_string}


def define_flags(config=TrainingConfig, **defaults):
    """Defines the flags of a run.

    Args:
        config: `TrainingConfig`, or the class of settings that takes its place.
        **defaults: defaults of flags that suit the network.
    """
    for define, name, default, text in _FLAGS:
        define(name, defaults.get(name, default), text)
    for field in dataclasses.fields(config):
        optional = not isinstance(field.type, type)
        define = flags.DEFINE_float if optional else _KINDS[field.type]
        text = f"{config.__name__}.{field.name}{'; 0 for none' * optional}."
        define(field.name, defaults.get(field.name, field.default), text)


def read_settings():
    """Takes the settings of --config for all flags that the command line leaves out.

    Raises:
        ValueError: if the file is no such file, or --data or --run are in neither.
    """
    for name, value in _file_settings(FLAGS.config).items():
        if not FLAGS[name].present:
            FLAGS[name].value = _parsed(FLAGS[name], value)
    missing = [f"--{name}" for name in ("data", "run") if not FLAGS[name].value]
    if missing:
        raise ValueError(f"Expected --data and --run, received no {' and no '.join(missing)}.")


def settings():
    """All settings of the run as --config takes them, a dict."""
    return {name: FLAGS[name].value for name in _names()}


def _file_settings(path):
    if path is None:
        return {}
    try:
        found = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"Expected a JSON file as --config, received {path}: {error}") from error
    unknown = sorted(set(found) - set(_names())) if isinstance(found, dict) else [found]
    if unknown:
        raise ValueError(f"Expected settings of this trainer in {path}, received {unknown}.")
    return found


def _parsed(flag, value):
    if value is None:
        return None
    try:
        if flag.flag_type().startswith("multi"):
            return [flag.parser.parse(one) for one in value]
        return flag.parser.parse(value)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"Expected a {flag.flag_type()} for {flag.name} in --config, received {value!r}."
        ) from error


def _names():
    modules = FLAGS.flags_by_module_dict()
    own = [flag.name for module in (__name__, sys.argv[0]) for flag in modules.get(module, ())]
    return sorted(set(own) - {"config", "dry_run"})
