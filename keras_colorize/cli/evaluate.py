"""The command that measures: `evaluate`."""

import os
import sys
from pathlib import Path

from keras_colorize.errors import InputError

from .options import EXIT_FAILED, add_options, count, make_any_colorizer, whole
from .progress import Progress


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("evaluate", help="measure a preset, or colorized pictures")
    command.add_argument(
        "subject",
        metavar="PRESET_OR_OUTPUTS",
        help="name or folder of a preset, or folder of colorized pictures with the relative "
        "paths of the true ones (the format may differ: a.png is taken for a.jpg)",
    )
    command.add_argument("truth", metavar="TRUTH", help="folder of color photographs")
    command.add_argument("--limit", type=count, help="take the first N in order of path")
    command.add_argument("--long-side", type=count, default=256, help="size measured at")
    command.add_argument("--csv", metavar="FILE", help="write the figures of every picture")
    command.add_argument("--json", metavar="FILE", help="write figures, protocol and checksums")
    command.add_argument("--sheet", metavar="FILE", help="write a contact sheet, PNG or JPEG")
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
    command.add_argument("--workers", type=whole, default=_cores(), help="decoding processes")
    add_options(command, preset=False)
    command.set_defaults(check=_check, run=_evaluate)


def _cores():
    return min(4, os.cpu_count() or 1)


def _check(options):
    from keras_colorize.presets import find_preset

    if not Path(options.truth).exists():
        raise InputError(f"{options.truth}: expected a folder of color photographs, found none")
    if not Path(options.subject).is_dir():
        find_preset(options.subject)


def _evaluate(options):
    import keras

    from keras_colorize.evaluation import MeasuredRows, check_targets, make_judges, measured_paths

    files = [path for path in (options.csv, options.json, options.sheet) if path]
    check_targets(files, options.sheet, options.overwrite)
    keras.utils.set_random_seed(options.seed or 0)
    paths = measured_paths(options.truth, options.limit)
    subject = _Subject(options, paths)
    judges, absent = make_judges(paths, options.classifier, options.features, subject.scenes)
    rows = MeasuredRows(options.truth) if options.sheet else None
    measurement = _measure(options, subject, paths, judges, rows)
    return _report(options, subject, measurement, absent, rows)


def _measure(options, subject, paths, judges, rows):
    from keras_colorize.evaluation import measure

    with Progress("measuring", len(paths)) as progress:

        def on_sample(sample):
            if sample.error:
                progress.say(f"failed: {sample.path}: {sample.error}")
            elif rows:
                rows.add(sample)
            progress.advance()

        settings = {"judges": judges, "workers": options.workers, "on_sample": on_sample}
        return measure(
            subject.methods, paths, options.long_side, outputs=subject.outputs, **settings
        )


class _Subject:
    """What is measured: a preset with its methods, or a folder of colorized pictures."""

    def __init__(self, options, paths):
        from keras_colorize.presets import CONFIG_FILE

        folder = Path(options.subject)
        self.methods, self.outputs, self.scenes, self.record = {}, {}, None, {}
        if folder.is_dir() and not (folder / CONFIG_FILE).exists():
            self._take_pictures(options, paths, folder)
        else:
            self._take_preset(options)

    def _take_preset(self, options):
        default = make_any_colorizer(options, options.subject)
        self.name = _free_name(default.name)
        if default.config.colorizes:
            # The mean of what the network holds for likely is nearest to the truth.
            plain = {"decoder": "mean", "rebalancing": 0.0, "saturation": 1.0, "refine": "none"}
            mean = default.replace(**plain, palette=None)
            self.methods = {"mean": mean, self.name: default}
        # A network that only tells scenes apart is measured on what it sees, the grey picture.
        self.scenes = (default, tuple(self.methods) or ("grey",), options.truth)
        self.record = {
            "preset": options.subject,
            "weights_sha256": default.config.sha256,
            "options": default.options.record(),
        }

    def _take_pictures(self, options, paths, folder):
        from keras_colorize.evaluation import pair_outputs
        from keras_colorize.inference.options import flags, given_options

        given = given_options(options).keys() - {"seed"}
        if given:
            raise ValueError(
                f"expected no {flags(sorted(given))}: the pictures in {folder} are colorized"
            )
        pairs, extra = pair_outputs(folder, options.truth, paths)
        for path in extra:
            print(f"note: {path}: belongs to no true picture, not measured", file=sys.stderr)
        self.name = _free_name(folder.resolve().name)
        self.outputs = {self.name: pairs}
        self.record = {"colorized": str(folder)}


def _free_name(name):
    return f"{name} (measured)" if name in ("grey", "mean", "truth") else name


def _report(options, subject, measurement, absent, rows):
    from keras_colorize.evaluation import format_details, format_table, summarize

    measured, failed = len(measurement.results), len(measurement.failures)
    if not measured:
        print(f"0 measured, {failed} failed")
        return EXIT_FAILED
    summary = summarize(measurement.results, measurement.totals)
    print(format_table(summary), format_details(summary, measured), sep="\n\n", end="\n\n")
    for figure, reason in absent.items():
        print(f"{figure}: not measured ({reason})")
    print(f"{measured} measured, {failed} failed")
    _write(options, subject, measurement, summary, absent, rows)
    return EXIT_FAILED if failed else 0


def _write(options, subject, measurement, summary, absent, rows):
    from keras_colorize.evaluation import write_csv, write_json

    if options.csv:
        write_csv(options.csv, measurement, options.truth, options.overwrite)
    if options.json:
        record = _record(options, subject, measurement, summary, absent)
        write_json(options.json, record, options.overwrite)
    if options.sheet:
        rows.write(options.sheet, f"{subject.name}, measured on {Path(options.truth).name}")
    for path in filter(None, (options.csv, options.json, options.sheet)):
        print(f"written: {path}")


def _record(options, subject, measurement, summary, absent):
    from keras_colorize.evaluation import describe, sha256

    protocol = {
        "truth": options.truth,
        "long_side": options.long_side,
        "limit": options.limit,
        "lightness": "of the truth; the method gives a and b",
    }
    networks = filter(None, (options.classifier, *options.features))
    return {
        "method": subject.name,
        **subject.record,
        "protocol": protocol,
        "seed": options.seed or 0,
        "judges_sha256": {path: sha256(path) for path in networks},
        "not_measured": absent,
        **describe(measurement, summary, options.truth, subject.outputs.get(subject.name)),
    }
