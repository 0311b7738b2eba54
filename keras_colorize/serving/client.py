"""A client of TensorFlow Serving for networks that `export_saved_model` wrote."""

import dataclasses
import re

import numpy as np

from keras_colorize.serving.failures import (
    LATE,
    UNAVAILABLE,
    UNKNOWN_MODEL,
    PicturesRefusedError,
    ServerError,
)
from keras_colorize.serving.parts import Parts
from keras_colorize.serving.rest_channel import RestChannel
from keras_colorize.serving.retry import Retry

PROTOCOLS = ("grpc", "rest")

MAX_MESSAGE_BYTES = 256 << 20
"""Most bytes of a request or an answer, unless another limit is asked for."""

_REST_PORT = "8501"
_OVERHEAD = 4096
"""Bytes of a message beside its pictures, at most."""


@dataclasses.dataclass(frozen=True)
class Model:
    """Which network of a server is asked for: a version of it, one with a label, or the latest."""

    name: str
    version: int | None = None
    label: str | None = None

    def __str__(self):
        return ":".join(str(part) for part in dataclasses.astuple(self) if part is not None)


@dataclasses.dataclass(frozen=True)
class VersionStatus:
    """A version of a network on a server.

    Attributes:
        version: its number.
        state: `"START"`, `"LOADING"`, `"AVAILABLE"`, `"UNLOADING"` or `"END"`.
        message: why it could not be loaded; "" if nothing is wrong.
    """

    version: int
    state: str
    message: str = ""


class Client:
    """Asks a server to colorize pictures, and to tell scenes apart.

    A request that fails because the server is busy, starting or out of reach is repeated. It may
    be used from several threads.

    Args:
        address: `host:port`; or a URL, `http://` or `https://`, that may have a path.
        model: name of the network on the server.
        protocol: `"grpc"` (extra `serving`) or `"rest"`; None for REST where the address is a URL
            or has the port 8501, else gRPC.
        version: number of the version; None for the latest.
        label: label of the version, in place of its number.
        timeout: seconds for a request with its repetitions.
        retry: a `Retry`, which says how often and when requests are repeated.
        batch: most pictures in a request. The server makes them one after the other.
        in_flight: most requests at the same time.
        max_message_bytes: most bytes of a request or an answer. What is over it is never sent.
        tls: whether gRPC encrypts; REST does with `https://`.
        certificate: PEM file of the authority that the server is known by; None for those that
            the system trusts. Makes gRPC encrypt, too.
        headers: dict that goes with each request, such as `{"authorization": "Bearer ..."}`.

    Raises:
        ValueError: for an address, protocol or number that cannot be.
        ImportError: for gRPC without the extra `serving`.
    """

    def __init__(
        self,
        address,
        model,
        *,
        protocol=None,
        version=None,
        label=None,
        timeout=60.0,
        retry=None,
        batch=1,
        in_flight=2,
        max_message_bytes=MAX_MESSAGE_BYTES,
        tls=False,
        certificate=None,
        headers=None,
    ):
        protocol = _protocol(address) if protocol is None else protocol
        _check(protocol, model, version, label)
        numbers = {"timeout": timeout, "batch": batch, "in_flight": in_flight}
        _check_positive(**numbers, max_message_bytes=max_message_bytes)
        self.retry = Retry() if retry is None else retry
        self.timeout, self.batch, self.in_flight = timeout, batch, in_flight
        self.max_message_bytes = max_message_bytes
        self.model = Model(model, version, label)
        make = _rest if protocol == "rest" else _grpc
        settings = (max_message_bytes, tls or certificate is not None, certificate, headers or {})
        self.channel = make(address, self.model, *settings)

    def colorize(self, pictures):
        """Colorizes encoded pictures.

        Args:
            pictures: list of bytes, each a JPEG, PNG, GIF, BMP or WebP file.

        Returns:
            List of bytes, each a PNG file of the size of the picture, in the same order.

        Raises:
            PicturesRefusedError: if pictures were refused; it holds what was made of the others.
            ServerError: if the server cannot be reached or does not serve this.
            TypeError: for what is not bytes.
        """
        return self._each("colorize_bytes", ("png_bytes",), pictures, lambda png: png)

    def classify(self, pictures):
        """Tells the scenes of encoded pictures, the likeliest first.

        Args:
            pictures: list of bytes, see `colorize`.

        Returns:
            Pair of arrays: names (N, k) of scenes, and their probabilities (N, k), float32.

        Raises:
            PicturesRefusedError: see `colorize`; `made` has a pair of (k,) for each picture.
            ServerError: see `colorize`.
            TypeError: see `colorize`.
        """
        outputs = ("scenes", "probabilities")
        made = self._each("classify_bytes", outputs, pictures, lambda *row: row)
        scenes, probabilities = zip(*made, strict=True) if made else ([], [])
        return np.array(scenes, dtype=object), np.array(probabilities, dtype="float32")

    def predict_ab(self, lightness):
        """Predicts color, in one request.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, sides multiples of 32.

        Returns:
            float32 array (N, h, w, 2) of a and b, multiplied by the saturation of the server.

        Raises:
            ServerError: see `colorize`.
        """
        lightness = np.asarray(lightness, "float32")
        ab = self._predict("serving_default", {"lightness": lightness}, ("ab",))["ab"]
        if ab.ndim != 4 or ab.shape[0] != len(lightness) or ab.shape[-1] != 2:
            raise ServerError(
                f"{self.model}: expected ab ({len(lightness)}, h, w, 2) from the server, received "
                f"shape {ab.shape}."
            )
        return ab

    def status(self):
        """Says which versions the server has.

        Returns:
            List of `VersionStatus`.

        Raises:
            ServerError: if the server cannot be reached or does not know the network.
        """
        found = self.retry.call(self.channel.status, self.timeout)
        return [VersionStatus(*one) for one in found]

    def ready(self):
        """Says whether the server can be asked now; asks once, without repetitions.

        Raises:
            ServerError: if the server refuses to say, for want of a certificate for instance.
        """
        try:
            found = self.channel.status(self.timeout)
        except ServerError as error:
            if error.code in (UNAVAILABLE, UNKNOWN_MODEL, LATE):
                return False
            raise
        return any(state == "AVAILABLE" for _, state, _ in found)

    def close(self):
        """Closes the connection."""
        self.channel.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def _each(self, signature, outputs, pictures, make):
        def ask(part):
            rows = self._predict(signature, {"image_bytes": part}, outputs)
            self._check_lengths(rows, len(part))
            return [make(*row) for row in zip(*(rows[name] for name in outputs), strict=True)]

        limit = self.max_message_bytes - _OVERHEAD
        parts = Parts(ask, self.batch, limit, self.channel.message_size)
        made, reasons = parts.run(pictures, self.in_flight)
        if reasons:
            raise PicturesRefusedError(made, reasons)
        return made

    def _check_lengths(self, rows, count):
        for name, values in rows.items():
            if len(values) != count:
                raise ServerError(
                    f"{self.model}: expected {count} of {name}, received {len(values)}."
                )

    def _predict(self, signature, inputs, outputs):
        def ask(timeout):
            return self.channel.predict(signature, inputs, outputs, timeout)

        found = self.retry.call(ask, self.timeout)
        missing = [name for name in outputs if name not in found]
        if missing:
            raise ServerError(
                f"{self.model}: expected {', '.join(missing)} from the signature {signature}, "
                f"which a colorizer exports; the server has something else there."
            )
        return found


def _protocol(address):
    return "rest" if "://" in address or address.endswith(f":{_REST_PORT}") else "grpc"


def _check(protocol, model, version, label):
    if protocol not in PROTOCOLS:
        raise ValueError(
            f"Expected a protocol among {', '.join(PROTOCOLS)}, received {protocol!r}."
        )
    if not model:
        raise ValueError(f"Expected the name of a network, received {model!r}.")
    if version is not None and label is not None:
        raise ValueError(f"Expected a version or a label, received {version!r} and {label!r}.")


def _check_positive(**numbers):
    for name, number in numbers.items():
        if not number > 0:
            raise ValueError(f"Expected {name} above 0, received {number!r}.")


def _rest(address, model, max_message_bytes, tls, certificate, headers):
    scheme = "https" if tls else "http"
    url = address if "://" in address else f"{scheme}://{address}"
    if not re.fullmatch(r"https?://([^/@:\[\]]+|\[[0-9a-fA-F:]+\])(:\d+)?(/[^?#]*)?", url):
        raise ValueError(f"Expected host:port or http(s)://host:port/path, received {address!r}.")
    return RestChannel(url, model, max_message_bytes, certificate, headers)


def _grpc(address, model, max_message_bytes, tls, certificate, headers):
    if not re.fullmatch(r"([^/@:\[\]]+|\[[0-9a-fA-F:]+\]):\d+", address):
        raise ValueError(f"Expected host:port for gRPC, received {address!r}.")
    try:
        from keras_colorize.serving.grpc_channel import GrpcChannel
    except ImportError as error:
        raise ImportError(
            "Expected the package tensorflow-serving-api to ask a server by gRPC with "
            f"(pip install keras-colorize[serving]), or the protocol rest: {error}."
        ) from error
    return GrpcChannel(address, model, max_message_bytes, tls, certificate, headers)
