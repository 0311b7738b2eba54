"""Networks as SavedModels, in the layout that TensorFlow Serving watches."""

import contextlib
import dataclasses
import shutil
import uuid
from pathlib import Path

import tensorflow as tf

from keras_colorize.export.graph import check_backend
from keras_colorize.export.signatures import make_signatures
from keras_colorize.export.warmup import WARMUP_FILE, import_prediction_log, write_warmup
from keras_colorize.inference.tiles import TILE
from keras_colorize.presets import CONFIG_FILE

MAX_PIXELS = 100_000_000
"""Most pixels of a picture that a served network decodes, unless another limit is asked for."""

EXTRA = "assets.extra"
"""Folder beside a SavedModel's graph for files that are no part of it."""


def export_saved_model(
    colorizer, folder, *, name=None, version=None, max_pixels=MAX_PIXELS, warmup=True
):
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

    A network that only tells scenes apart has the last one alone, also as `serving_default`.

    Args:
        colorizer: a `Colorizer` on the TensorFlow backend, without style, palette and hints.
        folder: folder of served networks; it is made.
        name: name of the network there; None for that of the colorizer.
        version: number of the version, above 0; None for the one after the highest there.
        max_pixels: most pixels of a picture that is decoded.
        warmup: whether to write requests that the server warms up with, which takes the extra
            `serving`.

    Returns:
        Path of the SavedModel, `<folder>/<name>/<version>`. It appears whole or not at all.

    Raises:
        ValueError: for a colorizer that cannot be exported, or a wrong name, version or limit.
        FileExistsError: if that version is there already.
        ImportError: if the extra is missing.
    """
    _check(colorizer)
    if not max_pixels >= 1:
        raise ValueError(f"Expected max_pixels above 0, received {max_pixels!r}.")
    if warmup:
        import_prediction_log()
    model_folder = Path(folder) / _name(name or colorizer.name)
    path = model_folder / str(_version(model_folder, version))
    with _new_folder(path) as target:
        signatures = make_signatures(colorizer, max_pixels)
        module = tf.Module()
        module.weights = [variable.value for variable in colorizer.model.variables]
        tf.saved_model.save(module, str(target), signatures=signatures)
        _write_extra(target / EXTRA, colorizer, model_folder.name, signatures if warmup else {})
    return path


def _check(colorizer):
    check_backend()
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


def _name(name):
    if name != Path(name).name:
        raise ValueError(f"Expected a name without folders, received {name!r}.")
    return name


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


def _write_extra(folder, colorizer, name, signatures):
    folder.mkdir()
    # The config as it was exported: who feeds `serving_default` needs its working size.
    options = {option: getattr(colorizer, option) for option in colorizer.FROM_CONFIG}
    config = dataclasses.replace(colorizer.config, **options)
    (folder / CONFIG_FILE).write_text(config.to_json(), encoding="utf-8")
    if signatures:
        write_warmup(folder / WARMUP_FILE, name, colorizer.working_size, signatures)
