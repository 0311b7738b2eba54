"""TensorFlow Serving by its REST interface, with the standard library alone."""

import base64
import http.client
import json
import ssl
import time
import urllib.parse

import numpy as np

from keras_colorize.serving.failures import (
    BUSY,
    LATE,
    REFUSED,
    TOO_LARGE,
    UNAVAILABLE,
    UNKNOWN_MODEL,
    ServerError,
)

# What TensorFlow Serving and proxies in front of it answer.
_CODES = {
    400: REFUSED,
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: UNKNOWN_MODEL,
    413: TOO_LARGE,
    429: BUSY,
    502: UNAVAILABLE,
    503: UNAVAILABLE,
    504: LATE,
}
_CHUNK = 1 << 20
# Of L*: a hundredth of what float32 tells apart at 100, in half the text.
_DECIMALS = 7


class RestChannel:
    """Connections to a server, one for each request.

    Args:
        url: `http://host:port` or `https://host:port`, and the path below which the server is.
        model: the `Model` that is asked for.
        max_message_bytes: most bytes of an answer.
        certificate: PEM file of the authority that the server is known by, None for the
            system's.
        headers: dict that goes with each request.
    """

    def __init__(self, url, model, max_message_bytes, certificate, headers):
        parts = urllib.parse.urlsplit(url)
        self.address, self.model = url, model
        self.host, self.port = parts.hostname, parts.port
        self.path = f"{parts.path.rstrip('/')}/v1/models/{_path(model)}"
        self.max_message_bytes = max_message_bytes
        self.headers = {"content-type": "application/json", **headers}
        secure = parts.scheme == "https"
        self.context = ssl.create_default_context(cafile=certificate) if secure else None

    def message_size(self, count):
        """Bytes that a picture of `count` bytes takes in a message."""
        return 4 * -(-count // 3)

    def predict(self, signature, inputs, outputs, timeout):
        """Asks for a prediction; see `GrpcChannel.predict`."""
        columns = {name: _json(value) for name, value in inputs.items()}
        body = json.dumps({"signature_name": signature, "inputs": columns})
        answer = self._ask("POST", f"{self.path}:predict", body, timeout).get("outputs")
        # An output that is alone goes without its name.
        answer = answer if isinstance(answer, dict) else {outputs[0]: answer}
        try:
            return {name: _array(name, answer[name]) for name in outputs if name in answer}
        except (KeyError, TypeError, ValueError) as error:
            message = f"{self.address}, model {self.model}: answered in another form: {error!r}"
            raise ServerError(message) from error

    def status(self, timeout):
        """Asks for the versions of the model; see `GrpcChannel.status`."""
        found = self._ask("GET", self.path, None, timeout).get("model_version_status", [])
        return [
            (int(one["version"]), one["state"], one.get("status", {}).get("error_message", ""))
            for one in found
        ]

    def close(self):
        """Does nothing: no connection stays open."""

    def _ask(self, method, path, body, timeout):
        end = time.monotonic() + timeout
        connection = self._connection(timeout)
        try:
            connection.request(method, path, body, self.headers)
            response = connection.getresponse()
            content = self._read(response, end)
        except TimeoutError as error:
            raise self._error(LATE, f"no answer within {timeout:.1f} s") from error
        except ssl.SSLCertVerificationError as error:
            raise self._error("UNAUTHENTICATED", error) from error
        except (OSError, http.client.HTTPException) as error:
            raise self._error(UNAVAILABLE, str(error) or type(error).__name__) from error
        finally:
            connection.close()
        return self._understood(response, content)

    def _connection(self, timeout):
        if self.context is None:
            return http.client.HTTPConnection(self.host, self.port, timeout=timeout)
        return http.client.HTTPSConnection(
            self.host, self.port, timeout=timeout, context=self.context
        )

    def _read(self, response, end):
        """Reads an answer; one that trickles in must not outlast the time."""
        content = bytearray()
        while chunk := response.read1(_CHUNK):
            content += chunk
            if len(content) > self.max_message_bytes:
                return None
            if time.monotonic() > end:
                raise TimeoutError
        return bytes(content)

    def _understood(self, response, content):
        if content is None:
            raise self._error(TOO_LARGE, f"an answer larger than max {self.max_message_bytes}")
        try:
            answer = json.loads(content)
        except ValueError:
            answer = None
        if response.status == 200 and isinstance(answer, dict):
            return answer
        said = answer.get("error") if isinstance(answer, dict) else None
        said = said or f"expected JSON, received {content[:200]!r}"
        code = _CODES.get(response.status, f"HTTP {response.status}")
        raise self._error(code, said, _seconds(response.headers.get("retry-after")))

    def _error(self, code, said, wait=0.0):
        return ServerError(f"{self.address}, model {self.model}: {code}: {said}", code, wait)


def _path(model):
    path = urllib.parse.quote(model.name, safe="")
    if model.version is not None:
        return f"{path}/versions/{model.version}"
    if model.label is not None:
        return f"{path}/labels/{urllib.parse.quote(model.label, safe='')}"
    return path


def _seconds(text):
    return float(text) if text and text.isdecimal() else 0.0


def _json(value):
    if isinstance(value, list):
        return [{"b64": base64.b64encode(one).decode("ascii")} for one in value]
    return np.round(value.astype("float64"), _DECIMALS).tolist()


def _array(name, values):
    if name.endswith("_bytes"):
        made = np.empty(len(values), object)
        made[:] = [base64.b64decode(one["b64"]) for one in values]
        return made
    array = np.asarray(values)
    return array.astype(object if array.dtype.kind == "U" else "float32")
