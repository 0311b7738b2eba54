"""Stand-ins for TensorFlow Serving, which cannot be installed by pip.

One is a gRPC server of the service classes that come with tensorflow-serving-api, one an HTTP
server that follows https://www.tensorflow.org/tfx/serving/api_rest; both run a real SavedModel.
"""

import base64
import concurrent.futures
import http.server
import json
import re
import ssl
import threading
import time
from pathlib import Path

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import (
    get_model_status_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)

from keras_colorize.serving import Client, Retry

CERTIFICATE = Path(__file__).parent / "localhost.pem"

# `ToHTTPStatusCode` in http_server.cc of TensorFlow Serving 2.20.
HTTP_STATUS = {
    "INVALID_ARGUMENT": 400,
    "NOT_FOUND": 404,
    "RESOURCE_EXHAUSTED": 429,
    "INTERNAL": 500,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code, self.message = code, message


class Served:
    """The networks of a server, what was asked, and what shall go wrong."""

    failure = Failure

    def __init__(self, signatures):
        self.usual = signatures
        self.reset()

    def reset(self):
        self.signatures = dict(self.usual)
        self.failures, self.delay, self.version = [], 0.0, {}
        self.asked, self.specs, self.headers = [], [], []

    def predict(self, spec, signature, inputs, headers):
        self.specs.append(spec)
        self.headers.append(headers)
        self.asked.append(inputs)
        time.sleep(self.delay)
        if self.failures:
            raise self.failures.pop(0)
        self.check(spec)
        if signature not in self.signatures:
            raise Failure("INVALID_ARGUMENT", f'Serving signature name: "{signature}" not found')
        try:
            made = self.signatures[signature](**inputs)
        except tf.errors.InvalidArgumentError as error:
            raise Failure("INVALID_ARGUMENT", error.message) from error
        return {name: np.asarray(value) for name, value in made.items()}

    def check(self, spec):
        if spec[0] != "tiny":
            raise Failure("NOT_FOUND", f"Servable not found for request: Latest({spec[0]})")


@pytest.fixture(scope="session")
def network(served):
    """The tiny network of a server."""
    loaded = tf.saved_model.load(str(served))
    names = ("serving_default", "colorize_bytes", "classify_bytes")
    network = Served({name: loaded.signatures[name] for name in names})
    network.loaded = loaded
    return network


def _spec(spec):
    version = spec.version.value if spec.HasField("version") else None
    return spec.name, version, spec.version_label or None


class Predictions(prediction_service_pb2_grpc.PredictionServiceServicer):
    def __init__(self, network):
        self.network = network

    def Predict(self, request, context):
        inputs = {name: tf.make_ndarray(one) for name, one in request.inputs.items()}
        inputs = {
            name: tf.constant(value.tolist() if value.dtype == object else value)
            for name, value in inputs.items()
        }
        signature = request.model_spec.signature_name
        headers = dict(context.invocation_metadata())
        try:
            made = self.network.predict(_spec(request.model_spec), signature, inputs, headers)
        except Failure as error:
            # grpc_status_util.cc of TensorFlow Serving cuts messages there.
            context.abort(grpc.StatusCode[error.code], error.message[:1024])
        answer = predict_pb2.PredictResponse()
        for name, value in made.items():
            answer.outputs[name].CopyFrom(tf.make_tensor_proto(value, shape=value.shape))
        return answer


class Models(model_service_pb2_grpc.ModelServiceServicer):
    def __init__(self, network):
        self.network = network

    def GetModelStatus(self, request, context):
        try:
            self.network.check(_spec(request.model_spec))
        except Failure as error:
            context.abort(grpc.StatusCode[error.code], error.message)
        answer = get_model_status_pb2.GetModelStatusResponse()
        for version, state in ((1, "END"), (2, "AVAILABLE")):
            one = answer.model_version_status.add(version=version)
            one.state = get_model_status_pb2.ModelVersionStatus.State.Value(state)
        return answer


@pytest.fixture(scope="session")
def start_grpc(network):
    """`start_grpc(secure)`: address of a new server."""
    started = []

    def start(secure=False):
        options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=options)
        prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
            Predictions(network), server
        )
        model_service_pb2_grpc.add_ModelServiceServicer_to_server(Models(network), server)
        if secure:
            pem = CERTIFICATE.read_bytes()
            credentials = grpc.ssl_server_credentials([(pem, pem)])
            port = server.add_secure_port("127.0.0.1:0", credentials)
        else:
            port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        started.append(server)
        return f"127.0.0.1:{port}"

    yield start
    for server in started:
        server.stop(None)


class Rest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    path_form = re.compile(r"/v1/models/(\w+)(?:/versions/(\d+))?(?:/labels/(\w+))?(:predict)?")

    def do_GET(self):
        self._answer(self._status)

    def do_POST(self):
        self._answer(self._predict)

    def log_message(self, *_):
        pass

    def _answer(self, make):
        try:
            status, answer = 200, make(*self.path_form.fullmatch(self.path).groups()[:3])
        except Failure as error:
            status, answer = HTTP_STATUS.get(error.code, error.code), {"error": error.message}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if status == 429:
            self.send_header("retry-after", "3")
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def _status(self, name, version, label):
        self.server.network.check((name, version, label))
        return {
            "model_version_status": [
                {
                    "version": str(version),
                    "state": state,
                    "status": {"error_code": "OK", "error_message": ""},
                }
                for version, state in ((1, "END"), (2, "AVAILABLE"))
            ]
        }

    def _predict(self, name, version, label):
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        inputs = {name: self._tensor(value) for name, value in request["inputs"].items()}
        spec = (name, int(version) if version else None, label)
        headers = {key.lower(): value for key, value in self.headers.items()}
        made = self.server.network.predict(spec, request["signature_name"], inputs, headers)
        outputs = {name: self._json(name, value) for name, value in made.items()}
        return {"outputs": outputs if len(outputs) > 1 else next(iter(outputs.values()))}

    @staticmethod
    def _tensor(value):
        if isinstance(value[0], dict):
            return tf.constant([base64.b64decode(one["b64"]) for one in value])
        return tf.constant(value, tf.float32)

    @staticmethod
    def _json(name, value):
        if value.dtype != object:
            return value.tolist()
        if name.endswith("_bytes"):
            return [{"b64": base64.b64encode(one).decode()} for one in value]
        return [[text.decode() for text in row] for row in value]


@pytest.fixture(scope="session")
def start_rest(network):
    """`start_rest(secure)`: URL of a new server."""
    started = []

    def start(secure=False):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rest)
        server.network = network
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        started.append(server)
        return f"http{'s' * secure}://127.0.0.1:{server.server_port}"

    yield start
    for server in started:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="session", params=["grpc", "rest"])
def start(request):
    """`start(secure)`: address of a new server of either protocol."""
    return request.getfixturevalue(f"start_{request.param}")


@pytest.fixture(scope="session")
def address(start):
    return start()


@pytest.fixture
def waits():
    """Seconds that clients waited before they asked again."""
    return []


@pytest.fixture
def connect(address, network, waits):
    """`connect(**options)`: a new client of a server without memory of earlier tests."""
    network.reset()
    opened = []

    def make(**options):
        retry = Retry(times=3, first=1.0, sleep=waits.append, chance=lambda: 0.0)
        usual = {"address": address, "model": "tiny", "retry": retry, "timeout": 600.0}
        opened.append(Client(**usual | options))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
