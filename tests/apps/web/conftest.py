"""Photographs as cameras make them, a session of the page, and a page that is served."""

import gc
import http.cookiejar
import json
import socket
import threading
import urllib.error
import urllib.request
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from keras_colorize.apps.web.sessions import VISITOR, Limits, Sessions


@pytest.fixture
def upload(session):
    """`upload(name, size)`: a grey photograph (height, width) that has arrived; its path."""

    def write(name, size=(40, 60), orientation=1):
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = orientation, "Grandmother, 1931"
        pixels = np.linspace(40, 200, size[0] * size[1]).reshape(size).astype("uint8")
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        path = session.folder.parent / "uploads" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        image = Image.fromarray(np.stack([pixels] * 3, -1))
        image.save(path, exif=exif.tobytes(), icc_profile=profile)
        return path

    return write


@pytest.fixture
def sessions(tmp_path):
    return Sessions(tmp_path / "sessions")


@pytest.fixture
def session(sessions):
    return sessions.get("anna".ljust(VISITOR, "-") + "tab")


@pytest.fixture
def add(session):
    """Adds files to the session."""

    def call(*paths, limits=None):
        session.limits = limits or session.limits
        session.add(paths)
        return session

    return call


@pytest.fixture(scope="module")
def live(tiny_colorizer, tmp_path_factory):
    """`(address, folder)` of a page that is served, and of the files of its visitors."""
    import uvicorn

    from keras_colorize.apps.web.application import make_app

    folder, limits = tmp_path_factory.mktemp("live"), Limits(upload_mb=0.25, megapixels=0.5)
    address = ("127.0.0.1", 0)
    with pytest.MonkeyPatch.context() as patch, socket.create_server(address) as listening:
        patch.setenv("GRADIO_TEMP_DIR", "")
        app = make_app(tiny_colorizer, folder, limits, hosts={"127.0.0.1"})
        server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1))
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", folder
        server.should_exit = True
        thread.join()
    # What gradio leaves open is collected here, where nobody is warned of it.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gc.collect()


class Visitor:
    """Speaks plain HTTP with the page at an address."""

    def __init__(self, address):
        self.address, self.session = address, "tab1"
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self.opener = urllib.request.build_opener(cookies, urllib.request.ProxyHandler({}))
        self.ask("/")
        config = json.loads(self.ask("/config")[1])
        self.parts = {part["id"]: part["props"] for part in config["components"]}
        self.events = {}
        for event in config["dependencies"]:
            for part, kind in event["targets"]:
                self.events[self.parts.get(part, {}).get("elem_id"), kind] = event

    def ask(self, path, body=None, headers=()):
        """Returns status and text of the answer, whatever they are."""
        request = urllib.request.Request(self.address + path, body, dict(headers))
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.status, answer.read().decode(errors="replace")
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode(errors="replace")

    def upload(self, name, content):
        """Uploads a file; returns its path on the server."""
        head = f'--x\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        body = head.encode() + content + b"\r\n--x--\r\n"
        kind = {"Content-Type": "multipart/form-data; boundary=x"}
        status, text = self.ask("/gradio_api/upload", body, kind)
        assert status == 200, text
        return json.loads(text)[0]

    def event(self, part, kind, changed=None, **fields):
        """The body of an event; `changed` is a dict of arguments by number or part."""
        event = self.events[part, kind]
        names = [self.parts[number].get("elem_id") for number in event["inputs"]]
        data = [
            None if name in ("add", "palette") else self.parts[number].get("value")
            for name, number in zip(names, event["inputs"], strict=True)
        ]
        for key, value in (changed or {}).items():
            data[names.index(key)] = value
        body = {"fn_index": event["id"], "session_hash": self.session, "data": data}
        return {**body, "trigger_id": event["targets"][0][0], **fields}

    def send(self, body):
        """Sends an event; returns status and what came of it, as text."""
        kind = {"Content-Type": "application/json"}
        status, text = self.ask("/gradio_api/queue/join", json.dumps(body).encode(), kind)
        if status != 200:
            return status, text
        return self.ask(f"/gradio_api/queue/data?session_hash={self.session}")


@pytest.fixture
def visit(live):
    """`visit()`: another visitor of the page that is served."""
    return lambda: Visitor(live[0])
