"""Pictures per second of `keras-colorize bulk` on this machine, by its number of workers.

Each number of workers colorizes the same folder into a fresh one, and then again, when all is
done: that is what starting the workers, loading the network and comparing checksums costs.

    keras-colorize export vivid -o served
    python benchmarks/bulk.py photographs/ --saved-model served/vivid/1
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def main():
    """Prints a table, a row per number of workers."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("inputs", nargs="+", help="files, folders and patterns")
    parser.add_argument("--saved-model", required=True, help="folder <name>/<version>")
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    print("| workers | pictures | seconds | of it starting | pictures/s | processor s/picture |")
    print("|---|---|---|---|---|---|")
    for workers in options.workers:
        with tempfile.TemporaryDirectory() as folder:
            seconds, processor = _measure(options, folder, workers)
            count = len((Path(folder) / "manifest.jsonl").read_text("utf-8").splitlines())
            idle, idle_processor = _measure(options, folder, workers)
        cells = f"{seconds:.1f} | {idle:.1f} | {count / (seconds - idle):.2f}"
        each = (processor - idle_processor) / count
        print(f"| {workers} | {count} | {cells} | {each:.2f} |", flush=True)


def _measure(options, folder, workers):
    command = [sys.executable, "-m", "keras_colorize", "bulk", *options.inputs]
    command += ["-o", folder, "--saved-model", options.saved_model, "--"]
    command += [f"--direct_num_workers={workers}", "--direct_running_mode=multi_processing"]
    start, before = time.perf_counter(), os.times()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}")
    after = os.times()
    # Workers are children of the command, which waits for them.
    processor = sum(getattr(after, name) - getattr(before, name) for name in _CHILDREN)
    return time.perf_counter() - start, processor


_CHILDREN = ("children_user", "children_system")


if __name__ == "__main__":
    main()
