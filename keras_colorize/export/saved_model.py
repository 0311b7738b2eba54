"""Networks as SavedModels, in the layout that TensorFlow Serving watches."""

import contextlib
import dataclasses
import json
import shutil
import uuid
from pathlib import Path

import keras
import tensorflow as tf

from keras_colorize.export.signatures import make_signatures
from keras_colorize.inference.tiles import TILE

MAX_PIXELS = 100_000_000
"""Most pixels of a picture that a served network decodes, unless another limit is asked for."""

EXTRA = "assets.extra"
"""Folder beside a SavedModel's graph for files that are no part of it."""


def export_saved_model(colorizer, folder, *, name=None, version=None, max_pixels=MAX_PIXELS):
    """Writes a SavedModel that TensorFlow Serving serves, and other programs load.

    It holds the network of the colorizer in its precision, and all its options: working size,
    decoder, temperature, saturation, rebalancing and refinement. Signatures, for N pictures:

    - `serving_default`: `lightness` float32 (N, H, W, 1), L* in 0..100, sides multiples of 32,
      to `ab` float32 (N, h, w, 2), decoded and multiplied by the saturation.
    - `colorize_bytes`: `image_bytes` string (N,), files in JPEG, PNG, GIF, BMP or WebP of any
      sizes, to `png_bytes` string (N,), upright, at their own sizes.
    - `colorize_bytes_with`: the same with `saturation` and `temperature`, float32 (N,), in place
      of those of the colorizer.
    - `classify_bytes`, where the network has scene classes: `image_bytes` to `scenes` string
      (N, k) and `probabilities` float32 (N, k), the k = 5 likeliest, best first.

    Args:
        colorizer: a `Colorizer` on the TensorFlow backend, without style, palette and hints.
        folder: folder of served networks; it is made.
        name: name of the network there; None for that of the colorizer.
        version: number of the version, above 0; None for the one after the highest there.
        max_pixels: most pixels of a picture that is decoded.

    Returns:
        Path of the SavedModel, `<folder>/<name>/<version>`.

    Raises:
        ValueError: for a colorizer that cannot be exported, or a wrong version or limit.
        FileExistsError: if that version is there already.
    """
    _check(colorizer)
    model_folder = Path(folder) / (name or colorizer.name)
    version = _version(model_folder, version)
    with _new_folder(model_folder / str(version)) as target:
        module = tf.Module()
        module.weights = [variable.value for variable in colorizer.model.variables]
        signatures = make_signatures(colorizer, max_pixels)
        tf.saved_model.save(module, target, signatures=signatures)
        (target / EXTRA).mkdir()
        _write_contract(colorizer, target / EXTRA)
    return model_folder / str(version)


def _check(colorizer):
    if keras.backend.backend() != "tensorflow":
        raise ValueError(
            f"Expected the backend tensorflow to export with, found {keras.backend.backend()}."
        )
    for name in ("style", "palette", "hints"):
        if getattr(colorizer, name) is not None:
            raise ValueError(
                f"Expected a colorizer without style, palette and hints, which are for one "
                f"picture and not for a server, received one with a {name}."
            )
    if colorizer.refinement and colorizer.working_size > TILE:
        raise ValueError(
            f"Expected a working size of at most {TILE} with a refinement, whose tiles are not "
            f"exported, received {colorizer.working_size}."
        )


def _version(folder, version):
    taken = [int(path.name) for path in folder.glob("*") if path.name.isdecimal()]
    if version is None:
        return max(taken, default=0) + 1
    if not (isinstance(version, int) and version > 0):
        raise ValueError(f"Expected a version above 0, received {version!r}.")
    if version in taken:
        raise FileExistsError(f"{folder}: expected a new version, {version} is there already.")
    return version


@contextlib.contextmanager
def _new_folder(path):
    """A folder that takes its name when all is written; a server sees it whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield beside
        beside.rename(path)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _write_contract(colorizer, folder):
    text = json.dumps(dataclasses.asdict(colorizer.contract), indent=2, ensure_ascii=False)
    (folder / "contract.json").write_text(text + "\n", encoding="utf-8")
