"""Colorizing with a network on a server: lightness goes there, color comes back."""

import re

import numpy as np

from keras_colorize.errors import InputError
from keras_colorize.inference.colorizer import BaseColorizer
from keras_colorize.inference.options import STRIDE, Options, check

MAX_MESSAGE_BYTES = 256 << 20
"""Most bytes of a request or an answer, unless another limit is asked for."""

_HOST = r"([^/@:\[\]]+|\[[0-9a-fA-F:]+\])"
_ADDRESSES = {
    "grpc": ("host:port for gRPC", rf"{_HOST}:\d+"),
    "rest": ("host:port or http(s)://host:port/path", rf"https?://{_HOST}(:\d+)?(/[^?#]*)?"),
}


class ServerError(OSError):
    """A server that cannot be reached, or refuses a request."""


class Client:
    """Asks a network on a server for color; may be used from several threads.

    A server that is out of reach, starting or busy is asked five times in all, later and later.

    Args:
        address: `host:port`; or a URL, `http://` or `https://`, that may have a path.
        model: name of the network on the server.
        protocol: `"grpc"` or `"rest"`; None for REST where the address is a URL or has the port
            8501, else gRPC.
        version: number of the version; None for the latest.
        label: label of the version, in place of its number.
        timeout: seconds for an answer: by gRPC with all repetitions, by REST for each.
        max_message_bytes: most bytes of a request or an answer. More pictures than fit go in
            several requests; one that does not fit is never sent.
        tls: whether requests are encrypted; a URL says so itself.
        certificate: PEM file of the authority that the server is known by, which implies `tls`;
            None for those that the system trusts.
        headers: dict that goes with each request; names in lower case (`authorization`).

    Raises:
        ValueError: for an address, protocol or number that cannot be.
        ImportError: without the extra `serving`.
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
        max_message_bytes=MAX_MESSAGE_BYTES,
        tls=False,
        certificate=None,
        headers=None,
    ):
        tls = tls or certificate is not None
        is_rest = "://" in address or address.endswith(":8501")
        protocol = protocol or ("rest" if is_rest else "grpc")
        if protocol not in _ADDRESSES:
            raise InputError(
                f"Expected a protocol among {', '.join(_ADDRESSES)}, received {protocol!r}."
            )
        if protocol == "rest" and "://" not in address:
            address = f"http{'s' * tls}://{address}"
        form, pattern = _ADDRESSES[protocol]
        if not re.fullmatch(pattern, address):
            raise InputError(f"Expected {form}, received {address!r}.")
        if not model:
            raise InputError(f"Expected the name of a network, received {model!r}.")
        if version is not None and label is not None:
            raise InputError(f"Expected a version or a label, received {version!r} and {label!r}.")
        for name, number in {"timeout": timeout, "max_message_bytes": max_message_bytes}.items():
            if not number > 0:
                raise InputError(f"Expected {name} above 0, received {number!r}.")
        self.address, self.model, self.version, self.label = address, model, version, label
        self.timeout, self.max_message_bytes = timeout, max_message_bytes
        self.tls, self.certificate, self.headers = tls, certificate, headers or {}
        try:
            if protocol == "rest":
                from keras_colorize.serving.rest import RestTransport as Transport
            else:
                from keras_colorize.serving.rpc import GrpcTransport as Transport
        except ImportError as error:
            raise ImportError(
                "Expected requests and tensorflow-serving-api to ask a server with "
                f"(pip install 'keras-colorize[serving]'): {error}."
            ) from error
        self.transport = Transport(self)

    def predict_ab(self, lightness):
        """Predicts color.

        Args:
            lightness: float array (N, H, W, 1), L* in 0..100, sides multiples of 32.

        Returns:
            float32 array (N, h, w, 2) of a and b, multiplied by the saturation of the server.

        Raises:
            ServerError: if the server cannot be reached, refuses, or does not colorize.
            ValueError: for pictures that are too large for a message.
        """
        lightness = np.asarray(lightness, "float32")
        # What comes back has at most two values for each that goes there.
        picture_bytes = 2 * self.transport.bytes_per_value * max(1, lightness[:1].size)
        at_once = self.max_message_bytes // picture_bytes
        if not at_once:
            raise InputError(
                f"Expected a picture of at most {self.max_message_bytes} bytes, received "
                f"{picture_bytes}: take a smaller working size or a larger max_message_bytes."
            )
        parts = []
        for start in range(0, len(lightness), at_once):
            batch = lightness[start : start + at_once]
            ab = self.transport.predict_ab(batch)
            if ab.ndim != 4 or ab.shape[0] != len(batch) or ab.shape[-1] != 2:
                raise self.error(f"expected ab ({len(batch)}, h, w, 2), received shape {ab.shape}")
            if not np.isfinite(ab).all():
                raise self.error("expected finite a and b, received others")
            parts.append(ab)
        return np.concatenate(parts)

    def error(self, reason):
        """Makes a `ServerError` that names the server and the network."""
        return ServerError(f"{self.address}, model {self.model}: {reason}")

    def close(self):
        """Closes the connection."""
        self.transport.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class RemoteColorizer(BaseColorizer):
    """Colorizes as `Colorizer` does, but asks a server for the colors, which are small.

    Decoder, temperature, rebalancing and refinement are those that were exported.

    Args:
        client: a `Client`.
        working_size: long side in pixels at which the network sees a photograph.
        saturation: factor on the chroma from the server, which has the exported one already.

    Raises:
        ValueError: for a number outside its range.
    """

    # Each photograph has its own time to be answered in, with its own repetitions.
    at_once = 1

    def __init__(self, client, working_size, saturation=1.0):
        check(Options, working_size=working_size, saturation=saturation)
        self.client, self.name = client, client.model
        self.working_size, self.saturation = working_size, saturation

    def predict_ab(self, lightness, hints=None):
        """Asks for color; see `BaseColorizer.predict_ab`.

        Raises:
            ServerError: see `Client.predict_ab`.
            ValueError: with hints, which do not travel, or for a working size that is too large.
        """
        if hints is not None:
            raise InputError("Expected no hints for a network on a server.")
        return self.client.predict_ab(lightness)

    def check(self):
        """Asks for the colors of a tiny picture; raises `ServerError` if none come."""
        self.predict_ab(np.full((1, STRIDE, STRIDE, 1), 50.0, "float32"))
