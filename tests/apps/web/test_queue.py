import contextlib
import dataclasses
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize.apps.web.queue import OFFERED, Queue, add_point, hints_at, marked
from keras_colorize.inference import Refinement

VALUES = dict(zip(OFFERED, (96, 1.3, "sample", 0.7, 5, "mrf", 0.8), strict=True))


@pytest.fixture
def queue(tiny_colorizer):
    with contextlib.closing(Queue(tiny_colorizer)) as queue:
        yield queue


def levels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture
def finish(queue):
    return lambda session: [photo.outcome.status for photo in queue.finish(session, queue.initial)]


def test_results_are_whole_photographs_and_an_archive_without_those_that_fail(add, upload, finish):
    session = add(upload("a.jpg", (30, 1400), orientation=6))
    finish(session)
    assert not session.archive.exists()
    kinds = {"b.png": "PNG", "c.tif": "TIFF", "d.webp": "WEBP", "bad.jpg": "", "a.jpg": "JPEG"}
    # Long sides above that of the preview: it is not the preview that comes back.
    add(*(upload(name, (30, 1400), orientation=6) for name in kinds))
    session.photos[4].path.write_bytes(b"gone")
    assert finish(session) == ["done"] * 4 + ["failed", "done"]
    for photo, kind in zip(session.photos[:4], ["JPEG", *kinds.values()], strict=False):
        with Image.open(photo.target) as image:
            assert (image.format, image.size) == (kind, (30, 1400))
            assert image.getexif()[0x010E] == "Grandmother, 1931"
            assert image.getexif().get(0x0112, 1) == 1
            assert image.info["icc_profile"]
        assert b"compositeWithTrainedAlgorithmicMedia" in photo.target.read_bytes()
        assert np.ptp(levels(photo.target), axis=-1).max() > 4
    with zipfile.ZipFile(session.archive) as archive:
        assert archive.namelist() == ["a.jpg", "b.png", "c.tif", "d.webp", "a-2.jpg"]
        assert archive.read("b.png") == session.photos[1].target.read_bytes()


def test_hints_reach_the_preview_and_the_full_size(add, upload, queue, finish):
    session = add(upload("a.png", (1400, 900), orientation=6))
    before = [levels(path) for path in queue.preview(session, queue.initial)]
    assert before[0].shape == (823, 1280, 3)
    # Left of the middle of the upright picture as the page shows it.
    add_point(session.photo, (320, 411), (823, 1280), "#0000ff")
    after = [levels(path) for path in queue.preview(session, queue.initial)]
    finish(session)
    full = levels(session.photo.target)
    assert full.shape == (900, 1400, 3)
    for picture, place in ((after[0], (411, 320)), (full, (450, 350))):
        red, _, blue = picture[place]
        assert blue > red + 30
    red, green, blue = after[1][411, 320]
    assert blue > 200 > 60 > max(red, green)
    assert np.abs(before[0] - before[1]).max() == 0


def test_all_visitors_are_served_one_at_a_time(sessions, add, upload, queue, monkeypatch):
    first, second = add(upload("a.jpg")), sessions.get("bert")
    second.photos = list(first.photos)
    busy, most, colorize = [], [], Colorizer.__call__

    def watched(colorizer, picture):
        busy.append(1)
        most.append(len(busy))
        made = colorize(colorizer, picture)
        busy.pop()
        return made

    monkeypatch.setattr(Colorizer, "__call__", watched)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(queue.preview, (first, second) * 3, [queue.initial] * 6))
    assert most == [1] * 6


def test_colors_of_the_picker(add, upload):
    photo = add(upload("a.jpg")).photo
    for text in ("", "red", "#abc", "rgb(1, 2)", "rgb(1, 2, 300)", "rgb(a, b, c)"):
        with pytest.raises(ValueError, match="Expected a color like"):
            add_point(photo, (3, 3), (40, 60), text)
    assert photo.points == []
    for text in ("#A0C030", "rgb(160, 192, 48)", "rgba(160.4, 191.6, 48.0, 1)"):
        add_point(photo, (3, 3), (40, 60), text)
    assert photo.points_at(photo.size) == [{"x": 3, "y": 3, "color": "#a0c030"}] * 3


def test_a_hint_lies_at_the_same_place_in_every_copy(add, upload):
    # EXIF orientation 8; upright it is 60 wide and 40 high.
    photo = add(upload("a.jpg", (60, 40), orientation=8)).photo
    assert photo.size == (40, 60)
    assert hints_at(photo, (40, 60)) is None
    pixels = np.full((40, 60, 3), 128, "uint8")
    assert np.array_equal(marked(pixels, photo), pixels)
    places = {(15, 10): (30, 20), (0, 0): (0, 0), (30, 20): (59, 39)}
    for place in places:
        add_point(photo, place, (20, 30), "#102030")
    assert [(point["x"], point["y"]) for point in photo.points_at((40, 60))] == [*places.values()]
    del photo.points[1:]
    for height, width in ((40, 60), (20, 30), (17, 49)):
        rows, columns = np.nonzero(hints_at(photo, (height, width)).mask)
        assert np.mean(columns) == pytest.approx(width / 2, abs=1)
        assert np.mean(rows) == pytest.approx(height / 2, abs=1)
    assert marked(pixels, photo)[20, [30, 38, 45]].tolist() == [[16, 32, 48], [255] * 3, [128] * 3]
    assert pixels.min() == 128
    # Of the same size every pixel is itself.
    for x in range(49):
        add_point(photo, (x, 0), (10, 49), "#ff0000")
    assert [point["x"] for point in photo.points_at((10, 49))[1:]] == list(range(49))


def test_controls_start_at_the_preset_and_reach_the_colorizer(queue, tiny_config, picture):
    start = queue.initial
    for name in ("working_size", "saturation", "decoder", "temperature"):
        assert start[name] == getattr(tiny_config, name)
    assert start["refine"] == "none"
    colorizer = queue.configured(VALUES, picture)
    assert {name: getattr(colorizer, name) for name in OFFERED} == VALUES
    assert colorizer.palette is picture
    assert queue.colorizer.palette is None
    with pytest.raises(ValueError, match="working_size"):
        queue.configured({**VALUES, "working_size": 5})
    queue.colorizer = queue.colorizer.replace(refine=Refinement(sweeps=3))
    start = queue.initial
    assert start["refine"] == "mrf"
    assert queue.configured(start).refinement.sweeps == 3
    assert queue.configured({**start, "refine": "none"}).refinement is None
    # What a network cannot take is left out.
    other = queue.colorizer.replace(refine=None)
    other.config = dataclasses.replace(tiny_config, output="ab")
    with contextlib.closing(Queue(other)) as queue:
        colorizer = queue.configured(VALUES, picture)
    assert (colorizer.working_size, colorizer.saturation) == (96, 1.3)
    assert (colorizer.refinement, colorizer.palette, colorizer.decoder) == (None, None, "annealed")
