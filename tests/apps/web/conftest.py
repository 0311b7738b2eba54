"""A session with photographs as cameras make them."""

import gc
import threading
import warnings

import numpy as np
import pytest
from PIL import Image, ImageCms

from keras_colorize.apps.web.photos import add_photographs
from keras_colorize.apps.web.sessions import Limits, Sessions

SIDEWAYS = 6
"""EXIF 2.32, tag 274: the first row of the file is the right side of the picture."""


@pytest.fixture
def upload(tmp_path):
    """`upload(name, size)`: writes a grey photograph (height, width) and returns its path."""

    def write(name, size=(40, 60), orientation=1):
        exif = Image.Exif()
        exif[0x0112], exif[0x010E] = orientation, "Grandmother, 1931"
        pixels = np.linspace(40, 200, size[0] * size[1]).reshape(size).astype("uint8")
        profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
        path = tmp_path / "uploads" / name
        path.parent.mkdir(exist_ok=True)
        image = Image.fromarray(np.stack([pixels] * 3, -1))
        image.save(path, exif=exif.tobytes(), icc_profile=profile)
        return path

    return write


@pytest.fixture
def sessions(tmp_path):
    return Sessions(tmp_path / "sessions")


@pytest.fixture
def session(sessions):
    return sessions.get("anna")


@pytest.fixture
def add(session):
    """Adds files to the session."""

    def call(*paths, limits=None):
        add_photographs(session, paths, limits or Limits())
        return session

    return call


@pytest.fixture(scope="module")
def live(tiny_colorizer, tmp_path_factory):
    """`(address, folder)` of a page that is served, and of the files of its visitors."""
    import uvicorn

    from keras_colorize.apps.web.server import listen, make_app

    folder = tmp_path_factory.mktemp("live")
    with pytest.MonkeyPatch.context() as patch, listen("127.0.0.1", 0) as listening:
        patch.setenv("GRADIO_TEMP_DIR", "")
        app = make_app(tiny_colorizer, folder, Limits(upload_mb=0.25, megapixels=0.5))
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
