"""Figures of presets on sets of photographs, kept in files so that none is measured twice."""

import dataclasses
import hashlib
import json
import logging
from pathlib import Path

import keras

from keras_colorize import __version__
from keras_colorize.evaluation import (
    describe,
    make_judges,
    measure,
    measured_paths,
    sha256,
    summarize,
    write_json,
)
from keras_colorize.evaluation.pictures import LONG_SIDE
from keras_colorize.precision import resolve_precision

SCENES = ("scene_top1", "scene_top5")
TEXTS = ("description", "license", "trained_on")


class Photographs:
    """A set of color photographs.

    Args:
        folder: folder that holds them.
        limit: how many are taken, in the order of their paths; None for all.

    Attributes:
        paths: their paths.
        checksums: dict of path within the folder to SHA-256.

    Raises:
        PhotographError: if there are none.
    """

    def __init__(self, folder, limit=None):
        self.folder = folder
        self.paths = measured_paths(folder, limit)
        self.checksums = {str(Path(p).relative_to(folder)): sha256(p) for p in self.paths}


def figures_of(subject, photographs, options):
    """Measures a preset, unless that was done before.

    Args:
        subject: has a `config`, a `colorizer`, and `methods` by name.
        photographs: `Photographs`.
        options: has `cache`, `classifier`, `precision` and `workers`.

    Returns:
        dict of method to dict of figure to float, see `summarize`: grey, the methods and truth;
        a preset without methods has its scenes under `default`. None if it has nothing there.

    Raises:
        ValueError: if a file of the cache is damaged, or the classifier cannot be used.
    """
    asked = _asked(subject, photographs, options)
    digest = hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()
    path = Path(options.cache or "") / f"{subject.config.network}-{digest[:16]}.json"
    if options.cache and path.exists():
        return _read(path)
    summary, record = _measured(subject, photographs, options)
    if options.cache and summary:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, {"asked": asked, **record, "metrics": summary})
    return summary


def _asked(subject, photographs, options):
    """All that decides the figures."""
    config = dataclasses.asdict(subject.config)
    return {
        "version": __version__,
        "preset": {key: value for key, value in config.items() if key not in TEXTS},
        "precision": resolve_precision(options.precision),
        "long_side": LONG_SIDE,
        "classifier": options.classifier and sha256(options.classifier),
        "photographs": photographs.checksums,
    }


def _read(path):
    try:
        metrics = json.loads(path.read_text(encoding="utf-8"))["metrics"]
        return {
            method: {key: float(value) for key, value in row.items()}
            for method, row in metrics.items()
        }
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise ValueError(f"{path}: expected figures of this command, found {error!r}.") from error


def _measured(subject, photographs, options):
    # TensorFlow advises against inputs of many sizes, which photographs have.
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    keras.utils.set_random_seed(0)
    paths, folder = photographs.paths, photographs.folder
    scenes = subject.colorizer, tuple(subject.methods) or ("grey",), folder
    judges, absent = make_judges(paths, options.classifier, scenes=scenes)
    if not subject.methods and any("scene" in figure for figure in absent):
        return None, None
    measurement = measure(subject.methods, paths, judges=judges, workers=options.workers)
    if measurement.failures:
        path, reason = next(iter(measurement.failures.items()))
        raise ValueError(f"{path}: {reason}")
    summary = summarize(measurement.results, measurement.totals)
    if not subject.methods:
        summary = _of_scenes(summary)
    return summary, describe(measurement, summary, folder)


def _of_scenes(summary):
    """What a network without colors saw in the grey pictures is its own figure, not grey's."""
    grey = {key: value for key, value in summary["grey"].items() if key not in SCENES}
    seen = {key: summary["grey"][key] for key in SCENES}
    return {**summary, "grey": grey, "default": seen}
