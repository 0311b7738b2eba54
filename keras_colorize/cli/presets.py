"""The commands of presets: `presets` lists what ships, `import` makes one of published weights."""

import sys
import tempfile
from pathlib import Path

from keras_colorize import presets
from keras_colorize.errors import expect
from keras_colorize.presets.download import (
    CACHE,
    PUBLISHED,
    cached_preset,
    is_cached,
    published_name,
)
from .common import EXIT_FAILED
from .progress import show_progress

LEGEND = """\
vivid: colorfulness, % of the true one; nearest, skin: error of ab on photographs, on faces.
--preset takes the name; vivid@1 that version alone. * is used when none is named."""


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("presets", help="list the presets: what for, size, figures")
    command.set_defaults(run=_presets, needs_keras=False)
    command = commands.add_parser("import", help="make a preset of weights that others published")
    what = f"{', '.join(PUBLISHED)}: fetched into the user's cache (${CACHE}); or a checkpoint "
    what += "of DDColor, siggraph17 or eccv16: .pth, .bin or .safetensors"
    command.add_argument("source", nargs="?", metavar="NAME_OR_FILE", help=what)
    command.add_argument("-o", "--output", metavar="FOLDER", help="preset to write")
    command.add_argument("--overwrite", action="store_true", help="replace an existing preset")
    check = "colorize the photographs of `demo` with it, or all that were fetched; print figures "
    check += "beside the published ones"
    command.add_argument("--check", action="store_true", dest="measured", help=check)
    command.set_defaults(run=_import, check=_check_import)


def _check_import(options):
    options.fetched = [name for name in PUBLISHED if is_cached(name)]
    if options.source is None and options.measured and options.fetched:
        return
    source = options.source or "nothing"
    options.name = None if Path(source).is_file() else published_name(source)
    known = f"one of {', '.join(PUBLISHED)} or a checkpoint"
    is_known = options.name or Path(source).is_file()
    expect(is_known, f"{known}, received no such file: {source}")
    expect(options.name or options.output, "-o FOLDER with a checkpoint")
    taken = options.output and (Path(options.output) / presets.CONFIG_FILE).exists()
    free = options.overwrite or not taken
    expect(free, f"no preset in {options.output}; --overwrite replaces it")


def _import(options):
    if options.source is None:
        for name in options.fetched:
            _measure(cached_preset(name), PUBLISHED[name].figures)
        return 0
    if options.name:
        fetch(options.name, options.output, options.overwrite)
    else:
        presets.import_checkpoint(options.source, options.output, options.overwrite)
    folder = options.output or cached_preset(options.name)
    config = presets.read_config(folder)
    print(f"{folder}: {config.network}, {config.license}; {config.description}")
    preset = options.output or options.name
    print(f"Use it: keras-colorize colorize photo.jpg -o color.jpg --preset {preset}")
    if options.measured:
        _measure(folder, PUBLISHED[options.name].figures if options.name else "")
    return 0


def fetch(name, folder=None, overwrite=False):
    """Fetches a published preset, unless it is in the cache, and says what comes from whom."""
    if is_cached(name) and not (folder or overwrite):
        return
    file, target = PUBLISHED[name], folder or cached_preset(name)
    said = f"{name}: {file.megabytes} MB from {file.url}, {file.license}, by {file.citation}"
    with show_progress("fetching", file.megabytes, "MB") as progress:
        progress.say(f"{said}; to {target}")
        presets.fetch_preset(name, folder, overwrite, progress.reach)


def _measure(folder, figures):
    """Prints how a preset colorizes the photographs of `demo`, and what was published of it."""
    from keras_colorize import evaluation
    from keras_colorize.inference import Colorizer

    colorizer = Colorizer.from_preset(folder)
    with tempfile.TemporaryDirectory() as photographs:
        evaluation.write_demo_photographs(photographs)
        paths = evaluation.measured_paths(Path(photographs) / "truth")
        found = evaluation.measure({colorizer.name: colorizer}, paths).summary()
    print(f"\n{evaluation.format_table(found)}\n\n{len(paths)} photographs of `demo`.")
    print(f"Published: {figures or 'no figures of these weights'}.")


def _presets(_):
    lines, damaged = [("preset", "vivid", "nearest", "skin", "MB", "what for")], []
    for name, folder in presets.shipped_folders().items():
        try:
            config = presets.check_preset(folder)
        except presets.PresetError as error:
            damaged.append(error)
            continue
        metrics = {key: f"{value:.2f}" for key, value in config.metrics.items()}
        if "vivid" in metrics:
            metrics["vivid"] = f"{100 * config.metrics['vivid']:.0f} %"
        cells = (metrics.get(key, "-") for key in ("vivid", "nearest", "skin"))
        size = f"{(folder / config.weights).stat().st_size / 1e6:.1f}"
        star = " *" if name == presets.DEFAULT else ""
        lines.append((name + star, *cells, size, config.description))
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for name, *cells, purpose in lines:
        cells = map(str.rjust, cells, widths[1:-1])
        print("  ".join([name.ljust(widths[0]), *cells, purpose]).rstrip())
    print(f"\n{LEGEND}\nPublished by others, fetched when asked for: {', '.join(PUBLISHED)}")
    for error in damaged:
        print(f"keras-colorize: damaged: {error}", file=sys.stderr)
    return EXIT_FAILED if damaged else 0
