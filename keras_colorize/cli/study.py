"""The commands of user studies: `study naturalness`, `study real-or-colorized`, `study count`."""

import argparse
import sys

from .common import EXIT_FAILED, count, whole
from .progress import Progress


def add(commands):
    """Adds the commands to the parser."""
    study = commands.add_parser("study", help="ask people about colorized pictures")
    kinds = study.add_subparsers(required=True, metavar="COMMAND")

    command = kinds.add_parser("naturalness", help="does this image look natural to you?")
    command.add_argument("folders", nargs="+", metavar="[NAME=]DIR", help="pictures of a method")
    command.add_argument("--truth", metavar="DIR", help="true colors, judged like a method")
    command.add_argument("--max-pictures", type=count, metavar="N", help="photographs in the page")
    command.add_argument(
        "--per-participant", type=count, metavar="N", help="photographs that each one judges"
    )
    _add_page_options(command, 224)
    command.set_defaults(run=_naturalness, needs_keras=False)

    command = kinds.add_parser("real-or-colorized", help="which of the two was colorized?")
    command.add_argument("folders", nargs=1, metavar="[NAME=]DIR", help="pictures of one method")
    command.add_argument("--truth", required=True, metavar="DIR", help="the true pictures")
    command.add_argument(
        "--trials", type=count, default=40, help="pairs, with the catch pairs (default: 40)"
    )
    command.add_argument(
        "--practice", type=whole, default=10, help="pairs before these (default: 10)"
    )
    _add_page_options(command, 256)
    command.set_defaults(run=_real_or_colorized)

    command = kinds.add_parser("count", help="metrics with intervals from returned votes")
    command.add_argument("votes", nargs="+", metavar="VOTES", help="files that came back")
    command.add_argument("--key", required=True, help="file written next to the page")
    command.add_argument("-o", "--output", metavar="JSON", help="write everything that is known")
    command.add_argument("--seed", type=whole, default=0, help="of the bootstrap (default: 0)")
    command.add_argument(
        "--catch-pass",
        type=_share,
        default=0.75,
        help="share of catch pairs to find (0 to 1, default: 0.75)",
    )
    command.add_argument("--overwrite", action="store_true", help="replace an existing result")
    command.set_defaults(run=_count, needs_keras=False)


def _add_page_options(command, size):
    command.add_argument("-o", "--output", required=True, metavar="HTML", help="page to write")
    command.add_argument(
        "--size", type=count, default=size, help=f"long side in pixels (default: {size})"
    )
    command.add_argument("--seed", type=whole, help="makes the same page again; else by lot")
    command.add_argument("--overwrite", action="store_true", help="replace an existing page")
    command.set_defaults(check=_check_page)


def _check_page(options):
    import secrets

    from keras_colorize.apps.study import check_paths, method_folders

    check_paths(options.output, options.overwrite)
    options.methods = method_folders(options.folders, options.truth)
    if options.seed is None:
        # By lot, so that nobody can guess which picture has which id.
        options.seed = secrets.randbits(32)


def _naturalness(options):
    from keras_colorize.apps.study import make_naturalness, paired_photographs

    total = min(len(paired_photographs(options.methods)), options.max_pictures or sys.maxsize)
    with Progress("reading", total) as progress:
        study = make_naturalness(
            options.methods,
            options.seed,
            size=options.size,
            max_pictures=options.max_pictures,
            per_participant=options.per_participant,
            on_picture=progress.advance,
        )
    return _write(study, options)


def _real_or_colorized(options):
    from keras_colorize.apps.study import make_real_or_colorized

    with Progress("reading", options.trials + options.practice) as progress:
        study = make_real_or_colorized(
            options.methods,
            options.seed,
            size=options.size,
            trials=options.trials,
            practice=options.practice,
            on_picture=progress.advance,
        )
    return _write(study, options)


def _write(study, options):
    from keras_colorize.apps.study import write_study

    key, size = write_study(study, options.output, options.overwrite)
    print(f"page: {options.output} ({size / 1e6:.1f} MB, {len(study.pictures)} pictures)")
    print(f"key: {key}, which says what is what: keep it from the participants")
    return 0


def _count(options):
    from keras_colorize.apps import study

    key = study.read_key(options.key)
    returned, faults = [], []
    for path in dict.fromkeys(options.votes):
        try:
            returned.append(study.read_votes(path, key))
        except study.VotesError as fault:
            faults.append(fault)
            print(f"failed: {fault}", file=sys.stderr)
    if not returned:
        print("keras-colorize: expected votes to count, received none", file=sys.stderr)
        return EXIT_FAILED
    results = study.count_votes(returned, key, options.seed, options.catch_pass)
    for note in results.notes:
        print(f"note: {note}", file=sys.stderr)
    if options.output:
        study.write_results(results, options.output, options.overwrite)
    print(study.format_results(results))
    return EXIT_FAILED if faults else 0


def _share(text):
    try:
        share = float(text)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise argparse.ArgumentTypeError(f"expected a share from 0 to 1, received {text!r}")
    return share
