"""The command that counts colors: `prior`."""

from pathlib import Path

from keras_colorize.errors import expect
from .common import EXIT_FAILED, count
from .progress import show_progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("prior", help="count the colors of a folder, to train with")
    command.add_argument("folder", metavar="FOLDER", help="folder of color photographs")
    command.add_argument("-o", "--output", required=True, metavar="JSON", help="file to write")
    command.add_argument("--size", type=count, default=128, help="side counted at, 4 divides it")
    command.add_argument("--keep-near-grey", action="store_true", help="count near-grey ones, too")
    command.add_argument("--overwrite", action="store_true", help="replace an existing file")
    command.set_defaults(check=_check, run=_prior)


def _check(options):
    expect(Path(options.folder).is_dir(), f"a folder of pictures, received {options.folder}")
    named = Path(options.output).suffix == ".json"
    expect(named, f"a name that ends in .json with -o, received {options.output}")
    expect(options.size % 4 == 0, f"a size of multiples of 4, received {options.size}")


def _prior(options):
    from keras_colorize.data import ab_counts, list_pictures, prior_json, scan_pictures
    from keras_colorize.io.atomic import atomic_file

    # Opened first: whether it can be written should be known before a long count.
    with atomic_file(options.output, options.overwrite) as file:
        pictures, drop = list_pictures(options.folder), not options.keep_near_grey
        with show_progress("looking", len(pictures)) as progress:
            kept, report = scan_pictures(pictures, drop_near_grey=drop, on_picture=progress.advance)
            for name, reason in report.unreadable:
                progress.say(f"left out: {pictures.root / name}: {reason}")
        with show_progress("counting", len(kept)) as progress:
            counts = ab_counts(kept, options.size, progress.advance)
        file.write(prior_json(counts, len(kept), options.size).encode())
    grey, bad = len(report.near_grey), len(report.unreadable)
    print(f"{len(kept)} counted, {grey} near-grey and {bad} unreadable left out")
    return EXIT_FAILED if bad else 0
