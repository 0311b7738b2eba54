"""TensorFlow Serving by gRPC, with the stubs of the package tensorflow-serving-api."""

import json
from pathlib import Path

import grpc
import numpy as np
import tensorflow as tf
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

# https://github.com/grpc/proposal/blob/master/A6-client-retries.md; five attempts are the most
# that gRPC takes. A request changes nothing on the server, so each can be repeated.
RETRY = {
    "maxAttempts": 5,
    "initialBackoff": "0.25s",
    "maxBackoff": "8s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"],
}


class GrpcTransport:
    """Requests to a network by gRPC, with the settings of a `Client`."""

    bytes_per_value = 4

    def __init__(self, client):
        self.client, self.metadata = client, tuple(client.headers.items())
        self.request = predict_pb2.PredictRequest(output_filter=["ab"])
        spec = self.request.model_spec
        spec.name, spec.signature_name = client.model, "serving_default"
        if client.version is not None:
            spec.version.value = client.version
        if client.label is not None:
            spec.version_label = client.label
        # A name may stand for several servers.
        policy = {"loadBalancingConfig": [{"round_robin": {}}]}
        policy["methodConfig"] = [{"name": [{}], "retryPolicy": RETRY}]
        options = [
            ("grpc.service_config", json.dumps(policy)),
            # Requests over what gRPC keeps, 256 KiB by itself, would not be repeated.
            ("grpc.per_rpc_retry_buffer_size", client.max_message_bytes),
            ("grpc.max_send_message_length", -1),
            ("grpc.max_receive_message_length", client.max_message_bytes),
            ("grpc.enable_http_proxy", 0),
            # While gRPC waits to connect again, calls fail without trying: wait shorter than RETRY.
            ("grpc.initial_reconnect_backoff_ms", 100),
            ("grpc.max_reconnect_backoff_ms", 1000),
        ]
        if client.tls:
            authority = Path(client.certificate).read_bytes() if client.certificate else None
            credentials = grpc.ssl_channel_credentials(authority)
            channel = grpc.secure_channel(client.address, credentials, options)
        else:
            channel = grpc.insecure_channel(client.address, options)
        self.close = channel.close
        self.stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)

    def __call__(self, lightness):
        request = predict_pb2.PredictRequest()
        request.CopyFrom(self.request)
        request.inputs["lightness"].CopyFrom(tf.make_tensor_proto(lightness))
        try:
            answer = self.stub.Predict(request, timeout=self.client.timeout, metadata=self.metadata)
        except grpc.RpcError as error:
            raise self.client.error(f"{error.code().name}: {error.details() or ''}") from error
        if "ab" not in answer.outputs:
            return np.zeros(0, "float32")
        return tf.make_ndarray(answer.outputs["ab"]).astype("float32", copy=False)
