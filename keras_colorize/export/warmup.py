"""Requests that a server answers to itself before it takes any from outside.

The first request to a network takes seconds, in which TensorFlow optimizes its graph. TensorFlow
Serving plays the requests of this file when it loads a version, and switches to it afterwards.
"""

import numpy as np
import tensorflow as tf

WARMUP_FILE = "tf_serving_warmup_requests"
"""Name that TensorFlow Serving looks for in `assets.extra`."""


def write_warmup(path, name, working_size, signatures):
    """Writes a request for each signature.

    Args:
        path: file to write.
        name: name of the network on the server.
        working_size: long side in pixels at which the network sees a photograph.
        signatures: dict of `tf.function` by name of signature.

    Raises:
        ImportError: without the package tensorflow-serving-api (extra `serving`).
    """
    with tf.io.TFRecordWriter(str(path)) as writer:
        for signature, function in signatures.items():
            keys = [spec.name for spec in function.input_signature]
            inputs = {key: _input(key, working_size) for key in keys}
            writer.write(_log(name, signature, inputs).SerializeToString())


def import_prediction_log():
    """The module of TensorFlow Serving's records.

    Raises:
        ImportError: without the package tensorflow-serving-api (extra `serving`).
    """
    try:
        from tensorflow_serving.apis import prediction_log_pb2
    except ImportError as error:
        raise ImportError(
            "Expected the package tensorflow-serving-api to write warm-up requests with "
            f"(pip install keras-colorize[serving]), or warmup=False: {error}."
        ) from error
    return prediction_log_pb2


def _log(name, signature, inputs):
    log = import_prediction_log().PredictionLog()
    request = log.predict_log.request
    request.model_spec.name, request.model_spec.signature_name = name, signature
    for key, value in inputs.items():
        request.inputs[key].CopyFrom(tf.make_tensor_proto(value))
    return log


def _input(key, working_size):
    if key == "lightness":
        return np.full((1, working_size, working_size, 1), 50.0, "float32")
    if key == "image_bytes":
        ramp = np.tile(np.linspace(0, 255, working_size, dtype="uint8"), (working_size, 1))
        return [tf.io.encode_png(ramp[..., None]).numpy()]
    return np.ones(1, "float32")
