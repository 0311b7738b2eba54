"""Photographs as cameras make them, a session of the page, and a page that is served."""

import hashlib
import http.client
import io
import json
import threading

import numpy as np
import pytest
from PIL import Image, ImageCms

from keras_colorize.apps.web.server import PageServer
from keras_colorize.apps.web.sessions import VISITOR, Limits, Sessions


@pytest.fixture
def photograph():
    """`photograph(name, size)`: the bytes of a grey one (height, width), in the name's format."""

    def encode(name, size=(40, 60), orientation=1):
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = orientation, "Grandmother, 1931"
        pixels = np.linspace(40, 200, size[0] * size[1]).reshape(size).astype("uint8")
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        stream, kind = io.BytesIO(), Image.registered_extensions()[f".{name.rpartition('.')[2]}"]
        image = Image.fromarray(np.stack([pixels] * 3, -1))
        image.save(stream, kind, exif=exif.tobytes(), icc_profile=profile)
        return stream.getvalue()

    return encode


@pytest.fixture
def sessions(tmp_path):
    return Sessions(tmp_path / "sessions")


@pytest.fixture
def session(sessions):
    return sessions.get("anna".ljust(VISITOR, "-") + "tab")


@pytest.fixture
def add(session, photograph):
    """`add(name, size)`: adds a photograph to the session, or the bytes that are given."""

    def call(name, *size, content=None, **options):
        content = photograph(name.lower(), *size, **options) if content is None else content
        session.add(name, io.BytesIO(content), len(content))
        return session.photos[-1]

    return call


@pytest.fixture(scope="module")
def live(tiny_colorizer):
    """A page that is served."""
    limits = Limits(upload_mb=0.25, megapixels=0.5)
    with PageServer(
        ("127.0.0.1", 0), {"tiny": tiny_colorizer}, limits, hosts={"127.0.0.1"}
    ) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Visitor:
    """Speaks plain HTTP with the page."""

    def __init__(self, port, tab="tab1"):
        self.port, self.tab, self.cookie = port, tab, ""
        headers = self.ask("GET", "/", whole=True)[2]
        self.cookie = headers["Set-Cookie"].partition(";")[0]

    @property
    def key(self):
        """Name of the session."""
        secret = self.cookie.partition("=")[2]
        return hashlib.sha256(secret.encode()).hexdigest()[:VISITOR] + self.tab

    def ask(self, method, path, body=None, whole=False, **headers):
        """Status and content of the answer, whatever they are; the headers, too, if asked for."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Cookie": self.cookie, **headers}
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            found = answer.status, answer.read(), dict(answer.getheaders())
            return found if whole else found[:2]
        finally:
            connection.close()

    def add(self, name, content, act="add"):
        """Uploads a file; status and answer."""
        status, text = self.ask("POST", f"/{self.tab}/{act}?name={name}", content)
        return status, json.loads(text)

    def change(self, act="look", value=None, **options):
        """Does something on the page; status and what it shows then."""
        body = json.dumps({"act": act, "value": value, "options": options})
        status, text = self.ask("POST", f"/{self.tab}/change", body)
        return status, json.loads(text)


@pytest.fixture
def visit(live):
    """`visit()`: another visitor of the page that is served."""
    return lambda **options: Visitor(live.server_address[1], **options)
