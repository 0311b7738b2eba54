"""An exported SavedModel against the `Colorizer` that it was made from, and what a server needs.

    python benchmarks/serving.py photographs/ --preset vivid

The SavedModel runs in processes that import TensorFlow alone, as a server would run it. Printed
are the largest and the mean difference in levels of 8 bits, the time that each picture takes,
then peak memory by size and by the number of grey JPEGs that `colorize_bytes` works on at once;
the first row, a picture of one pixel, is what loading costs. `docs/deploy/batching.config` and
the limits beside it rest on that.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from common import resources, write_grey

from keras_colorize import Colorizer
from keras_colorize.export import export_saved_model
from keras_colorize.io import find_photographs, read_photograph

SIZES = ((1, 1), (1024, 1024), (4000, 3000), (6000, 4000), (11000, 9000))
AT_ONCE = (1, 2, 4)
BATCH = 8

# Runs apart: encoded pictures in, PNG files beside them and seconds a picture out. Each request
# has `step` pictures, and `threads` of them run at once.
SERVED = """
import concurrent.futures, json, pathlib, sys, time
import tensorflow as tf
network = tf.saved_model.load(sys.argv[1])
step, threads, paths = int(sys.argv[2]), int(sys.argv[3]), list(map(pathlib.Path, sys.argv[4:]))
colorize = network.signatures["colorize_bytes"]
def answer(start):
    part = paths[start : start + step]
    made = colorize(image_bytes=tf.constant([path.read_bytes() for path in part]))["png_bytes"]
    for path, content in zip(part, made.numpy()):
        path.with_name(path.name + ".out").write_bytes(content)
answer(0)
begun, busy = time.perf_counter(), time.process_time()
with concurrent.futures.ThreadPoolExecutor(threads) as pool:
    list(pool.map(answer, range(0, len(paths), step)))
spent = time.perf_counter() - begun, time.process_time() - busy
alone = "keras_colorize" not in sys.modules
print(json.dumps({"times": [one / len(paths) for one in spent], "alone": alone}))
"""


def main():
    """Prints the comparison and the table of memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", help="photographs, JPEG or PNG")
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--precision", default="float32", help="auto, float32 or bfloat16")
    parser.add_argument("--limit", type=int, help="the first photographs only")
    options = parser.parse_args()
    colorizer = Colorizer.from_preset(options.preset, precision=options.precision)
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
    alone, _ = _run(served, copies)
    colorizer(read_photograph(copies[0]))
    for copy in copies:
        begun = np.array([time.perf_counter(), time.process_time()])
        expected = colorizer(read_photograph(copy)).pixels.astype(int)
        python += np.array([time.perf_counter(), time.process_time()]) - begun
        made = read_photograph(copy.with_name(f"{copy.name}.out")).pixels
        difference = np.abs(made - expected)
        largest, total = max(largest, difference.max()), total + difference.sum()
        pixels += difference.size
    together, _ = _run(served, copies, step=BATCH)
    print(f"{len(paths)} photographs: differences of {largest} at most, {total / pixels:.6f} mean")
    print("| a picture | seconds | processor seconds |\n|---|---|---|")
    for name, (wall, busy) in {
        "served one at a time": alone,
        f"served in batches of {BATCH}": together,
        "Colorizer, with reading and without writing": python / len(paths),
    }.items():
        print(f"| {name} | {wall:.3f} | {busy:.3f} |", flush=True)


def _memory(served, folder):
    print("\n| size | megapixels | at once | seconds | processor seconds | peak memory, GB |")
    print("|---|---|---|---|---|---|")
    for width, height in SIZES:
        for threads in AT_ONCE if 1 < width < 10000 else AT_ONCE[:1]:
            paths = [folder / f"{number}.jpg" for number in range(2 * threads)]
            for path in paths:
                write_grey(path, width, height)
            (wall, busy), peak = _run(served, paths, threads=threads)
            cells = f"{threads} | {wall:.2f} | {busy:.2f} | {peak / 1e9:.2f}"
            print(f"| {width}x{height} | {width * height / 1e6:.1f} | {cells} |", flush=True)


def _run(served, paths, step=1, threads=1):
    """Seconds and processor seconds a picture, and peak memory in bytes, of an own process."""
    command = [sys.executable, "-I", "-c", SERVED, str(served), str(step), str(threads)]
    # The folder as working folder, from which the package could be imported, is kept away too.
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "cwd": served}
    process = subprocess.Popen([*command, *map(str, paths)], **pipes)
    output = process.stdout.read()
    _, peak = resources(process, f"{sys.executable} on {served}")
    report = json.loads(output)
    if not report["alone"]:
        raise SystemExit("Expected a process without keras_colorize, it was imported.")
    return report["times"], peak


if __name__ == "__main__":
    main()
