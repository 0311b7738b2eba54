"""Seconds and peak memory of `keras-colorize colorize`, by size of the photograph.

Each size is a grey JPEG that the benchmark makes, colorized by a process of its own; the first
row, a picture of one pixel, is what starting costs:

    python benchmarks/photograph_sizes.py --preset vivid
"""

import argparse
import tempfile
from pathlib import Path

from experiments import colorize, write_grey

SIZES = ((1, 1), (256, 256), (1024, 1024), (4000, 3000), (12000, 9000))


def main():
    """Prints a table, a row per size."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    options = parser.parse_args()
    print("| size | megapixels | seconds | processor seconds | peak memory, GB |")
    print("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for width, height in SIZES:
            grey, made = Path(folder, "grey.jpg"), Path(folder, f"{width}x{height}.jpg")
            write_grey(grey, width, height)
            wall, processor, peak = colorize(grey, made, options.precision, options.preset)
            cells = f"{wall:.1f} | {processor:.1f} | {peak / 1e9:.2f}"
            print(f"| {width}x{height} | {width * height / 1e6:.1f} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
