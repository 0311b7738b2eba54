"""Runs a SavedModel on the files of a folder with TensorFlow alone; prints a report in JSON.

    python -I clean_process.py SAVED_MODEL FOLDER

Isolated (-I), the process sees neither this folder nor PYTHONPATH.
"""

import json
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog


def failure(signature, image_bytes, **numbers):
    """Message of the error that a signature gives, or None."""
    numbers = {name: tf.constant(values) for name, values in numbers.items()}
    try:
        signature(image_bytes=image_bytes, **numbers)
    except tf.errors.InvalidArgumentError as error:
        return error.message
    return None


def write(paths, suffix, made):
    """Writes what was made of files beside them."""
    for path, content in zip(paths, made["png_bytes"].numpy(), strict=True):
        path.with_name(path.name + suffix).write_bytes(content)


def warm_up(network, folder):
    """Answers the recorded requests, as a server does; returns their networks and signatures."""
    records = tf.data.TFRecordDataset(str(folder / "assets.extra" / "tf_serving_warmup_requests"))
    answered = []
    for record in records.as_numpy_iterator():
        request = PredictionLog.FromString(record).predict_log.request
        inputs = {key: tf.make_ndarray(value) for key, value in request.inputs.items()}
        signature = request.model_spec.signature_name
        network[signature](**{key: tf.constant(value) for key, value in inputs.items()})
        answered.append((request.model_spec.name, signature))
    return answered


def main():
    """Calls every signature, rightly and wrongly."""
    network, folder = tf.saved_model.load(sys.argv[1]).signatures, Path(sys.argv[2])
    warmed = warm_up(network, Path(sys.argv[1]))
    paths = sorted(folder.iterdir())
    contents = tf.constant([path.read_bytes() for path in paths])
    write(paths, ".out", network["colorize_bytes"](image_bytes=contents))
    two, numbers = contents[:2], {"saturation": [0.0, 2.0], "temperature": [1.0, 0.2]}
    given = {name: tf.constant(values) for name, values in numbers.items()}
    write(paths[:2], ".with", network["colorize_bytes_with"](image_bytes=two, **given))
    scenes = network["classify_bytes"](image_bytes=contents)
    lightness = tf.fill((2, 32, 64, 1), 40.0)
    np.save(folder / "ab.npy", network["serving_default"](lightness=lightness)["ab"])
    first, second = (path.read_bytes() for path in paths[:2])
    bad = tf.constant([first, b"", second, first[:99], b"no picture"])
    wrong = [numbers | {"saturation": [1.0, 11.0]}, numbers | {"saturation": [1.0]}]
    report = {
        "warmed up": warmed,
        "scenes": [[name.decode() for name in row] for row in scenes["scenes"].numpy()],
        "probabilities": scenes["probabilities"].numpy().tolist(),
        "of nothing": len(network["colorize_bytes"](image_bytes=contents[:0])["png_bytes"]),
        "bad": [failure(network[name], bad) for name in ("colorize_bytes", "classify_bytes")],
        "wrong": [failure(network["colorize_bytes_with"], two, **one) for one in wrong],
        "modules": [name for name in ("keras_colorize", "tests") if name in sys.modules],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
