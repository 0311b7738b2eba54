"""The commands that colorize: `colorize` and `demo`."""

from pathlib import Path

from keras_colorize.errors import InputError

from . import retouch, server
from .common import EXIT_FAILED, add_mark, add_options, make_colorizer
from .progress import Progress


def add(commands):
    """Adds the commands to the parser."""
    demo = commands.add_parser("demo", help="colorize photographs that scikit-image brings along")
    demo.add_argument("-o", "--output", default="demo", help="folder to write to")
    demo.set_defaults(run=_demo)
    command = commands.add_parser("colorize", help="colorize files, folders and patterns")
    command.add_argument("inputs", nargs="+", metavar="IN", help="file, folder or glob pattern")
    command.add_argument("-o", "--output", required=True, help="folder, or file for one file")
    add_options(command)
    retouch.add(command)
    server.add(command)
    existing = command.add_mutually_exclusive_group()
    existing.add_argument("--skip-existing", action="store_true", help="leave finished ones out")
    existing.add_argument("--overwrite", action="store_true", help="replace existing outputs")
    add_mark(command)
    command.add_argument("--sheet", metavar="FILE", help="write a contact sheet, PNG or JPEG")
    command.add_argument("--truth", metavar="DIR", help="folder of true colors for the sheet")
    command.set_defaults(check=_check, run=_colorize)


def _check(options):
    from keras_colorize.io import plan_jobs

    if options.truth and not (options.sheet and Path(options.truth).is_dir()):
        raise InputError("expected --sheet and a folder of true colors with --truth")
    server.check(options)
    options.jobs = plan_jobs(options.inputs, options.output, options.sheet)
    options.hinted = bool(options.hint or options.hints or options.hint_layer)
    if options.hinted and not options.server:
        retouch.check(options, options.jobs)


def _colorize(options):
    jobs = options.jobs
    if options.server:
        colorizer = server.make_colorizer(options)
    else:
        hints = retouch.make_hints(options, jobs) if options.hinted else None
        colorizer = make_colorizer(options, options.preset, hints=hints)
    return _run_jobs(
        colorizer,
        jobs,
        options.sheet,
        options.truth,
        mark_colorized=not options.no_mark,
        skip_existing=options.skip_existing,
        overwrite=options.overwrite,
    )


def _run_jobs(colorizer, jobs, sheet, truth, **settings):
    from keras_colorize.inference.batch import colorize_files

    counts, rows = {"done": 0, "skipped": 0, "failed": 0}, None
    if sheet:
        from keras_colorize.evaluation import SheetRows

        rows = SheetRows(truth)
    with Progress("colorizing", len(jobs)) as progress:
        for outcome in colorize_files(colorizer, jobs, keep=sheet is not None, **settings):
            counts[outcome.status] += 1
            if outcome.after is not None:
                rows.add(outcome)
            for note in outcome.notes if outcome.status != "skipped" else ():
                word = "failed" if outcome.status == "failed" else "note"
                progress.say(f"{word}: {outcome.job.source}: {note}")
            progress.advance()
    if rows and rows.rows:
        rows.write(sheet, f"Colorized by {colorizer.name}")
        print(f"contact sheet: {sheet}")
    print(", ".join(f"{count} {status}" for status, count in counts.items()))
    return EXIT_FAILED if counts["failed"] else 0


def _demo(options):
    from keras_colorize.evaluation import write_demo_photographs
    from keras_colorize.inference import Colorizer
    from keras_colorize.io import plan_jobs

    folder = Path(options.output)
    write_demo_photographs(folder)
    jobs = plan_jobs([str(folder / "grey")], folder / "color")
    sheet, truth = folder / "sheet.png", folder / "truth"
    return _run_jobs(Colorizer.from_preset(), jobs, sheet, truth, overwrite=True)
