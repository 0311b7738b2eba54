"""Colorizing with a network on a server: lightness goes there, color comes back."""

import contextlib
import dataclasses
import re

import numpy as np

from keras_colorize.errors import check, expect, extra_import
from keras_colorize.inference.colorizer import BaseColorizer
from keras_colorize.inference.options import AFTER_NETWORK, STRIDE, Options

MAX_MESSAGE_BYTES = 256 << 20
"""Most bytes of a request or an answer, unless another limit is asked for."""

_ADDRESSES = {"grpc": r"[^/@]+:\d+", "rest": r"https?://[^/@?#]+(/[^?#]*)?"}


class ServerError(OSError):
    """A server that cannot be reached, or refuses a request."""


@dataclasses.dataclass(repr=False, eq=False)
class Client(contextlib.AbstractContextManager):
    """Asks a network on a server for color; may be used from several threads.

    A server that is out of reach, starting or busy is asked five times in all, later and later.

    Args:
        address: `host:port`; or a URL, `http://` or `https://`, that may have a path.
        model: name of the network on the server.
        protocol: `"grpc"` or `"rest"`; None for REST with a URL or the port 8501, else gRPC.
        version: number of the version; None for the latest.
        label: label of the version, in place of its number.
        timeout: seconds for an answer: by gRPC with all repetitions, by REST for each.
        max_message_bytes: most bytes of a request or an answer; more go in several requests.
        tls: whether requests are encrypted; a URL says so itself.
        certificate: PEM file of the server's authority, which implies `tls`; None for the system's.
        headers: dict that goes with each request; names in lower case (`authorization`).

    Raises ValueError for an address, protocol or number that cannot be, ImportError without the
    extra `serving`.
    """

    address: str
    model: str
    _: dataclasses.KW_ONLY
    protocol: str | None = None
    version: int | None = None
    label: str | None = None
    timeout: float = 60.0
    max_message_bytes: int = MAX_MESSAGE_BYTES
    tls: bool = False
    certificate: str | None = None
    headers: dict | None = None

    def __post_init__(self):
        self.tls, self.headers = self.tls or self.certificate is not None, self.headers or {}
        is_url, is_rest = "://" in self.address, self.address.endswith(":8501")
        self.protocol = self.protocol or ("rest" if is_url or is_rest else "grpc")
        if self.protocol == "rest" and not is_url:
            self.address = f"http{'s' * self.tls}://{self.address}"
        pattern, limit = _ADDRESSES.get(self.protocol, ""), self.max_message_bytes
        is_one = self.version is None or self.label is None
        expect(pattern, f"a protocol among grpc and rest, received {self.protocol!r}")
        known = "host:port for gRPC or http(s)://host:port/path"
        expect(re.fullmatch(pattern, self.address), f"{known}, received {self.address!r}")
        expect(self.model, f"the name of a network, received {self.model!r}")
        expect(is_one, f"a version or a label, received {self.version!r} and {self.label!r}")
        expect(self.timeout > 0, f"timeout above 0, received {self.timeout!r}")
        expect(limit > 0, f"max_message_bytes above 0, received {limit!r}")
        with extra_import("serving"):
            if self.protocol == "rest":
                from .rest import RestTransport as Transport
            else:
                from .rpc import GrpcTransport as Transport
        self.transport = Transport(self)

    def predict_ab(self, lightness):
        """Predicts color.

        From L* in 0..100, float (N, H, W, 1), sides multiples of 32, to a and b, float32
        (N, h, w, 2), with the saturation of the server. Raises ServerError if that cannot be
        reached, refuses, or does not colorize, ValueError for pictures too large for a message.
        """
        lightness = np.asarray(lightness, "float32")
        # What comes back has at most two values for each that goes there.
        picture_bytes = 2 * self.transport.bytes_per_value * max(1, lightness[:1].size)
        at_once = self.max_message_bytes // picture_bytes
        received = f"{picture_bytes}: take a smaller working size or a larger max_message_bytes"
        most = f"at most {self.max_message_bytes} bytes"
        expect(at_once, f"a picture of {most}, received {received}")
        parts = []
        for start in range(0, len(lightness), at_once):
            batch = lightness[start : start + at_once]
            ab = self.transport(batch)
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
        """Closes the connection, as leaving a `with` block does."""
        self.transport.close()

    def __exit__(self, *_):
        self.close()


class RemoteColorizer(BaseColorizer):
    """Colorizes as `Colorizer` does, but by the network and the options of a server.

    The network sees a photograph at a long side of `working_size` pixels; the saturation is a
    factor on the chroma from the server, which has the exported one already. Originals are
    `negative`, `squeeze`, `levels` and `border`, see `Options`.
    """

    # Each photograph has its own time to be answered in, with its own repetitions.
    at_once = 1

    def __init__(self, client, working_size, saturation=1.0, **originals):
        options = {"working_size": working_size, "saturation": saturation, **originals}
        unknown = sorted(options.keys() - set(AFTER_NETWORK))
        expect(not unknown, f"options among {', '.join(AFTER_NETWORK)}, received {unknown}")
        check(Options, **options)
        self.client, self.name = client, client.model
        vars(self).update(options)

    def predict_ab(self, lightness, hints=None):
        """Asks for color like `Client.predict_ab`; ValueError with hints, which do not travel."""
        expect(hints is None, "no hints for a network on a server")
        return self.client.predict_ab(lightness)

    def check(self):
        """Asks for the colors of a tiny picture; raises `ServerError` if none come."""
        self.predict_ab(np.full((1, STRIDE, STRIDE, 1), 50.0, "float32"))
