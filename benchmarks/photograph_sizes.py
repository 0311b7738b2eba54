"""Seconds and peak memory of `keras-colorize colorize`, by size of the photograph.

Each size is a grey JPEG that the benchmark makes, colorized by a process of its own; the first
row, a picture of one pixel, is what starting costs:

    python benchmarks/photograph_sizes.py --preset distribution_unet_photos
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data

from keras_colorize.files import Photograph, write_photograph

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
            _make(Path(folder) / "grey.jpg", width, height)
            wall, processor, peak = _measure(Path(folder), options)
            cells = f"{wall:.1f} | {processor:.1f} | {peak / 1e9:.2f}"
            print(f"| {width}x{height} | {width * height / 1e6:.1f} | {cells} |", flush=True)


def _make(path, width, height):
    camera = skimage.data.camera()
    rows = np.linspace(0, len(camera) - 1, height).round().astype(int)
    columns = np.linspace(0, len(camera) - 1, width).round().astype(int)
    grey = camera[rows][:, columns, None]
    photograph = Photograph(np.repeat(grey, 3, axis=-1))
    write_photograph(path, photograph, mark_colorized=False, overwrite=True)


def _measure(folder, options):
    command = [sys.executable, "-m", "keras_colorize_command", "colorize", str(folder / "grey.jpg")]
    command += ["-o", str(folder / "color.jpg"), "--overwrite", "--precision", options.precision]
    command += ["--preset", options.preset] if options.preset else []
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # wait4 tells the resources of this very process, not those of the largest so far.
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{' '.join(command)} failed")
    wall = time.perf_counter() - start
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


if __name__ == "__main__":
    main()
