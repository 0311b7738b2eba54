"""What a server with a preset needs for several pictures at once.

Two tables, which `docs/deploy/batching.config` and the memory limits beside it rest on. The
SavedModel runs in processes that import TensorFlow alone, as a server would run it:

- processor seconds for each picture by the number of lightness pictures in a request of
  `serving_default`, long side the working size: what joining requests would save;
- peak memory by the number of grey JPEGs that `colorize_bytes` works on at once, by size.

    python benchmarks/serving_load.py --preset vivid
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from experiments import resources, write_grey

from keras_colorize import Colorizer
from keras_colorize.export import export_saved_model

REQUESTS = (1, 2, 4, 8)
PICTURES = 16
SIZES = ((640, 480), (1200, 900), (4000, 3000), (6000, 4000))
AT_ONCE = (1, 2, 4)

TOGETHER = """
import json, sys, time
import numpy as np, tensorflow as tf
network = tf.saved_model.load(sys.argv[1])
size, pictures, requests = json.loads(sys.argv[2])
took = {}
for count in requests:
    lightness = tf.constant(np.random.default_rng(0).uniform(0, 100, (count, *size, 1)), tf.float32)
    network.signatures["serving_default"](lightness=lightness)
    begun = time.process_time()
    for _ in range(pictures // count):
        network.signatures["serving_default"](lightness=lightness)["ab"].numpy()
    took[count] = (time.process_time() - begun) / pictures
print(json.dumps(took))
"""

AT_THE_SAME_TIME = """
import concurrent.futures, pathlib, sys
import tensorflow as tf
network = tf.saved_model.load(sys.argv[1])
content, count = pathlib.Path(sys.argv[2]).read_bytes(), int(sys.argv[3])
def colorize(_):
    return len(network.signatures["colorize_bytes"](image_bytes=tf.constant([content]))
        ["png_bytes"].numpy()[0])
with concurrent.futures.ThreadPoolExecutor(max(1, count)) as pool:
    print(list(pool.map(colorize, range(2 * count))))
"""


def main():
    """Prints both tables."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--precision", default="float32", help="auto, float32 or bfloat16")
    options = parser.parse_args()
    colorizer = Colorizer.from_preset(options.preset, precision=options.precision)
    with tempfile.TemporaryDirectory() as folder:
        served = export_saved_model(colorizer, folder, warmup=False)
        _together(served, colorizer.working_size)
        _at_the_same_time(served, Path(folder))


def _together(served, working_size):
    long, short = working_size, 32 * round(working_size * 0.75 / 32)
    sizes = json.dumps([(short, long), PICTURES, REQUESTS])
    took = json.loads(_run(TOGETHER, served, sizes)[0])
    print("| pictures in a request | processor seconds a picture |")
    print("|---|---|")
    for count, seconds in took.items():
        print(f"| {count} | {seconds:.3f} |", flush=True)


def _at_the_same_time(served, folder):
    loaded = _peak(served, folder, (1, 1), 0)
    print(f"\nloaded: {loaded:.2f} GB\n\n| size | megapixels | at once | GB more |")
    print("|---|---|---|---|")
    for size in SIZES:
        for count in AT_ONCE:
            more = _peak(served, folder, size, count) - loaded
            megapixels = size[0] * size[1] / 1e6
            print(f"| {size[0]}x{size[1]} | {megapixels:.1f} | {count} | {more:.2f} |", flush=True)


def _peak(served, folder, size, count):
    """Peak memory in GB; with a count of 0, of a process that only loads the network."""
    path = folder / "grey.jpg"
    write_grey(path, *size)
    return _run(AT_THE_SAME_TIME, served, str(path), str(count))[1]


def _run(script, served, *words):
    """What a process of its own prints, and its peak memory in GB."""
    command = [sys.executable, "-I", "-c", script, str(served), *words]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "cwd": served, "text": True}
    process = subprocess.Popen(command, **pipes)
    output = process.stdout.read()
    return output, resources(process, f"{sys.executable} on {served}")[1] / 1e9


if __name__ == "__main__":
    main()
