"""Networks as SavedModels, in the layout that TensorFlow Serving watches."""

import dataclasses
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.errors import expect, extra_import
from keras_colorize.inference.options import FROM_PRESET
from keras_colorize.io.atomic import atomic_path, write_file
from keras_colorize.presets import CONFIG_FILE, read_config, sha256
from .signatures import make_signatures

MAX_PIXELS = 100_000_000
"""Most pixels of a picture that a served network decodes by default."""

MOST_REFINED = 256
"""Largest working size with a refinement, whose memory grows with its square."""

# Folder beside a SavedModel's graph for files that are no part of it.
EXTRA = "assets.extra"
# File in that folder with the checksums of all others, as the program sha256sum writes them.
CHECKSUMS = "SHA256SUMS"


def check_backend():
    """Raises a ValueError where the backend is not TensorFlow."""
    backend = keras.backend.backend()
    expect(backend == "tensorflow", f"the backend tensorflow to export with, received {backend}")


def export_saved_model(
    colorizer, folder, *, name=None, version=None, max_pixels=MAX_PIXELS, warmup=True
):
    """Writes a SavedModel for TensorFlow Serving and other programs, whole or not at all.

    It holds the network of the colorizer in its precision, and all its options; its path,
    `<folder>/<name>/<version>`, is returned. For N pictures:

    - `serving_default`: `lightness` float32 (N, H, W, 1), L* in 0..100, sides multiples of 32,
      to `ab` float32 (N, h, w, 2), decoded and multiplied by the saturation, and to scenes'
      `probabilities` float32 (N, classes): each where the network has it.
    - `colorize_bytes`, of a network with color: `image_bytes` string (N,), JPEG or PNG files, to
      `png_bytes` string (N,) of the same sizes; EXIF orientation is not looked at.

    Args:
        colorizer: a `Colorizer` on the TensorFlow backend, without style, palette and hints.
        folder: folder of served networks; it is made.
        name: name of the network there; None for that of the colorizer.
        version: number of the version, above 0; None for the one after the highest there.
        max_pixels: most pixels of a picture that is decoded; its header is enough to refuse it.
        warmup: whether to write requests that the server warms up with (extra `serving`).

    Raises ValueError for a colorizer that cannot be exported, a wrong name or limit, or a version
    that is wrong or there already, ImportError if the extra is missing.
    """
    check_backend()
    name = colorizer.name if name is None else name
    path = Path(folder) / name
    taken = [int(there.name) for there in path.glob("*") if there.name.isdecimal()]
    version = max(taken, default=0) + 1 if version is None else version
    single = [x for x in ("style", "palette", "hints") if getattr(colorizer, x) is not None]
    side = colorizer.working_size if colorizer.refinement else 0
    expect(not single, f"no options of one picture for a server, received {', '.join(single)}")
    most = f"a working size of at most {MOST_REFINED} with a refinement"
    expect(side <= MOST_REFINED, f"{most}, received {side}")
    expect(max_pixels >= 1, f"max_pixels above 0, received {max_pixels!r}")
    expect(name and name == Path(name).name, f"a name without folders, received {name!r}")
    is_number = isinstance(version, int) and version > 0
    expect(is_number, f"a version above 0, received {version!r}")
    if warmup:
        import_prediction_log()
    path /= str(version)
    with atomic_path(path) as target:
        signatures = make_signatures(colorizer, max_pixels)
        module = tf.Module()
        module.weights = [variable.value for variable in colorizer.model.variables]
        tf.saved_model.save(module, str(target), signatures=signatures)
        extra = target / EXTRA
        extra.mkdir()
        # The config as it was exported: who feeds `serving_default` needs its working size.
        options = {option: getattr(colorizer, option) for option in FROM_PRESET}
        write_file(extra / CONFIG_FILE, dataclasses.replace(colorizer.config, **options).to_json())
        if warmup:
            _write_warmup(extra, name, colorizer.working_size, signatures)
        write_file(extra / CHECKSUMS, "".join(f"{line}\n" for line in _checksums(target)))
    return path


def read_exported(path):
    """Reads the preset's config beside a SavedModel, whose files must be those that were exported.

    This shows damage and exchanged files, not who exported them: a SavedModel is a program that
    can read and write files where it is run. Raises PresetError for a path that
    `export_saved_model` has not written, ValueError if a file was added, removed or changed since.
    """
    config = read_config(Path(path) / EXTRA)
    listed, there = Path(path) / EXTRA / CHECKSUMS, set(_checksums(path))
    written = set(listed.read_text(encoding="utf-8").splitlines()) if listed.exists() else set()
    differing = dict.fromkeys(sorted(line.split("  ", 1)[-1] for line in written ^ there))
    expect(not differing, f"the files of {listed}, received others: {', '.join(differing)}")
    return config


def import_prediction_log():
    """Imports TensorFlow Serving's records; `ImportError` without the extra `serving`."""
    with extra_import("serving"):
        from tensorflow_serving.apis import prediction_log_pb2
    return prediction_log_pb2


def _write_warmup(folder, name, side, signatures):
    """Writes a request per signature that the server runs first, as its first one takes seconds."""
    ramp = np.tile(np.linspace(0, 255, side, dtype="uint8"), (side, 1))[..., None]
    inputs = {
        "lightness": np.full((1, side, side, 1), 50.0, "float32"),
        "image_bytes": [tf.io.encode_png(ramp).numpy()],
    }
    # The name that TensorFlow Serving looks for.
    with tf.io.TFRecordWriter(str(folder / "tf_serving_warmup_requests")) as writer:
        for signature, function in signatures.items():
            log = import_prediction_log().PredictionLog()
            request = log.predict_log.request
            request.model_spec.name, request.model_spec.signature_name = name, signature
            for spec in function.input_signature:
                request.inputs[spec.name].CopyFrom(tf.make_tensor_proto(inputs[spec.name]))
            writer.write(log.SerializeToString())


def _checksums(folder):
    """Lines of a checksum and a name for every file but the list of these itself."""
    paths = [path for path in Path(folder).rglob("*") if path.is_file()]
    names = sorted(path.relative_to(folder).as_posix() for path in paths)
    own = f"{EXTRA}/{CHECKSUMS}"
    return [f"{sha256(Path(folder) / name)}  {name}" for name in names if name != own]
