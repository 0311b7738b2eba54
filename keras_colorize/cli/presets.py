"""The commands of presets: `presets` lists what ships, `import` makes one of published weights."""

import sys
from pathlib import Path

from keras_colorize.errors import InputError
from .common import EXIT_FAILED

LEGEND = """\
vivid: colorfulness, % of the true one; nearest, skin: error of ab on photographs, on faces.
--preset takes the name; vivid@1 that version alone. * is used when none is named."""


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("presets", help="list the presets: what for, size, figures")
    command.set_defaults(run=_presets, needs_keras=False)
    command = commands.add_parser("import", help="make a preset of a checkpoint of others")
    file = "checkpoint of DDColor, siggraph17 or eccv16: .pth, .bin or .safetensors"
    command.add_argument("file", metavar="FILE", help=file)
    command.add_argument("-o", "--output", required=True, metavar="FOLDER", help="preset to write")
    command.add_argument("--overwrite", action="store_true", help="replace an existing preset")
    command.set_defaults(run=_import, check=_check_import)


def _check_import(options):
    from keras_colorize.presets import CONFIG_FILE

    if not Path(options.file).is_file():
        raise InputError(f"Expected a checkpoint, received no such file: {options.file}.")
    if (Path(options.output) / CONFIG_FILE).exists() and not options.overwrite:
        raise InputError(
            f"Expected a folder without a preset, received {options.output}; --overwrite replaces."
        )


def _import(options):
    from keras_colorize.presets.published import import_checkpoint

    config = import_checkpoint(options.file, options.output, options.overwrite)
    print(f"{options.output}: {config.network}, {config.license}; {config.description}")
    print(f"Use it: keras-colorize colorize photo.jpg --preset {options.output}")
    return 0


def _presets(_):
    from keras_colorize import presets

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
    print(f"\n{LEGEND}")
    for error in damaged:
        print(f"keras-colorize: damaged: {error}", file=sys.stderr)
    return EXIT_FAILED if damaged else 0
