"""The commands of user studies: `study naturalness`, `study real-or-colorized`, `study count`."""

import sys

from keras_colorize.errors import InputError
from .common import EXIT_FAILED, count, number, whole
from .progress import show_progress


def add(commands):
    """Adds the commands to the parser."""
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
