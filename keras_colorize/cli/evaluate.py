"""The command that measures: `evaluate`."""

import dataclasses
import os
import sys
from pathlib import Path

from keras_colorize.errors import InputError

from .common import EXIT_FAILED, add_options, count, make_colorizer, whole
from .progress import Progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("evaluate", help="measure a preset, or colorized pictures")
    command.add_argument(
        "subject",
        metavar="PRESET_OR_OUTPUTS",
        help="name or folder of a preset, folder of a training run, or folder of colorized "
        "pictures with the relative paths of the true ones (the format may differ: a.png is "
        "taken for a.jpg)",
    )
    command.add_argument("truth", metavar="TRUTH", help="folder of color photographs")
    command.add_argument("--limit", type=count, help="take the first N in order of path")
    command.add_argument("--long-side", type=count, default=256, help="size measured at")
    command.add_argument("--csv", metavar="FILE", help="write the metrics of every picture")
    command.add_argument("--json", metavar="FILE", help="write metrics, protocol and checksums")
    command.add_argument("--sheet", metavar="FILE", help="write a contact sheet, PNG or JPEG")
    command.add_argument(
        "--plot",
        metavar="FILE",
        help="draw error against colorfulness of every picture and, of a training run, its "
        "curves; PNG or JPEG",
    )
    command.add_argument("--overwrite", action="store_true", help="replace existing files")
    command.add_argument(
        "--classifier",
        metavar="WEIGHTS.h5",
        help="weights of keras.applications.MobileNetV2: recognizability, ImageNet top-1, FID",
    )
    command.add_argument(
        "--features",
        metavar="NETWORK.keras",
        action="append",
        default=[],
        help="also FID in the features of this network, sRGB in [-1, 1] to (N, D); repeatable",
    )
    command.add_argument(
        "--workers", type=whole, default=min(4, os.cpu_count() or 1), help="threads that read"
    )
    add_options(command, preset=False)
    command.set_defaults(check=_check, run=_evaluate)


def _check(options):
    from keras_colorize.io import writable_format
    from keras_colorize.presets import find_preset

    if not Path(options.truth).exists():
        raise InputError(f"{options.truth}: expected a folder of color photographs, found none")
    if not Path(options.subject).is_dir():
        find_preset(options.subject)
    files = _files(options)
    if len({Path(path).resolve() for path in files}) < len(files):
        raise InputError(f"expected different files, received {', '.join(files)}")
    existing = [path for path in files if Path(path).exists()]
    if existing and not options.overwrite:
        raise InputError(f"{', '.join(existing)}: exists; --overwrite replaces it")
    for path in filter(None, (options.sheet, options.plot)):
        if writable_format(path).name not in ("PNG", "JPEG"):
            raise InputError(f"{path}: expected a .png or .jpg file")


def _files(options):
    return [path for path in (options.csv, options.json, options.sheet, options.plot) if path]


def _evaluate(options):
    import keras

    from keras_colorize.evaluation import SheetRows, make_evaluators, measure, measured_paths

    keras.utils.set_random_seed(options.seed or 0)
    paths = measured_paths(options.truth, options.limit)
    subject = _subject(options, paths)
    evaluators, absent = make_evaluators(
        paths, options.classifier, options.features, subject.scenes
    )
    rows = SheetRows(options.truth)
    with Progress("measuring", len(paths)) as progress:

        def on_sample(sample):
            if sample.error:
                progress.say(f"failed: {sample.path}: {sample.error}")
            elif options.sheet:
                rows.add_sample(sample)
            progress.advance()

        measurement = measure(
            subject.methods,
            paths,
            options.long_side,
            colorized=subject.colorized,
            evaluators=evaluators,
            workers=options.workers,
            on_sample=on_sample,
        )
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
    from keras_colorize.presets import CONFIG_FILE

    folder = Path(options.subject)
    history = next((one for one in (folder, folder.parent) if (one / "history.csv").exists()), None)
    history = history and history / "history.csv"
    if history and (folder / "preset" / CONFIG_FILE).exists():
        return _preset(options, folder / "preset", history)
    if folder.is_dir() and not (folder / CONFIG_FILE).exists():
        return _pictures(options, folder, paths)
    return _preset(options, options.subject, history)


def _preset(options, preset, history):
    from keras_colorize.inference.heads import is_distribution

    default = make_colorizer(options, str(preset), scenes=True)
    name, methods = _free_name(default.name), {}
    if default.config.colorizes:
        # The mean of what the network holds for likely is nearest to the truth.
        plain = {"saturation": 1.0, "refine": None, "palette": None}
        if is_distribution(default.config.output):
            plain |= {"decoder": "mean", "rebalancing": 0.0}
        methods = {"mean": default.replace(**plain), name: default}
    record = {
        "preset": str(preset),
        "weights_sha256": default.config.sha256,
        "options": default.options.record(),
    }
    # A network that only tells scenes apart is measured on what it sees, the grey picture.
    scenes = (default, tuple(methods) or ("grey",), options.truth)
    return _Subject(name, record, methods, scenes=scenes, history=history)


def _pictures(options, folder, paths):
    from keras_colorize.evaluation import pair_outputs
    from keras_colorize.inference.options import flags, given_options

    given = given_options(options)
    if given:
        raise InputError(f"expected no {flags(given)}: the pictures in {folder} are colorized")
    pairs, extra = pair_outputs(folder, options.truth, paths)
    for path in extra:
        print(f"note: {path}: belongs to no true picture, not measured", file=sys.stderr)
    name = _free_name(folder.resolve().name)
    return _Subject(name, {"colorized": str(folder)}, colorized={name: pairs})


def _free_name(name):
    return f"{name} (measured)" if name in ("grey", "mean", "truth") else name


def _report(options, subject, measurement, absent, rows):
    from keras_colorize.evaluation import (
        describe,
        format_details,
        format_table,
        write_csv,
        write_json,
        write_plot,
    )
    from keras_colorize.presets import sha256

    measured, failed = len(measurement.pictures), len(measurement.failures)
    if not measured:
        print(f"0 measured, {failed} failed")
        return EXIT_FAILED
    summary = measurement.summary()
    tables = format_table(summary, directions=True), format_details(summary, measured)
    print(*tables, sep="\n\n", end="\n\n")
    for metric, reason in absent.items():
        print(f"{metric}: not measured ({reason})")
    print(f"{measured} measured, {failed} failed")
    if options.csv:
        write_csv(options.csv, measurement, options.truth, options.overwrite)
    if options.json:
        networks = filter(None, (options.classifier, *options.features))
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
            "evaluators_sha256": {path: sha256(path) for path in networks},
            "not_measured": absent,
            **describe(measurement, options.truth, subject.colorized.get(subject.name)),
        }
        write_json(options.json, record, options.overwrite)
    if options.sheet:
        rows.write(options.sheet, f"{subject.name}, measured on {Path(options.truth).name}")
    if options.plot:
        write_plot(options.plot, measurement, subject.history, options.overwrite)
    for path in _files(options):
        print(f"written: {path}")
    return EXIT_FAILED if failed else 0
