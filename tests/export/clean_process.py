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
    """Calls every signature and writes what comes out beside the files."""
    network, folder = tf.saved_model.load(sys.argv[1]).signatures, Path(sys.argv[2])
    warmed = warm_up(network, Path(sys.argv[1]))
    paths = sorted(folder.iterdir())
    contents = tf.constant([path.read_bytes() for path in paths])
    png_bytes = network["colorize_bytes"](image_bytes=contents)["png_bytes"].numpy()
    for path, content in zip(paths, png_bytes, strict=True):
        path.with_name(path.name + ".out").write_bytes(content)
    outputs = network["serving_default"](lightness=tf.fill((2, 32, 64, 1), 40.0))
    np.savez(folder / "outputs.npz", **outputs)
    report = {
        "warmed up": warmed,
        "of nothing": len(network["colorize_bytes"](image_bytes=contents[:0])["png_bytes"]),
        "modules": [name for name in ("keras_colorize", "tests") if name in sys.modules],
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main()
