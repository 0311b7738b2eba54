"""An exported SavedModel against the `Colorizer` that it was made from, on a folder.

The SavedModel runs in a process that imports TensorFlow alone. Printed are the largest and the
mean difference in levels of 8 bits, the time that each picture takes, and then time and peak
memory of a process that loads the SavedModel and colorizes one grey JPEG twice, by size; the first
row, a picture of one pixel, is what loading costs:

    python benchmarks/serving.py photographs/ --preset vivid
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from experiments import resources, write_grey

from keras_colorize import Colorizer
from keras_colorize.export import export_saved_model
from keras_colorize.io import (
    find_photographs,
    read_photograph,
)

SIZES = ((1, 1), (256, 256), (1024, 1024), (4000, 3000), (11000, 9000))
BATCH = 8

# Runs apart: a folder of encoded pictures in, PNG files beside them and the seconds out.
SERVED = """
import json, pathlib, sys, time
import tensorflow as tf
network = tf.saved_model.load(sys.argv[1])
paths = [pathlib.Path(path) for path in sys.argv[3:]]
colorize, step = network.signatures["colorize_bytes"], int(sys.argv[2])
took = spent = 0.0
for warm in (True, False):
    for start in range(0, step if warm else len(paths), step):
        part = paths[start : start + step]
        contents = tf.constant([path.read_bytes() for path in part])
        begun, busy = time.perf_counter(), time.process_time()
        made = colorize(image_bytes=contents)["png_bytes"].numpy()
        took += 0.0 if warm else time.perf_counter() - begun
        spent += 0.0 if warm else time.process_time() - busy
        for path, content in zip(part, made):
            path.with_name(path.name + ".out").write_bytes(content)
alone = "keras_colorize" not in sys.modules
print(json.dumps({"times": [took / len(paths), spent / len(paths)], "alone": alone}))
"""


def main():
    """Prints the comparison and the table of memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", help="photographs in formats that a server reads")
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--precision", default="float32", help="auto, float32 or bfloat16")
    parser.add_argument("--refine", help="none, mrf or mrf-paper")
    parser.add_argument("--working-size", type=int)
    parser.add_argument("--limit", type=int, help="the first photographs only")
    options = parser.parse_args()
    chosen = {"refine": options.refine, "working_size": options.working_size}
    colorizer = Colorizer.from_preset(options.preset, precision=options.precision, **chosen)
    with tempfile.TemporaryDirectory() as folder:
        served = export_saved_model(colorizer, folder, warmup=False)
        size = sum(path.stat().st_size for path in served.rglob("*") if path.is_file())
        print(f"{colorizer.name}, {options.precision}: {size / 1e6:.1f} MB", flush=True)
        paths = [path for path, _ in find_photographs([options.folder])][: options.limit]
        _compare(colorizer, served, paths, Path(folder))
        _memory(served, Path(folder))


def _compare(colorizer, served, paths, folder):
    copies = [folder / f"{index}{path.suffix}" for index, path in enumerate(paths)]
    for path, copy in zip(paths, copies, strict=True):
        copy.write_bytes(path.read_bytes())
    largest, total, pixels, python = 0, 0, 0, np.zeros(2)
    alone, _ = _run(served, 1, copies)
    colorizer(read_photograph(copies[0]))
    for copy in copies:
        begun = np.array([time.perf_counter(), time.process_time()])
        expected = colorizer(read_photograph(copy)).pixels.astype(int)
        python += np.array([time.perf_counter(), time.process_time()]) - begun
        made = read_photograph(copy.with_name(f"{copy.name}.out")).pixels
        difference = np.abs(made - expected)
        largest, total = max(largest, difference.max()), total + difference.sum()
        pixels += difference.size
    together, _ = _run(served, BATCH, copies)
    print(f"{len(paths)} photographs: differences of {largest} at most, {total / pixels:.6f} mean")
    print("| a picture | seconds | processor seconds |")
    print("|---|---|---|")
    print(f"| served one at a time | {alone[0]:.3f} | {alone[1]:.3f} |")
    print(f"| served in batches of {BATCH} | {together[0]:.3f} | {together[1]:.3f} |")
    wall, busy = python / len(paths)
    print(f"| Colorizer, with reading and without writing | {wall:.3f} | {busy:.3f} |", flush=True)


def _memory(served, folder):
    print("| size | megapixels | seconds | processor seconds | peak memory, GB |")
    print("|---|---|---|---|---|")
    for width, height in SIZES:
        path = folder / "grey.jpg"
        write_grey(path, width, height)
        (wall, busy), peak = _run(served, 1, [path])
        cells = f"{width * height / 1e6:.1f} | {wall:.2f} | {busy:.2f} | {peak / 1e9:.2f}"
        print(f"| {width}x{height} | {cells} |", flush=True)


def _run(served, batch, paths):
    """Seconds and processor seconds a picture, and peak memory in bytes, of an own process."""
    command = [sys.executable, "-I", "-c", SERVED, str(served), str(batch), *map(str, paths)]
    # The folder as working folder, from which the package could be imported, is kept away too.
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "cwd": served}
    process = subprocess.Popen(command, **pipes)
    output = process.stdout.read()
    _, peak = resources(process, f"{sys.executable} on {served}")
    report = json.loads(output)
    if not report["alone"]:
        raise SystemExit("Expected a process without keras_colorize, it was imported.")
    return report["times"], peak


if __name__ == "__main__":
    main()
