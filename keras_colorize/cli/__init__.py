"""The command `keras-colorize`; the only place that prints."""

import argparse
import contextlib
import functools
import importlib
import logging
import os
import sys

from keras_colorize import __version__
from keras_colorize.errors import InputError, extra_import
from . import apps, colorize, evaluate, export, presets, prior, progress, video
from .common import EXIT_USAGE, check_options

COMMANDS = {
    "colorize": colorize,
    "demo": colorize,
    "classify": colorize,
    "bulk": apps,
    "video": video,
    "evaluate": evaluate,
    "presets": presets,
    "import": presets,
    "export": export,
    "study": apps,
    "prior": prior,
    "web": apps,
}
"""Modules that add each command to the parser; they import Keras in functions alone."""


class _Help(argparse.HelpFormatter):
    """Says each default that the help of an option does not say itself."""

    def _get_help_string(self, action):
        unset = action.default in (None, False, "", argparse.SUPPRESS) or action.default == []
        if unset or not action.option_strings or "default" in action.help:
            return action.help
        return f"{action.help} (default: %(default)s)"


def main(arguments=None):
    """Runs the command; returns 0 if all went well, 1 if a photograph failed, 2 for wrong usage."""
    words = sys.argv[1:] if arguments is None else list(arguments)
    words, flags = apps.split_flags(words)
    parser = argparse.ArgumentParser(prog="keras-colorize", description="Colorize photographs.")
    parser.add_argument("--version", action="version", version=f"keras-colorize {__version__}")
    # A command sets its own `run`, and `check` for what can be known without Keras.
    parser.set_defaults(check=lambda _: None, needs_keras=True, beam_flags=flags)
    kind = functools.partial(argparse.ArgumentParser, formatter_class=_Help)
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=kind)
    named = [COMMANDS[word] for word in words[:1] if word in COMMANDS]
    for module in named or dict.fromkeys(COMMANDS.values()):
        module.add(commands)
    for name in {"colorize", "bulk", "video"} & set(commands.choices):
        said = commands.choices[name].add_mutually_exclusive_group().add_argument
        said("-q", "--quiet", action="store_true", help="say what failed and nothing else")
        if name == "colorize":
            more = "say of each photograph where it went, how long it took, and by which options"
            said("-v", "--verbose", action="store_true", help=more)
    # With the extra `completion`: eval "$(register-python-argcomplete keras-colorize)".
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    options = parser.parse_args(words)
    try:
        progress.QUIET = getattr(options, "quiet", False)
        check_options(options)
        options.check(options)
        if options.needs_keras:
            _import_keras(getattr(options, "runtime", "keras"))
        if getattr(options, "preset", None) in presets.PUBLISHED:
            presets.fetch(options.preset)
        with open(os.devnull, "w") as nowhere:
            # Where the command says what became of it, and nothing else.
            stdout = nowhere if progress.QUIET else sys.stdout
            with contextlib.redirect_stdout(stdout):
                return options.run(options)
    except InputError as error:
        print(f"keras-colorize: {error}", file=sys.stderr)
        return EXIT_USAGE
    except KeyboardInterrupt:
        print("keras-colorize: interrupted; finished pictures are whole", file=sys.stderr)
        return 130


def _import_keras(runtime):
    """Imports Keras and silences TensorFlow, unless the user set TF_CPP_MIN_LOG_LEVEL lower."""
    if runtime == "openvino":
        # Keras is left the arithmetic of colors, and TensorFlow is not imported. With NumPy it
        # takes some functions from JAX.
        with extra_import("openvino"):
            for name in ("openvino", "jax"):
                importlib.import_module(name)
        os.environ.setdefault("KERAS_BACKEND", "numpy")
    silent = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3") == "3"
    # TensorFlow advises against inputs of many sizes, which photographs have.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    if "keras" in sys.modules:
        return
    if sys.stderr.isatty() and not progress.QUIET:
        print("starting ...", end="\r", file=sys.stderr, flush=True)
    # TensorFlow's first lines are written before it reads the level.
    stderr = os.dup(2)
    try:
        if silent:
            with open(os.devnull, "wb") as nowhere:
                os.dup2(nowhere.fileno(), 2)
        importlib.import_module("keras")
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)
