"""The command `keras-colorize`; the only place that prints."""

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path

# Nothing of the library is imported up here, because `--help` must not wait for TensorFlow.

EXIT_FAILED = 1
"""Some photographs failed."""

EXIT_USAGE = 2
"""The command was called wrongly; nothing was done."""


def main(arguments=None):
    """Runs the command.

    Args:
        arguments: list of words; None takes those of the process.

    Returns:
        Exit code: 0 if all went well, 1 if a photograph failed, 2 for wrong usage.
    """
    options = _parser().parse_args(arguments)
    with _quiet_start():
        from keras_colorize.files import PhotographError
        from keras_colorize.presets import PresetError

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
    _add_colorize(commands)
    presets = commands.add_parser("presets", help="list the shipped presets, one a line")
    presets.set_defaults(run=_presets)
    _add_evaluate(commands)
    demo = commands.add_parser("demo", help="colorize photographs that scikit-image brings along")
    demo.add_argument("-o", "--output", default="demo", help="folder to write to")
    demo.set_defaults(run=_demo)
    return parser


def _add_colorize(commands):
    command = commands.add_parser("colorize", help="colorize files, folders and patterns")
    command.add_argument("inputs", nargs="+", metavar="IN", help="file, folder or glob pattern")
    command.add_argument("-o", "--output", required=True, help="folder, or file for one file")
    _add_options(command)
    existing = command.add_mutually_exclusive_group()
    existing.add_argument("--skip-existing", action="store_true", help="leave finished ones out")
    existing.add_argument("--overwrite", action="store_true", help="replace existing outputs")
    command.add_argument(
        "--no-mark",
        action="store_true",
        help="do not say in the metadata (IPTC DigitalSourceType) that colors were made",
    )
    command.add_argument("--sheet", metavar="FILE", help="write a contact sheet, PNG or JPEG")
    command.add_argument("--truth", metavar="DIR", help="folder of true colors for the sheet")
    command.set_defaults(run=_colorize)


def _add_evaluate(commands):
    command = commands.add_parser("evaluate", help="measure a preset on color photographs")
    command.add_argument("preset", metavar="PRESET", help="name or folder of a preset")
    command.add_argument("truth", metavar="TRUTH", help="folder of color photographs")
    command.add_argument("--limit", type=_count, help="take the first N in order of path")
    command.add_argument("--long-side", type=_count, default=256, help="size measured at")
    _add_options(command, preset=False)
    command.set_defaults(run=_evaluate)


def _add_options(command, preset=True):
    if preset:
        command.add_argument("--preset", help="name or folder of a preset")
    command.add_argument("--decoder", help="mean, annealed, mode or median")
    command.add_argument("--temperature", type=float, help="1 is the mean, lower is more vivid")
    command.add_argument("--saturation", type=float, help="factor on the chroma")
    command.add_argument("--rebalancing", type=float, help="0 undoes rebalanced training")
    command.add_argument("--working-size", type=int, help="long side the network sees, in pixels")
    command.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")


def _count(text):
    if not (text.isdecimal() and int(text)):
        raise argparse.ArgumentTypeError(f"expected a number above 0, received {text!r}")
    return int(text)


def _colorizer(options, preset):
    from keras_colorize.inference import Colorizer

    names = (*Colorizer.OPTIONS, "precision")
    return Colorizer.from_preset(preset, **{name: getattr(options, name) for name in names})


def _presets(_):
    from keras_colorize.presets import list_presets

    for name, contract in list_presets().items():
        print(f"{name}\t{contract.network}\t{contract.description}")
    return 0


def _colorize(options):
    from keras_colorize.inference.batch import plan_jobs

    if options.truth and not (options.sheet and Path(options.truth).is_dir()):
        raise ValueError("expected --sheet and a folder of true colors with --truth")
    jobs = plan_jobs(options.inputs, options.output, options.sheet)
    settings = {
        "mark_colorized": not options.no_mark,
        "skip_existing": options.skip_existing,
        "overwrite": options.overwrite,
    }
    colorizer = _colorizer(options, options.preset)
    return _run_jobs(colorizer, jobs, settings, options.sheet, options.truth)


def _run_jobs(colorizer, jobs, settings, sheet=None, truth=None):
    from keras_colorize.evaluation import SheetRows
    from keras_colorize.inference.batch import colorize_files

    rows = SheetRows(truth)
    counts = {"done": 0, "skipped": 0, "failed": 0}
    with _Progress("colorizing", len(jobs)) as progress:
        for outcome in colorize_files(colorizer, jobs, keep=sheet is not None, **settings):
            counts[outcome.status] += 1
            if outcome.after is not None:
                rows.add(outcome)
            _report(progress, outcome)
            progress.advance()
    if sheet and rows.rows:
        rows.write(sheet, f"Colorized by {colorizer.name}")
        print(f"contact sheet: {sheet}")
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    return EXIT_FAILED if counts["failed"] else 0


def _report(progress, outcome):
    if outcome.status == "skipped":
        return
    word = "failed" if outcome.status == "failed" else "note"
    for note in outcome.notes:
        progress.say(f"{word}: {outcome.job.source}: {note}")


class _Progress:
    """A progress bar with pictures per second and the time that is left."""

    def __init__(self, what, total):
        from rich import console, progress

        self.bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[speed]}"),
            progress.TimeRemainingColumn(),
            # What other programs may want to read, such as the table of figures, is on stdout.
            console=console.Console(stderr=True),
        )
        self.task = self.bar.add_task(what, total=total, speed="")
        self.started = time.monotonic()

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def say(self, text):
        self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def advance(self):
        done = self.bar.tasks[0].completed + 1
        speed = f"{done / (time.monotonic() - self.started):.1f} pictures/s"
        self.bar.update(self.task, completed=done, speed=speed)


def _evaluate(options):
    from keras_colorize.evaluation import format_table, measure, measured_paths, summarize

    paths = measured_paths(options.truth, options.limit)
    default = _colorizer(options, options.preset)
    methods = {"mean": default.replace(decoder="mean", saturation=1.0), default.name: default}
    with _Progress("measuring", len(paths)) as progress:
        results = measure(methods, paths, options.long_side, progress.advance)
    print(format_table(summarize(results)))
    return 0


def _demo(options):
    from keras_colorize.evaluation import write_demo_photographs
    from keras_colorize.inference import Colorizer
    from keras_colorize.inference.batch import plan_jobs

    folder = Path(options.output)
    write_demo_photographs(folder)
    jobs = plan_jobs([str(folder / "grey")], folder / "color")
    colorizer = Colorizer.from_preset()
    return _run_jobs(colorizer, jobs, {"overwrite": True}, folder / "sheet.png", folder / "truth")


if __name__ == "__main__":
    sys.exit(main())
