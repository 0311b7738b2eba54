"""TensorFlow Serving by gRPC, with the stubs of the package tensorflow-serving-api."""

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from keras_colorize.serving.failures import BUSY, TOO_LARGE, ServerError

# gRPC itself waits before it connects again, and a call in that time fails without trying:
# shorter waits than its own leave that to the client.
_RECONNECT = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 1000)]


class GrpcChannel:
    """A connection to a server.

    Args:
        address: `host:port`.
        model: the `Model` that is asked for.
        max_message_bytes: most bytes of an answer; gRPC alone would take 4 MiB.
        tls: whether to encrypt.
        certificate: PEM file of the authority that the server is known by, None for the
            system's.
        headers: dict that goes with each request, names in lower case.
    """

    def __init__(self, address, model, max_message_bytes, tls, certificate, headers):
        self.address, self.model = address, model
        self.metadata = tuple(headers.items())
        options = [
            *_RECONNECT,
            ("grpc.max_send_message_length", -1),
            ("grpc.max_receive_message_length", max_message_bytes),
            ("grpc.enable_http_proxy", 0),
            # A name may stand for several servers.
            ("grpc.lb_policy_name", "round_robin"),
        ]
        self.channel = _channel(address, options, tls, certificate)
        self.predictions = prediction_service_pb2_grpc.PredictionServiceStub(self.channel)
        self.models = model_service_pb2_grpc.ModelServiceStub(self.channel)

    def message_size(self, count):
        """Bytes that a picture of `count` bytes takes in a message."""
        return count

    def predict(self, signature, inputs, outputs, timeout):
        """Asks for a prediction.

        Args:
            signature: name of the signature.
            inputs: dict of float32 arrays and lists of bytes.
            outputs: names of the outputs that are wanted.
            timeout: seconds.

        Returns:
            Dict of arrays by name of output; strings are bytes where the name ends with
            `_bytes`, else str.

        Raises:
            ServerError: if the server cannot be reached or refuses.
        """
        request = predict_pb2.PredictRequest()
        self._specify(request.model_spec)
        request.model_spec.signature_name = signature
        for name, value in inputs.items():
            request.inputs[name].CopyFrom(_tensor(value))
        answer = self._call(self.predictions.Predict, request, timeout).outputs
        return {name: _array(name, answer[name]) for name in outputs if name in answer}

    def status(self, timeout):
        """Asks for the versions of the model.

        Args:
            timeout: seconds.

        Returns:
            List of (version, name of its state, message).

        Raises:
            ServerError: if the server cannot be reached or refuses.
        """
        request = get_model_status_pb2.GetModelStatusRequest()
        self._specify(request.model_spec)
        answer = self._call(self.models.GetModelStatus, request, timeout)
        state = get_model_status_pb2.ModelVersionStatus.State.Name
        return [
            (one.version, state(one.state), one.status.error_message)
            for one in answer.model_version_status
        ]

    def close(self):
        """Closes the connection."""
        self.channel.close()

    def _specify(self, spec):
        spec.name = self.model.name
        if self.model.version is not None:
            spec.version.value = self.model.version
        if self.model.label is not None:
            spec.version_label = self.model.label

    def _call(self, method, request, timeout):
        try:
            return method(request, timeout=timeout, metadata=self.metadata)
        except grpc.RpcError as error:
            code, details = error.code().name, error.details() or ""
            # gRPC has one code for a busy server and for a message over a limit.
            large = code == BUSY and "larger than max" in details
            message = f"{self.address}, model {self.model}: {code}: {details}"
            raise ServerError(message, TOO_LARGE if large else code) from error


def _channel(address, options, tls, certificate):
    if not tls:
        return grpc.insecure_channel(address, options)
    authority = None
    if certificate is not None:
        with open(certificate, "rb") as file:
            authority = file.read()
    return grpc.secure_channel(address, grpc.ssl_channel_credentials(authority), options)


def _tensor(value):
    if isinstance(value, list):
        return tf.make_tensor_proto(value, tf.string, [len(value)])
    return tf.make_tensor_proto(value)


def _array(name, tensor):
    array = tf.make_ndarray(tensor)
    if array.dtype != object or name.endswith("_bytes"):
        return array
    return np.vectorize(lambda text: text.decode("utf-8", "replace"), otypes=[object])(array)
