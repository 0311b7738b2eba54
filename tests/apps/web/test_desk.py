import threading
import zipfile

import numpy as np
import pytest
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize.apps.web.clicks import add_point
from keras_colorize.apps.web.desk import Desk
from keras_colorize.apps.web.settings import Settings


@pytest.fixture
def desk(tiny_colorizer):
    desk = Desk(tiny_colorizer)
    yield desk
    desk.close()


@pytest.fixture
def settings(tiny_colorizer):
    return Settings.of(tiny_colorizer)


def levels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture
def finish(desk, settings):
    return lambda session: [photo.outcome.status for photo in desk.finish(session, settings)]


def test_results_are_whole_photographs_with_their_metadata(add, upload, finish):
    names = {"a.jpg": "JPEG", "b.png": "PNG", "c.tif": "TIFF", "d.webp": "WEBP"}
    # Long sides above that of the preview: it is not the preview that comes back.
    session = add(*(upload(name, (30, 1400), orientation=6) for name in names))
    assert finish(session) == ["done"] * 4
    for photo, kind in zip(session.photos, names.values(), strict=True):
        with Image.open(photo.target) as image:
            assert (image.format, image.size) == (kind, (30, 1400))
            assert image.getexif()[0x010E] == "Grandmother, 1931"
            assert image.getexif().get(0x0112, 1) == 1
            assert image.info["icc_profile"]
        assert b"compositeWithTrainedAlgorithmicMedia" in photo.target.read_bytes()
        assert np.ptp(levels(photo.target), axis=-1).max() > 4


def test_several_results_come_as_one_archive(add, upload, finish):
    session = add(upload("a.jpg"))
    finish(session)
    assert not session.archive.exists()
    add(upload("b.png"), upload("a.jpg"))
    finish(session)
    with zipfile.ZipFile(session.archive) as archive:
        assert archive.namelist() == ["a.jpg", "b.png", "a-2.jpg"]
        assert archive.read("b.png") == session.photos[1].target.read_bytes()


def test_a_photograph_that_fails_stops_nothing(add, upload, finish):
    session = add(upload("a.jpg"), upload("b.jpg"), upload("c.jpg"))
    session.photos[1].path.write_bytes(b"gone")
    assert finish(session) == ["done", "failed", "done"]
    with zipfile.ZipFile(session.archive) as archive:
        assert archive.namelist() == ["a.jpg", "c.jpg"]


def test_hints_reach_the_preview_and_the_full_size(add, upload, desk, settings, finish):
    session = add(upload("a.png", (1400, 900), orientation=6))
    before = [levels(path) for path in desk.preview(session, settings)]
    assert before[0].shape == (823, 1280, 3)
    # Left of the middle of the upright picture as the page shows it.
    add_point(session.photo, (320, 411), (823, 1280), "#0000ff")
    after = [levels(path) for path in desk.preview(session, settings)]
    finish(session)
    full = levels(session.photo.target)
    assert full.shape == (900, 1400, 3)
    for picture, place in ((after[0], (411, 320)), (full, (450, 350))):
        red, _, blue = picture[place]
        assert blue > red + 30
    red, green, blue = after[1][411, 320]
    assert blue > 200 > 60 > max(red, green)
    assert np.abs(before[0] - before[1]).max() == 0


def test_all_visitors_are_served_one_at_a_time(sessions, add, upload, desk, settings, monkeypatch):
    first, second = add(upload("a.jpg")), sessions.get("bert")
    second.photos = list(first.photos)
    busy, most = [], []
    colorize = Colorizer.__call__

    def watched(colorizer, picture):
        busy.append(1)
        most.append(len(busy))
        made = colorize(colorizer, picture)
        busy.pop()
        return made

    monkeypatch.setattr(Colorizer, "__call__", watched)
    threads = [
        threading.Thread(target=desk.preview, args=(one, settings)) for one in (first, second) * 3
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == [1] * 6
