"""What the experiments share: training as a user does it, presets by label, seconds, errors."""

import contextlib
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from keras_colorize import PresetError
from keras_colorize.files import PhotographError

TRAINERS = Path(__file__).parents[1] / "trainers"


def train(trainer, run, flags):
    """Trains, or goes on, or finds that the run is finished.

    Args:
        trainer: name of a script in `trainers/`.
        run: folder of the run.
        flags: list of further flags.

    Returns:
        Folder of the preset.
    """
    # The standard output of a script is its table alone.
    command = [sys.executable, TRAINERS / trainer, f"--run={run}", *flags]
    subprocess.run(command, check=True, stdout=sys.stderr)
    return Path(run) / "preset"


def labelled(text):
    """Reads `PRESET` or `LABEL=PRESET`.

    Args:
        text: name or folder of a preset, of which the label is by default the last part.

    Returns:
        `(label, name or folder)`.
    """
    label, given, preset = text.partition("=")
    return (label, preset) if given else (Path(text).resolve().name, text)


def unique(pairs):
    """Makes a dict of labelled things.

    Args:
        pairs: list of `(label, thing)`.

    Returns:
        dict of label to thing.

    Raises:
        ValueError: if two have the same label, as presets in folders of the same name have.
    """
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


@contextlib.contextmanager
def plain_errors():
    """Ends the script with one line where a preset, a photograph or an option cannot be used."""
    try:
        yield
    except (PhotographError, PresetError, OSError, ValueError) as error:
        sys.exit(f"{Path(sys.argv[0]).name}: {error}")
