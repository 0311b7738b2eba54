"""The commands of the programs on top: `bulk`, `study` and `web`."""

import logging
import sys
from pathlib import Path

from keras_colorize.errors import InputError, expect
from keras_colorize.inference.options import given_options
from keras_colorize.presets import DEFAULT, find_preset, list_presets
from .common import EXIT_FAILED, NO_MARK, add_options, count, number, whole
from .progress import show_progress

SHOWN = 20
"""Most failures that are printed; all of them stand in a file."""


def split_flags(words):
    """Splits a command line of `bulk` into `(words, flags)`: what follows `--` is for Beam."""
    end = words.index("--") if words[:1] == ["bulk"] and "--" in words else len(words)
    return words[:end], words[end + 1 :]


def add(commands):
    """Adds the commands to the parser."""
    _add_bulk(commands)
    _add_study(commands)
    _add_web(commands)


def _add_bulk(commands):
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
    found = "photographs that are in color: left out (keep), or not"
    option = command.add_argument
    option("--already-color", choices=("keep", "colorize"), default="keep", help=found)
    command.set_defaults(check=_check_bulk, run=_bulk)


def _check_bulk(options):
    from keras_colorize.io import find_photographs

    free = not (options.saved_model and options.precision)
    expect(free, "no --precision with --saved-model, which has its own")
    # Folders may be large, so they are searched through once, by the run.
    find_photographs(path for path in options.inputs if not Path(path).is_dir())


def _bulk(options):
    from keras_colorize.apps.bulk import colorize_in_bulk

    # Beam warns there of what is for Google's cloud alone.
    logging.getLogger().setLevel(logging.ERROR)
    how = {"preset": options.preset, "precision": options.precision or "float32"}
    how |= {"mark_colorized": not options.no_mark, "flags": options.beam_flags}
    how["keep_color"] = options.already_color == "keep"
    report = colorize_in_bulk(options.inputs, options.output, options.saved_model, **how)
    for line in report.failures[:SHOWN]:
        print(f"failed: {line['source']}: {line['reason']}", file=sys.stderr)
    if len(report.failures) > SHOWN:
        print(f"failed: {len(report.failures) - SHOWN} more, see failures.jsonl", file=sys.stderr)
    if report.broken:
        print(f"keras-colorize: the run broke off: {report.broken}", file=sys.stderr)
        print("keras-colorize: the same command goes on from there", file=sys.stderr)
    counts = f"{report.done} done, {report.skipped} skipped, {len(report.failures)} failed"
    counts += f", {report.in_color} in color" if report.in_color else ""
    print(counts + (f", {report.unfinished} unfinished" if report.unfinished else ""))
    return EXIT_FAILED if report.failures or report.unfinished or report.broken else 0


def _add_study(commands):
    study = commands.add_parser("study", help="ask people about colorized pictures")
    kinds = study.add_subparsers(required=True, metavar="COMMAND")

    command = kinds.add_parser("naturalness", help="does this image look natural to you?")
    command.add_argument("folders", nargs="+", metavar="[NAME=]DIR", help="pictures of a method")
    command.add_argument("--truth", metavar="DIR", help="true colors, judged like a method")
    command.add_argument("--max-pictures", type=count, help="photographs in the page")
    command.add_argument("--per-participant", type=count, help="photographs that each one judges")
    _add_page_options(command, 224, "make_naturalness", "max_pictures", "per_participant")
    command.set_defaults(needs_keras=False)

    command = kinds.add_parser("real-or-colorized", help="which of the two was colorized?")
    command.add_argument("folders", nargs=1, metavar="[NAME=]DIR", help="pictures of one method")
    command.add_argument("--truth", required=True, metavar="DIR", help="the true pictures")
    option = command.add_argument
    option("--trials", type=number(int, 2), default=40, help="pairs in all (default: 40)")
    option("--practice", type=whole, default=10, help="pairs before these (default: 10)")
    _add_page_options(command, 256, "make_real_or_colorized", "trials", "practice")

    command = kinds.add_parser("count", help="metrics with intervals from returned votes")
    option = command.add_argument
    option("votes", nargs="+", metavar="VOTES", help="files that came back")
    option("--key", required=True, help="file written next to the page")
    option("-o", "--output", metavar="JSON", help="write everything that is known")
    option("--seed", type=whole, default=0, help="of the bootstrap (default: 0)")
    found = "share of catch pairs to find (0 to 1, default: 0.75)"
    option("--catch-pass", type=number(float, 0, 1), default=0.75, help=found)
    option("--overwrite", action="store_true", help="replace an existing result")
    command.set_defaults(run=_count, needs_keras=False)


def _add_page_options(command, size, make, *names):
    option = command.add_argument
    option("-o", "--output", required=True, metavar="HTML", help="page to write")
    option("--size", type=count, default=size, help=f"long side in pixels (default: {size})")
    option("--seed", type=whole, help="makes the same page again; else by lot")
    option("--overwrite", action="store_true", help="replace an existing page")
    command.set_defaults(check=_check_page, run=_page, make=make, names=("size", *names))


def _check_page(options):
    from keras_colorize.apps.study.questions import check_paths, method_folders

    check_paths(options.output, options.overwrite)
    options.methods = method_folders(options.folders, options.truth)


def _page(options):
    import secrets

    from keras_colorize.apps.study import questions

    settings = {name: getattr(options, name) for name in options.names}
    # By lot, so that nobody can guess which picture has which id.
    seed = secrets.randbits(32) if options.seed is None else options.seed
    study = getattr(questions, options.make)(options.methods, seed, track=_tracked, **settings)
    key, size = questions.write_study(study, options.output, options.overwrite)
    print(f"page: {options.output} ({size / 1e6:.1f} MB, {len(study.page['pictures'])} pictures)")
    print(f"key: {key}, which says what is what: keep it from the participants")
    return 0


def _tracked(photographs):
    with show_progress("reading", len(photographs)) as progress:
        for photograph in photographs:
            yield photograph
            progress.advance()


def _count(options):
    import json

    from keras_colorize.apps.study import votes
    from keras_colorize.io.atomic import write_file

    key, returned = votes.read_key(options.key), []
    paths = dict.fromkeys(options.votes)
    for path in paths:
        try:
            returned.append(votes.read_votes(path, key))
        except InputError as fault:
            print(f"failed: {fault}", file=sys.stderr)
    if not returned:
        print("keras-colorize: expected votes to count, received none", file=sys.stderr)
        return EXIT_FAILED
    results = votes.count_votes(returned, key, options.seed, options.catch_pass)
    for note in results["notes"]:
        print(f"note: {note}", file=sys.stderr)
    if options.output:
        write_file(options.output, json.dumps(results, indent=1), options.overwrite)
    print(votes.format_results(results))
    return EXIT_FAILED if len(returned) < len(paths) else 0


def _add_web(commands):
    command = commands.add_parser("web", help="a page in the browser that colorizes photographs")
    option = command.add_argument
    option("--host", default="127.0.0.1", help="address to listen at (default: this machine)")
    option("--port", type=number(int, 0, 65535), default=7860, help="7860 by default, 0 for any")
    option("--root-path", default="", metavar="/PATH", help="path or address at a proxy, if any")
    option("--max-upload-mb", type=float, default=100.0, help="of one file (default: 100)")
    option("--max-megapixels", type=float, default=100.0, help="of a photograph (default: 100)")
    known = "names or folders of presets that the page offers, the first one first; by default "
    known += "the default and those that share its network"
    option("--preset", dest="presets", nargs="+", metavar="PRESET", help=known)
    add_options(command, preset=False)
    command.set_defaults(check=_check_web, run=_web)


def _check_web(options):
    if options.presets is None:
        shipped = list_presets()
        own = shipped[DEFAULT].identity
        options.presets = [name for name, one in shipped.items() if one.identity == own]
    for preset in options.presets:
        find_preset(preset)


def _web(options):
    from keras_colorize.apps.web import Limits, serve
    from keras_colorize.inference.colorizer import Colorizer

    def on_start(address):
        print(f"The page is at {address}; Ctrl+C ends it and removes all uploads.", flush=True)

    how = {name: getattr(options, name) for name in ("host", "port", "root_path")}
    how["limits"] = Limits(options.max_upload_mb, options.max_megapixels)
    made = Colorizer.from_presets(options.presets, **given_options(options)).values()
    for one in made:
        expect(one.config.colorizes, f"presets that colorize, {one.name} only tells scenes apart")
    serve({one.name: one for one in made}, on_start=on_start, **how)
    return 0
