"""The command that measures: `evaluate`."""

import dataclasses
import json
import os
import sys
from pathlib import Path

from keras_colorize.errors import InputError
from keras_colorize.inference.options import flags, given_options
from .common import EXIT_FAILED, add_options, count, make_colorizer, whole
from .progress import show_progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("evaluate", help="measure a preset, or colorized pictures")
    option = command.add_argument
    subject = "name or folder of a preset, folder of a training run, or folder of colorized "
    subject += "pictures with the relative paths of the true ones (a.png is taken for a.jpg)"
    option("subject", metavar="PRESET_OR_OUTPUTS", help=subject)
    option("truth", metavar="TRUTH", help="folder of color photographs")
    option("--limit", type=count, help="take the first N in order of path")
    option("--long-side", type=count, default=256, help="size measured at")
    option("--csv", metavar="FILE", help="write the metrics of every picture")
    option("--json", metavar="FILE", help="write metrics, protocol and checksums")
    option("--sheet", metavar="FILE", help="write a contact sheet, PNG or JPEG")
    plot = "draw error by colorfulness and, of a training run, its curves; PNG or JPEG"
    option("--plot", metavar="FILE", help=plot)
    option("--overwrite", action="store_true", help="replace existing files")
    weights = "weights of keras.applications.MobileNetV2: recognizability, ImageNet top-1, FID"
    option("--classifier", metavar="WEIGHTS.h5", help=weights)
    option("--workers", type=whole, default=min(4, os.cpu_count() or 1), help="threads that read")
    add_options(command, preset=False)
    command.set_defaults(check=_check, run=_evaluate)


def _check(options):
    from keras_colorize.io import writable_format
    from keras_colorize.presets import find_preset
    from keras_colorize.presets.download import PUBLISHED

    options.preset = options.subject if options.subject in PUBLISHED else None
    if not Path(options.truth).is_dir():
        raise InputError(f"{options.truth}: expected a folder of color photographs, found none")
    if not (options.preset or Path(options.subject).is_dir()):
        find_preset(options.subject)
    files = [path for path in (options.csv, options.json, options.sheet, options.plot) if path]
    if len({Path(path).resolve() for path in files}) < len(files):
        raise InputError(f"expected different files, received {', '.join(files)}")
    existing = [path for path in files if Path(path).exists()]
    if existing and not options.overwrite:
        raise InputError(f"{', '.join(existing)}: exists; --overwrite replaces it")
    for path in filter(None, (options.sheet, options.plot)):
        if writable_format(path).name not in ("PNG", "JPEG"):
            raise InputError(f"{path}: expected a .png or .jpg file")
    options.files = files


def _evaluate(options):
    import keras

    from keras_colorize.evaluation import SheetRows, make_evaluators, measure, measured_paths

    keras.utils.set_random_seed(options.seed or 0)
    paths = measured_paths(options.truth, options.limit)
    subject = _subject(options, paths)
    evaluators, absent = make_evaluators(paths, options.classifier, subject.scenes)
    rows = SheetRows(options.truth)
    with show_progress("measuring", len(paths)) as progress:

        def on_sample(sample):
            if sample.error:
                progress.say(f"failed: {sample.path}: {sample.error}")
            elif options.sheet:
                rows.add_sample(sample)
            progress.advance()

        settings = {"evaluators": evaluators, "workers": options.workers, "on_sample": on_sample}
        settings |= {"colorized": subject.colorized, "long_side": options.long_side}
        measurement = measure(subject.methods, paths, **settings)
    return _report(options, subject, measurement, absent, rows)


@dataclasses.dataclass(frozen=True)
class _Subject:
    """What is measured: a preset with its methods, or a folder of colorized pictures."""

    name: str
    record: dict
    methods: dict = dataclasses.field(default_factory=dict)
    colorized: dict = dataclasses.field(default_factory=dict)
    scenes: tuple | None = None
    history: Path | None = None


def _subject(options, paths):
    from keras_colorize.evaluation import pair_outputs
    from keras_colorize.evaluation.measure import mean_alone
    from keras_colorize.presets import CONFIG_FILE

    folder, preset = Path(options.subject), options.subject
    histories = [one / "history.csv" for one in (folder, folder.parent)]
    history = next((path for path in histories if path.exists()), None)
    if history and (folder / "preset" / CONFIG_FILE).exists():
        folder = preset = folder / "preset"
    name = folder.resolve().name
    if name in ("grey", "mean", "truth"):
        name = f"{name} (measured)"
    if folder.is_dir() and not (folder / CONFIG_FILE).exists():
        if given := given_options(options):
            raise InputError(f"expected no {flags(given)}: the pictures in {folder} are colorized")
        pairs, extra = pair_outputs(folder, options.truth, paths)
        for path in extra:
            print(f"note: {path}: belongs to no true picture, not measured", file=sys.stderr)
        return _Subject(name, {"colorized": str(folder)}, colorized={name: pairs})
    # What is for old and odd originals is measured if it is asked for.
    usual = {name: False for name in ("levels", "border") if getattr(options, name) is None}
    default = make_colorizer(options, str(preset), scenes=True, **usual)
    methods = {"mean": mean_alone(default), name: default} if default.config.colorizes else {}
    record = {
        "preset": str(preset),
        "weights_sha256": default.config.sha256,
        "options": default.options.record(),
    }
    # A network that only tells scenes apart is measured on what it sees, the grey picture.
    scenes = (default, tuple(methods) or ("grey",), options.truth)
    return _Subject(name, record, methods, scenes=scenes, history=history)


def _report(options, subject, measurement, absent, rows):
    from keras_colorize import evaluation
    from keras_colorize.io.atomic import write_file
    from keras_colorize.presets import sha256

    measured, failed = len(measurement.pictures), len(measurement.failures)
    if not measured:
        print(f"0 measured, {failed} failed")
        return EXIT_FAILED
    summary = measurement.summary()
    print(evaluation.format_table(summary, directions=True), end="\n\n")
    print(evaluation.format_details(summary, measured), end="\n\n")
    for metric, reason in absent.items():
        print(f"{metric}: not measured ({reason})")
    print(f"{measured} measured, {failed} failed")
    if options.csv:
        evaluation.write_csv(options.csv, measurement, options.truth, options.overwrite)
    if options.json:
        colorized = subject.colorized.get(subject.name)
        record = {
            "method": subject.name,
            **subject.record,
            "protocol": {
                "truth": options.truth,
                "long_side": options.long_side,
                "limit": options.limit,
                "lightness": "of the truth; the method gives a and b",
            },
            "seed": options.seed or 0,
            "evaluators_sha256": {path: sha256(path) for path in [options.classifier] if path},
            "not_measured": absent,
            **evaluation.describe(measurement, options.truth, colorized),
        }
        text = json.dumps(record, indent=2, ensure_ascii=False, allow_nan=False)
        write_file(options.json, f"{text}\n", options.overwrite)
    if options.sheet:
        rows.write(options.sheet, f"{subject.name}, measured on {Path(options.truth).name}")
    if options.plot:
        evaluation.write_plot(options.plot, measurement, subject.history, options.overwrite)
    for path in options.files:
        print(f"written: {path}")
    return EXIT_FAILED if failed else 0
