"""The command `bulk`: folders of any size, on one machine or many, by Apache Beam."""

import sys
from pathlib import Path

from keras_colorize.errors import expect
from .common import EXIT_FAILED, NO_MARK

SHOWN = 20
"""Most failures that are printed; all of them stand in a file."""


def split_flags(words):
    """Splits a command line of `bulk` into `(words, flags)`: what follows `--` is for Beam."""
    end = words.index("--") if words[:1] == ["bulk"] and "--" in words else len(words)
    return words[:end], words[end + 1 :]


def add(commands):
    """Adds the command to the parser."""
    usage = "%(prog)s IN [IN ...] -o DIR [--saved-model DIR | --preset NAME] [-- BEAM FLAGS]"
    help = "colorize on many processes or machines, with Apache Beam"
    command = commands.add_parser("bulk", help=help, usage=usage)
    command.add_argument("inputs", nargs="+", metavar="IN", help="file, folder or glob pattern")
    command.add_argument("-o", "--output", required=True, metavar="DIR", help="folder")
    option = command.add_mutually_exclusive_group().add_argument
    known = "folder <name>/<version> that `export` wrote. It is a program that can read and write "
    known += "files: take it only from people you trust"
    option("--saved-model", metavar="DIR", help=known)
    option("--preset", help="name or folder of one, exported into the output folder")
    command.add_argument("--precision", help="of the preset: float32 (default), bfloat16 or auto")
    command.add_argument("--no-mark", **NO_MARK)
    command.set_defaults(check=_check, run=_bulk)


def _check(options):
    from keras_colorize.io import find_photographs

    free = not (options.saved_model and options.precision)
    expect(free, "no --precision with --saved-model, which has its own")
    # Folders may be large, so they are searched through once, by the run.
    find_photographs(path for path in options.inputs if not Path(path).is_dir())


def _bulk(options):
    from keras_colorize.apps.bulk import colorize_in_bulk

    report = colorize_in_bulk(
        options.inputs,
        options.output,
        options.saved_model,
        preset=options.preset,
        precision=options.precision or "float32",
        mark_colorized=not options.no_mark,
        flags=options.beam_flags,
    )
    for line in report.failures[:SHOWN]:
        print(f"failed: {line['source']}: {line['reason']}", file=sys.stderr)
    if len(report.failures) > SHOWN:
        print(f"failed: {len(report.failures) - SHOWN} more, see failures.jsonl", file=sys.stderr)
    if report.broken:
        print(f"keras-colorize: the run broke off: {report.broken}", file=sys.stderr)
        print("keras-colorize: the same command goes on from there", file=sys.stderr)
    counts = f"{report.done} done, {report.skipped} skipped, {len(report.failures)} failed"
    print(counts + (f", {report.unfinished} unfinished" if report.unfinished else ""))
    return EXIT_FAILED if report.failures or report.unfinished or report.broken else 0
