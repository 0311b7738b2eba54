"""Stand-ins for TensorFlow Serving, which cannot be installed by pip.

One is a gRPC server of the service classes that come with tensorflow-serving-api, one an HTTP
server that follows https://www.tensorflow.org/tfx/serving/api_rest; both run a real SavedModel.
"""

import concurrent.futures
import contextlib
import dataclasses
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
from tensorflow_serving.apis import predict_pb2, prediction_service_pb2_grpc

from keras_colorize.export import export_saved_model
from keras_colorize.serving import Client, rest, rpc

CERTIFICATE = Path(__file__).parent / "localhost.pem"

# `ToHTTPStatusCode` in http_server.cc of TensorFlow Serving 2.20.
HTTP_STATUS = {"NOT_FOUND": 404, "RESOURCE_EXHAUSTED": 429, "INTERNAL": 500, "UNAVAILABLE": 503}


@dataclasses.dataclass(eq=False)
class Failure(Exception):
    code: str
    message: str


class Served:
    """The network of a server, what was asked, and what shall go wrong."""

    failure = Failure

    def __init__(self, signature):
        self.usual = signature
        self.reset()

    def reset(self):
        self.signature, self.failures, self.delay = self.usual, [], 0.0
        self.asked, self.specs, self.headers = [], [], []

    def predict(self, spec, lightness, headers):
        self.specs.append(spec)
        self.headers.append(headers)
        self.asked.append(lightness.shape)
        failure = self.failures.pop(0) if self.failures else None
        time.sleep(self.delay)
        if failure:
            raise failure
        if spec[0] != "tiny":
            raise Failure("NOT_FOUND", f"Servable not found for request: Latest({spec[0]})")
        return {name: np.asarray(value) for name, value in self.signature(lightness).items()}


@pytest.fixture(scope="session")
def colorizer(tiny_colorizer):
    return tiny_colorizer.replace(saturation=1.4)


@pytest.fixture(scope="session")
def network(colorizer, tmp_path_factory):
    """The tiny network of a server."""
    folder = tmp_path_factory.mktemp("served")
    loaded = tf.saved_model.load(str(export_saved_model(colorizer, folder, warmup=False)))
    return Served(lambda x: loaded.signatures["serving_default"](lightness=tf.constant(x)))


@dataclasses.dataclass
class Predictions(prediction_service_pb2_grpc.PredictionServiceServicer):
    network: Served

    def Predict(self, request, context):
        model = request.model_spec
        if model.signature_name != "serving_default":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "signature not found")
        version = model.version.value if model.HasField("version") else None
        spec = (model.name, version, model.version_label or None)
        try:
            lightness = tf.make_ndarray(request.inputs["lightness"])
            outputs = self.network.predict(spec, lightness, dict(context.invocation_metadata()))
        except Failure as error:
            # grpc_status_util.cc of TensorFlow Serving cuts messages there.
            context.abort(grpc.StatusCode[error.code], error.message[:1024])
        names = set(request.output_filter) & set(outputs)
        return predict_pb2.PredictResponse(
            outputs={name: tf.make_tensor_proto(outputs[name]) for name in names}
        )


class Rest(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    path_form = re.compile(r"/v1/models/(\w+)(?:/versions/(\d+))?(?:/labels/(\w+))?:predict")

    def do_POST(self):
        headers = {key.lower(): value for key, value in self.headers.items()}
        request = json.loads(self.rfile.read(int(headers["content-length"])))
        name, version, label = self.path_form.fullmatch(self.path).groups()
        spec = (name, int(version) if version else None, label)
        lightness = np.array(request["inputs"]["lightness"], "float32")
        try:
            outputs = self.server.network.predict(spec, lightness, headers)
            outputs = {name: value.tolist() for name, value in outputs.items()}
            # An output that is alone goes without its name.
            alone = len(outputs) == 1
            status, answer = 200, {"outputs": next(iter(outputs.values())) if alone else outputs}
        except Failure as error:
            status, answer = HTTP_STATUS[error.code], {"error": error.message}
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if status == 429:
            self.send_header("retry-after", "3600")
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def grpc_server(network, secure=False):
    """Address of a new server."""
    options = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
    server = grpc.server(concurrent.futures.ThreadPoolExecutor(4), options=options)
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(
        Predictions(network), server
    )
    if secure:
        pem = CERTIFICATE.read_bytes()
        credentials = grpc.ssl_server_credentials([(pem, pem)])
        port = server.add_secure_port("127.0.0.1:0", credentials)
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    yield f"127.0.0.1:{port}"
    server.stop(None)


@contextlib.contextmanager
def rest_server(network, secure=False):
    """URL of a new server."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Rest) as server:
        server.network = network
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        yield f"http{'s' * secure}://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.fixture(scope="session")
def grpc_address(network):
    with grpc_server(network) as address:
        yield address


@pytest.fixture(scope="session", params=[grpc_server, rest_server])
def start(request, network):
    """`start(secure)`: address of a new server of either protocol."""
    with contextlib.ExitStack() as servers:
        yield lambda secure=False: servers.enter_context(request.param(network, secure))


@pytest.fixture(scope="session")
def address(start):
    return start()


@pytest.fixture
def quick(monkeypatch):
    """Repetitions that follow at once."""
    monkeypatch.setattr(rest, "RETRY", rest.RETRY.new(backoff_factor=0.0, backoff_jitter=0.0))
    monkeypatch.setitem(rpc.RETRY, "initialBackoff", "0.01s")
    monkeypatch.setitem(rpc.RETRY, "maxBackoff", "0.01s")


@pytest.fixture
def connect(address, network, quick):
    """`connect(**options)`: a new client of a server without memory of earlier tests."""
    network.reset()
    opened = []

    def make(**options):
        opened.append(Client(**{"address": address, "model": "tiny"} | options))
        return opened[-1]

    yield make
    for client in opened:
        client.close()
