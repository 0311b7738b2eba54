"""The command `keras-colorize`; the only place that prints."""

import argparse
import contextlib
import logging
import os
import sys

# Nothing of the library is imported up here, because `--help` must not wait for TensorFlow.
from . import bulk, colorize, evaluate, export, presets, prior, study, video, web
from .options import EXIT_USAGE

COMMANDS = (colorize, bulk, video, evaluate, presets, export, study, prior, web)
"""Modules that each add their commands to the parser."""


def main(arguments=None):
    """Runs the command.

    Args:
        arguments: list of words; None takes those of the process.

    Returns:
        Exit code: 0 if all went well, 1 if a photograph failed, 2 for wrong usage.
    """
    words, flags = bulk.split_flags(sys.argv[1:] if arguments is None else list(arguments))
    options = _parser().parse_args(words, argparse.Namespace(beam_flags=flags))
    with _quiet_start():
        from keras_colorize.io import PhotographError
        from keras_colorize.presets import PresetError
    # TensorFlow advises against inputs of many sizes, which photographs have.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)

    try:
        return options.run(options)
    except (PhotographError, PresetError, ValueError) as error:
        print(f"keras-colorize: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("keras-colorize: interrupted; finished pictures are whole", file=sys.stderr)
        return 130


@contextlib.contextmanager
def _quiet_start():
    """Silences TensorFlow; whoever sets TF_CPP_MIN_LOG_LEVEL hears all that it has to say."""
    if "TF_CPP_MIN_LOG_LEVEL" in os.environ or "keras" in sys.modules:
        yield
        return
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    # Its first lines do not heed that: they are written before its log is set up.
    stderr = os.dup(2)
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def _parser():
    parser = argparse.ArgumentParser(prog="keras-colorize", description="Colorize photographs.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for module in COMMANDS:
        module.add(commands)
    return parser
