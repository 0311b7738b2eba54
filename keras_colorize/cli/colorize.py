"""The commands that colorize, `colorize` and `demo`, and the one that tells scenes: `classify`."""

import argparse
import functools
import itertools
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

from keras_colorize.errors import InputError, expect
from keras_colorize.inference.options import (
    AFTER_NETWORK,
    Options,
    add_arguments,
    flags,
    given_options,
)
from keras_colorize.presets import DEFAULT, find_preset
from .common import EXIT_FAILED, NO_MARK, add_options, count, make_colorizer, number
from .progress import show_progress

_CORNERS = ("bottom-right", "bottom-left", "top-right", "top-left")
_CLASSIFIER = "resnet18_gray_classifier"
_OF_A_SERVER = ("server_model", "server_protocol", "server_timeout")
_OF_THE_EXPORT = ("preset", "hint", "hints", "hint_layer")


def add(commands):
    """Adds the commands to the parser."""
    demo = commands.add_parser("demo", help="colorize photographs that scikit-image brings along")
    demo.add_argument("-o", "--output", default="demo", help="folder to write to")
    demo.add_argument("--preset", default=DEFAULT, help="name or folder of a preset")
    demo.set_defaults(run=_demo)
    classify = commands.add_parser("classify", help="tell the scenes of photographs")
    classify.add_argument("inputs", nargs="+", metavar="PHOTO", help="file, folder or glob pattern")
    known = f"name or folder of a preset that knows scenes (default: {_CLASSIFIER})"
    classify.add_argument("--preset", default=_CLASSIFIER, help=known)
    classify.add_argument("--top", type=count, default=5, metavar="N", help="classes to tell")
    classify.set_defaults(run=_classify)
    command = commands.add_parser("colorize", help="colorize files, folders and patterns")
    command.add_argument("inputs", nargs="+", metavar="IN", help="file, folder or glob pattern")
    command.add_argument("-o", "--output", help="folder, or file for one file")
    add_options(command)
    option = command.add_argument_group("hints", "for one photograph").add_argument
    hint = "color of a pixel, counted from the top left: input of siggraph17; with other presets "
    hint += "it spreads along equal lightness"
    point = {"type": _point, "metavar": "X,Y,#RRGGBB|keep[,RADIUS]", "help": hint}
    option("--hint", action="append", default=[], **point)
    option("--hints", metavar="FILE.json", help="list of hints")
    layer = "picture of the same size: opaque pixels are hints"
    option("--hint-layer", metavar="LAYER.png", help=layer)
    group = command.add_argument_group("server", "a network that TensorFlow Serving serves")
    option = group.add_argument
    server = "ask this server for the colors; also http://... or https://..."
    option("--server", metavar="HOST:PORT", help=server)
    option("--server-model", metavar="NAME", help="by default the default preset")
    protocol = "by default rest for a URL and for port 8501, else grpc (extra `serving`)"
    option("--server-protocol", choices=("grpc", "rest"), help=protocol)
    option("--server-timeout", type=count, metavar="S", help="seconds to wait, by default 60")
    existing = command.add_mutually_exclusive_group()
    existing.add_argument("--skip-existing", action="store_true", help="leave finished ones out")
    existing.add_argument("--overwrite", action="store_true", help="replace existing outputs")
    command.add_argument("--no-mark", **NO_MARK)
    found = "photographs that are in color: left out, as in folders, or not, as single files are"
    command.add_argument("--already-color", choices=("keep", "colorize"), help=found)
    told = "append a line of JSON per photograph: files, checksums, options, notes"
    command.add_argument("--record", metavar="FILE.jsonl", help=told)
    pages = "of a TIFF that becomes a TIFF; auto: all there, the first elsewhere, as of animations"
    command.add_argument("--pages", choices=("auto", "first", "all"), default="auto", help=pages)
    dates = "give copies the dates of their originals: of access and of change"
    command.add_argument("--keep-dates", action="store_true", help=dates)
    option = command.add_argument_group("copies", "of other kinds than the originals").add_argument
    option("--format", metavar="jpg|png|tif|...", help="by default the original's, or png")
    quality = "of JPEG, WebP and AVIF, 1 to 100 (default: 95, and 90 of AVIF)"
    option("--quality", type=number(int, 1, 100), metavar="N", help=quality)
    option("--suffix", default="", metavar="TEXT", help="put behind the names, such as _color")
    side = "make photographs smaller whose long side has more pixels"
    option("--max-side", type=count, metavar="N", help=side)
    large = "refuse larger photographs (default: %(default)s; 400 in a TIFF take 2 to 4 GB)"
    command.add_argument("--max-megapixels", type=count, metavar="N", default=200, help=large)
    option = command.add_argument_group("label", "a visible text in the picture").add_argument
    option("--label", metavar="TEXT", help="such as 'colorized by software, 2026'")
    option("--label-corner", choices=_CORNERS, default=_CORNERS[0], help="default: %(default)s")
    high = "height of its letters, percent of the short side (0.5 to 20, default: 3)"
    option("--label-size", type=number(float, 0.5, 20), default=3.0, metavar="N", help=high)
    title = "content credentials", "a C2PA manifest in each picture (extra `c2pa`)"
    option = command.add_argument_group(*title).add_argument
    kinds = "of the key: es256 (default), es384, es512, ps256, ps384, ps512 or ed25519"
    option("--c2pa-certificates", metavar="PEM", help="certificate, and those that vouch for it")
    option("--c2pa-key", metavar="PEM", help="its private key, without a password")
    option("--c2pa-algorithm", metavar="NAME", default="es256", help=kinds)
    option("--c2pa-time", metavar="URL", help="server that signs the time of each picture")
    command.add_argument("--sheet", metavar="FILE", help="write a contact sheet, PNG or JPEG")
    tried = "write only a --sheet of every combination of values, of preset, too; repeatable"
    axis = {"type": _axis, "metavar": "OPTION=VALUE,...", "default": []}
    command.add_argument("--grid", action="append", **axis, help=tried)
    drawn = "draws of --decoder sample: copies with -1 to -N behind their names, or only a --sheet"
    command.add_argument("--samples", type=count, metavar="N", help=drawn)
    command.add_argument("--truth", metavar="DIR", help="folder of true colors for the sheet")
    command.set_defaults(check=_check, run=_colorize)


def _point(text):
    x, y, color, *radius = [part.strip() for part in text.split(",")] + [""] * 3
    try:
        point = {"x": float(x), "y": float(y), "color": color}
        return point | ({"radius": float(radius[0])} if radius[0] else {})
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"expected X,Y,#RRGGBB|keep[,RADIUS], received {text!r}"
        ) from error


def _axis(text):
    """Reads `saturation=0.8,1` as the name of an option and its values, with their words."""
    name, _, words = text.partition("=")
    parser = argparse.ArgumentParser("keras-colorize colorize --grid", add_help=False)
    parser.add_argument("--preset", type=find_preset)
    add_arguments(parser)
    kind = Options.__dataclass_fields__.get(name)
    if not words or (name != "preset" and (kind is None or kind.type is bool)):
        raise argparse.ArgumentTypeError(f"expected OPTION=VALUE,VALUE, received {text!r}")
    flag, values = f"--{name.replace('_', '-')}", []
    for word in words.split(","):
        given = parser.parse_args([f"{flag}={word}"])
        value = {"preset": word} if name == "preset" else given_options(given)
        values.append((f"{name} {word}", value))
    return values


def _check(options):
    from keras_colorize.io import plan_jobs

    options.draws = [("", {})]
    if options.samples:
        options.decoder, first = "sample", options.seed or 0
        seeds = range(first, first + options.samples)
        options.draws = [(f"seed {seed}", {"seed": seed}) for seed in seeds]
        both = options.output and options.sheet
        expect(not (both or options.server), "-o or --sheet with --samples, and no --server")
    if options.grid or (options.samples and not options.output):
        _check_grid(options)
        return
    expect(options.output, "-o with a folder, or a file for one file")
    if options.truth and not (options.sheet and Path(options.truth).is_dir()):
        raise InputError("expected --sheet and a folder of true colors with --truth")
    own = [name for name in _OF_A_SERVER if getattr(options, name) is not None]
    if own and not options.server:
        raise InputError(f"expected --server with {flags(own)}")
    settled = given_options(options).keys() - set(AFTER_NETWORK)
    settled |= {name for name in _OF_THE_EXPORT if getattr(options, name)}
    if settled and options.server:
        left = f"what a network does is settled by its export, but {flags(AFTER_NETWORK)}"
        raise InputError(f"expected no {flags(sorted(settled))} with --server: {left}")
    if bool(options.c2pa_certificates) != bool(options.c2pa_key):
        raise InputError("expected --c2pa-certificates and --c2pa-key, received one of them")
    files = all(Path(path).is_file() for path in options.inputs)
    if Path(options.output).suffix and files and (options.format or options.suffix):
        raise InputError(f"expected a folder with --format or --suffix, received {options.output}")
    if "/" in options.suffix or os.sep in options.suffix:
        raise InputError(f"expected a part of a name with --suffix, received {options.suffix}")
    options.keep_color = (options.already_color or ("colorize" if files else "keep")) == "keep"
    suffix, options.passed_over = f".{options.format}" * bool(options.format), Counter()
    output, options.plans = Path(options.output), []
    for draw in range(1, len(options.draws) + 1):
        ending = f"-{draw}" if options.samples else ""
        is_file = output.suffix and not output.is_dir()
        target = output.with_stem(output.stem + ending) if is_file else output
        paths = options.inputs, target, options.sheet, options.suffix + ending, suffix
        options.plans.append(plan_jobs(*paths, options.passed_over if draw == 1 else None))
    options.jobs = options.plans[0]
    options.hinted = bool(options.hint or options.hints or options.hint_layer)
    if options.hinted:
        expect(options.pages != "all", "no --pages all with hints, which are those of one picture")
        options.pages = "first"
        _check_hints(options)


def _check_hints(options):
    from keras_colorize.inference.points import parse_point, read_points
    from keras_colorize.io.reading import picture_size, read_photograph

    if len(options.jobs) != 1:
        raise InputError(f"expected one photograph with hints, received {len(options.jobs)}")
    source = options.jobs[0].source
    width, height = picture_size(source) or read_photograph(source).pixels.shape[1::-1]
    options.points = [*(read_points(options.hints) if options.hints else []), *options.hint]
    options.size = height, width
    for point in options.points:
        parse_point(point, options.size)


def _check_grid(options):
    from keras_colorize.io import find_photographs

    expect(options.sheet, "--sheet with --grid, and -o or --sheet with --samples")
    others = [name for name in ("output", "server", "truth", "hints", "hint_layer", "hint")]
    others = [name for name in others if getattr(options, name)]
    expect(not others, f"no {flags(others)} with --grid, which writes a sheet alone")
    options.grid += [options.draws] if options.samples else []
    options.hinted, options.paths = False, [one for one, _ in find_photographs(options.inputs)]
    sheet = Path(options.sheet)
    is_input = any(os.path.realpath(path) == os.path.realpath(sheet) for path in options.paths)
    expect(not is_input, "a sheet that is no input", sheet)


def _try_grid(options):
    """Writes a sheet: a row per photograph and values of all axes but the last, its columns."""
    from keras_colorize.evaluation.sheets import CELL
    from keras_colorize.io import PhotographError, contact_sheet, read_photograph
    from keras_colorize.io.photograph import small_pixels

    *axes, last = options.grid
    colorizers, rows, captions, failed = {}, [], [], 0

    def colored(parts, pixels):
        values = {name: value for _, part in parts for name, value in part.items()}
        preset = values.pop("preset", options.preset)
        if preset not in colorizers:
            colorizers[preset] = make_colorizer(options, preset)
        return colorizers[preset].replace(**values)(pixels)

    with show_progress("colorizing", len(options.paths)) as progress:
        for path in options.paths:
            try:
                photograph = read_photograph(path, 1_000_000 * options.max_megapixels)
                pixels = small_pixels(photograph, 2 * CELL)
                for parts in itertools.product(*axes):
                    rows.append([colored((*parts, part), pixels) for part in last])
                    captions.append(": ".join([path.name, *(label for label, _ in parts)]))
            except PhotographError as error:
                progress.say(f"failed: {error}")
                failed += 1
            progress.advance()
    if rows:
        headings = [label for label, _ in last]
        for page in contact_sheet(rows, captions, options.sheet, CELL, None, headings):
            print(f"contact sheet: {page}")
    return EXIT_FAILED if failed else 0


def _colorize(options):
    if options.grid:
        return _try_grid(options)
    if options.server:
        colorizer = _remote_colorizer(options)
    else:
        hints = _hints(options) if options.hinted else None
        alone = len(options.jobs) == 1
        colorizer = make_colorizer(options, options.preset, hints=hints, alone=alone)
    options.max_pixels = 1_000_000 * options.max_megapixels
    names = ("keep_color", "max_side", "max_pixels", "quality", "skip_existing", "overwrite")
    names += ("keep_dates", "pages")
    settings = {name: getattr(options, name) for name in names}
    settings |= {
        "verbose": options.verbose,
        "record": options.record,
        "passed_over": options.passed_over,
    }
    settings["mark_colorized"] = not options.no_mark
    if options.label:
        from keras_colorize.io.photograph import labeled

        how = {"text": options.label, "corner": options.label_corner, "size": options.label_size}
        settings["label"] = functools.partial(labeled, **how)
    if options.c2pa_key:
        from keras_colorize.io.credentials import Credentials

        files = options.c2pa_certificates, options.c2pa_key
        how = options.c2pa_algorithm, options.c2pa_time
        settings["credentials"] = Credentials(*files, *how)
    codes = []
    for jobs, (_, values) in zip(options.plans, options.draws, strict=True):
        one = colorizer.replace(**values) if values else colorizer
        codes.append(_run_jobs(one, jobs, options.sheet, options.truth, **settings))
    return max(codes)


def _hints(options):
    """Makes the `Hints` of the one job; `InputError` for a wrong layer."""
    from keras_colorize.inference.hints import Hints, layer_hints, point_hints
    from keras_colorize.io import read_photograph

    size, hints = options.size, point_hints(options.points, options.size)
    if not options.hint_layer:
        return hints
    layer = layer_hints(read_photograph(options.hint_layer))
    if layer.mask.shape != size:
        sizes = "expected a layer of {1}x{0}, as the photograph, received {3}x{2}"
        sizes = sizes.format(*size, *layer.mask.shape)
        raise InputError(f"{options.hint_layer}: {sizes}")
    # What is typed lies above what is painted.
    layer.ab[hints.mask] = hints.ab[hints.mask]
    return Hints(layer.ab, layer.mask | hints.mask)


def _remote_colorizer(options):
    """Builds a colorizer that asks the server, and asks it once; `InputError` if that fails."""
    from keras_colorize.presets import list_presets
    from keras_colorize.serving import Client, RemoteColorizer, ServerError

    name, size = options.server_model or DEFAULT, options.working_size
    if not size:
        shipped = list_presets()
        if name not in shipped:
            raise InputError(f"expected --working-size with --server-model {name}, not shipped")
        size = shipped[name].working_size
    settings = {**given_options(options), "working_size": size}
    timeout, protocol = options.server_timeout or 60.0, options.server_protocol
    try:
        client = Client(options.server, name, protocol=protocol, timeout=timeout)
        colorizer = RemoteColorizer(client, **settings)
        colorizer.check()
    except (ImportError, ServerError) as error:
        raise InputError(" ".join(str(error).split())) from error
    return colorizer


def _run_jobs(
    colorizer, jobs, sheet, truth, record=None, passed_over=(), verbose=False, **settings
):
    from keras_colorize.inference.batch import colorize_files
    from keras_colorize.io.atomic import append_line

    counts, rows = {"done": 0, "skipped": 0, "failed": 0}, None
    settings |= {"keep": sheet is not None, "records": record is not None}
    passed_over, times = Counter(passed_over), [time.monotonic()]
    # Those of a server are its own.
    options = colorizer.options.record() if hasattr(colorizer, "options") else colorizer.name
    if sheet:
        from keras_colorize.evaluation import SheetRows

        rows = SheetRows(truth)
    with show_progress("colorizing", len(jobs)) as progress:
        for outcome in colorize_files(colorizer, jobs, **settings):
            (counts if outcome.status in counts else passed_over)[outcome.status] += 1
            if record:
                append_line(record, json.dumps(outcome.record))
            if outcome.after is not None:
                rows.add(outcome)
            for note in outcome.notes if outcome.status in ("done", "failed") else ():
                word = "failed" if outcome.status == "failed" else "note"
                progress.say(f"{word}: {outcome.job.source}: {note}", word == "failed")
            if verbose:
                times.append(time.monotonic())
                took = f"{outcome.job.target}, {outcome.status}, {times[-1] - times[-2]:.2f} s"
                progress.say(f"{outcome.job.source}: {took}; {options}")
            progress.advance()
    if rows and rows.rows:
        for page in rows.write(sheet, f"Colorized by {colorizer.name}"):
            print(f"contact sheet: {page}")
    said = [", ".join(f"{number} {status}" for status, number in counts.items())]
    if passed_over:
        kinds = (f"{number} {kind}" for kind, number in sorted(passed_over.items()))
        said.append(f"left out: {', '.join(kinds)}")
    print("; ".join(said))
    return EXIT_FAILED if counts["failed"] else 0


def _classify(options):
    from keras_colorize.io import PhotographError, find_photographs

    colorizer, failed = make_colorizer(options, options.preset, scenes=True), 0
    for path, _ in find_photographs(options.inputs):
        try:
            scenes = colorizer.classify(path, options.top)
            print(f"{path}: " + ", ".join(f"{name} {100 * share:.1f} %" for name, share in scenes))
        except PhotographError as error:
            print(f"failed: {error}", file=sys.stderr)
            failed += 1
    return EXIT_FAILED if failed else 0


def _demo(options):
    from keras_colorize.evaluation import write_demo_photographs
    from keras_colorize.inference import Colorizer
    from keras_colorize.io import plan_jobs

    folder = Path(options.output)
    write_demo_photographs(folder)
    jobs = plan_jobs([str(folder / "grey")], folder / "color")
    sheet, truth = folder / "sheet.png", folder / "truth"
    return _run_jobs(Colorizer.from_preset(options.preset), jobs, sheet, truth, overwrite=True)
