"""What the benchmarks share: training as a user does it, presets by label, costs, errors."""

import argparse
import contextlib
import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import skimage.data

from keras_colorize import PresetError
from keras_colorize.io import Photograph, PhotographError, write_photograph

TRAINERS = Path(__file__).parents[1] / "trainers"


def train(trainer, run, flags):
    """Trains by a script of `trainers/`, unless it is done; returns the folder of the preset."""
    # The standard output of a script is its table alone.
    command = [sys.executable, TRAINERS / trainer, f"--run={run}", *flags]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return Path(run) / "preset"


def labelled(text):
    """Reads `PRESET` or `LABEL=PRESET` as a pair; the label is by default the last part."""
    label, given, preset = text.partition("=")
    return (label, preset) if given else (Path(text).resolve().name, text)


def named_set(text):
    """Reads `NAME=FOLDER[:LIMIT]` as `(name, (folder, limit))`; the limit may be None."""
    name, given, folder = text.partition("=")
    if not (name and given and folder):
        raise argparse.ArgumentTypeError(f"expected NAME=FOLDER[:LIMIT], received {text!r}")
    limited = re.fullmatch(r"(.+):(\d+)", folder)
    return name, ((limited[1], int(limited[2])) if limited else (folder, None))


def unique(pairs):
    """Makes a dict of pairs; `ValueError` for two of one label, as folders of one name have."""
    found = dict(pairs)
    if len(found) < len(pairs):
        labels = ", ".join(label for label, _ in pairs)
        raise ValueError(f"expected different labels, received {labels}; LABEL=... gives another.")
    return found


def median_seconds(call, repeats):
    """Median time of calls after two that are not counted."""
    call(), call()
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return float(np.median(times))


def take_turns(runs, lightness, rounds, calls=5):
    """Seconds and processor seconds of every round, by name."""
    spent = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            # The threads of the one before go to sleep.
            time.sleep(0.2)
            run(lightness)
            start = np.array([time.perf_counter(), time.process_time()])
            for _ in range(calls):
                run(lightness)
            took = np.array([time.perf_counter(), time.process_time()]) - start
            # The first round finds and compiles what is quickest.
            spent[name] += [took / calls] if number else []
    return {name: np.array(times) for name, times in spent.items()}


def colorize(source, target, precision, preset=None, watch=None):
    """Runs `keras-colorize colorize` in a process of its own; `watch` is called with it meanwhile.

    Returns `(seconds, processor seconds, peak memory in bytes)`.
    """
    command = [sys.executable, "-m", "keras_colorize", "colorize", str(source)]
    command += ["-o", str(target), "--precision", precision]
    command += ["--preset", preset] if preset else []
    start = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if watch:
        watch(process)
    processor, peak = resources(process, " ".join(command))
    return time.perf_counter() - start, processor, peak


def resources(process, name):
    """Waits for a process: `(processor seconds, peak memory in bytes)`; ends where it failed."""
    # wait4 tells the resources of this very process, not those of the largest so far.
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{name} failed")
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024


def write_grey(path, width, height):
    """Writes a grey photograph of any size, made from one of scikit-image."""
    camera = skimage.data.camera()
    columns, rows = (
        np.linspace(0, len(camera) - 1, side).round().astype(int) for side in (width, height)
    )
    grey = np.repeat(camera[rows][:, columns, None], 3, axis=-1)
    write_photograph(path, Photograph(grey), mark_colorized=False, overwrite=True)


@contextlib.contextmanager
def plain_errors():
    """Ends the script with one line where a preset, a photograph or an option cannot be used."""
    try:
        yield
    except (PhotographError, PresetError, OSError, ValueError) as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")
