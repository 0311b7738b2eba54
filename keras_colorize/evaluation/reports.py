"""Files with everything that was measured: a table per picture, and a record of the whole."""

import csv
import io
import json
import math
import sys
from pathlib import Path

import keras
import numpy as np

from keras_colorize import __version__
from keras_colorize.evaluation.table import LABELS
from keras_colorize.io import writable_format
from keras_colorize.io.atomic import atomic_file
from keras_colorize.presets import sha256


def check_targets(paths, sheet=None, overwrite=False):
    """Refuses files that would be lost or cannot be written, before anything is measured.

    Args:
        paths: files that will be written.
        sheet: the contact sheet among them, or None.
        overwrite: whether existing files are replaced.

    Raises:
        ValueError: if one exists and is not to be replaced, is meant for two things, or the
            sheet is neither PNG nor JPEG.
        PhotographError: if the sheet's suffix is that of no picture.
    """
    resolved = [Path(path).resolve() for path in paths]
    if len(set(resolved)) < len(resolved):
        raise ValueError(f"Expected different files, received {', '.join(map(str, paths))}.")
    existing = [str(path) for path in paths if Path(path).exists()]
    if existing and not overwrite:
        raise ValueError(f"{', '.join(existing)}: exists; --overwrite replaces it.")
    if sheet and writable_format(sheet).name not in ("PNG", "JPEG"):
        raise ValueError(f"{sheet}: expected a .png or .jpg contact sheet.")


def write_csv(path, measurement, folder, overwrite=False):
    """Writes the figures of every picture, a row per picture and method.

    Args:
        path: file to write.
        measurement: a `Measurement`.
        folder: folder that the paths of photographs are given in.
        overwrite: whether an existing file is replaced.

    Raises:
        PhotographError: if the file exists and is not to be replaced, or cannot be written.
    """
    rows = [
        {"path": _relative(photograph, folder), "method": method, **figures}
        for photograph, methods in measurement.results.items()
        for method, figures in methods.items()
    ]
    columns = dict.fromkeys(column for row in rows for column in row)
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, columns)
    writer.writeheader()
    writer.writerows(rows)
    with atomic_file(path, overwrite) as stream:
        stream.write(text.getvalue().encode())


def write_json(path, record, overwrite=False):
    """Writes a record.

    Args:
        path: file to write.
        record: what `describe` returns. Infinity, which JSON does not know, becomes `"inf"`.
        overwrite: whether an existing file is replaced.

    Raises:
        PhotographError: if the file exists and is not to be replaced, or cannot be written.
    """
    text = json.dumps(_finite(record), indent=2, ensure_ascii=False, allow_nan=False)
    with atomic_file(path, overwrite) as stream:
        stream.write((text + "\n").encode())


def describe(measurement, summary, folder, outputs=None):
    """Makes a record of a measurement.

    Args:
        measurement: a `Measurement`.
        summary: what `summarize` made of it.
        folder: folder that the paths of photographs are given in.
        outputs: None, or dict of path to path of the colorized pictures.

    Returns:
        dict that JSON can hold: versions, n, failures, metrics by method, their labels, and the
        sha256 of every photograph that was measured.
    """
    paths = list(measurement.results)
    record = {
        "versions": _versions(),
        "n": len(paths),
        "failed": {_relative(p, folder): why for p, why in measurement.failures.items()},
        "metrics": summary,
        "labels": LABELS,
        "photographs": {_relative(path, folder): sha256(path) for path in paths},
    }
    if outputs is not None:
        made = {_relative(path, folder): sha256(outputs[path]) for path in paths}
        record["colorized_pictures"] = made
    return record


def _versions():
    backend = keras.backend.backend()
    return {
        "keras_colorize": __version__,
        "keras": keras.version(),
        "backend": f"{backend} {sys.modules[backend].__version__}",
        "numpy": np.__version__,
        "python": sys.version.split()[0],
    }


def _relative(path, folder):
    path = Path(path)
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def _finite(value):
    if isinstance(value, dict):
        return {key: _finite(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value
