"""The command that lists the shipped networks: `presets`. It needs no Keras."""

import sys

from .common import EXIT_FAILED

LEGEND = """\
vivid: colorfulness, % of the true one; nearest, skin: error of ab on photographs, on faces.
--preset takes the name; vivid@1 that version alone. * is used when none is named."""


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("presets", help="list the presets: what for, size, figures")
    command.set_defaults(run=_presets, needs_keras=False)


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
        size = f"{(folder / presets.WEIGHTS_FILE).stat().st_size / 1e6:.1f}"
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
