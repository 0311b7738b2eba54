"""The command that measures: `evaluate`."""

from .options import add_options, count, make_colorizer
from .progress import Progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("evaluate", help="measure a preset on color photographs")
    command.add_argument("preset", metavar="PRESET", help="name or folder of a preset")
    command.add_argument("truth", metavar="TRUTH", help="folder of color photographs")
    command.add_argument("--limit", type=count, help="take the first N in order of path")
    command.add_argument("--long-side", type=count, default=256, help="size measured at")
    add_options(command, preset=False)
    command.set_defaults(run=_evaluate)


def _evaluate(options):
    from keras_colorize.evaluation import format_table, measure, measured_paths, summarize

    paths = measured_paths(options.truth, options.limit)
    default = make_colorizer(options, options.preset)
    methods = {"mean": default.replace(decoder="mean", saturation=1.0), default.name: default}
    with Progress("measuring", len(paths)) as progress:
        results = measure(methods, paths, options.long_side, progress.advance)
    print(format_table(summarize(results)))
    return 0
