import contextlib
import dataclasses
import zipfile
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize.apps.web.queue import OFFERED, Queue
from keras_colorize.errors import InputError
from keras_colorize.inference import Refinement

VALUES = {"working_size": 96, "saturation": 1.3, "decoder": "sample", "temperature": 0.7}
VALUES |= {"seed": 5, "refine": "mrf", "palette_strength": 0.8}


@pytest.fixture
def queue(tiny_colorizer):
    with contextlib.closing(Queue({"tiny": tiny_colorizer})) as queue:
        yield queue


def levels(path):
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


@pytest.fixture
def finish(queue):
    return lambda session: [photo.outcome.status for photo in queue.finish(session, {})]


def test_results_are_whole_photographs_and_an_archive_without_those_that_fail(add, session, finish):
    add("a.jpg", (30, 1400), orientation=6)
    finish(session)
    assert not session.archive.exists()
    kinds = {"b.png": "PNG", "c.tif": "TIFF", "d.webp": "WEBP", "bad.jpg": "", "a.jpg": "JPEG"}
    # Long sides above that of the preview: it is not the preview that comes back.
    for name in kinds:
        add(name, (30, 1400), orientation=6)
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


def test_hints_reach_the_preview_and_the_full_size(add, session, queue, finish):
    photo = add("a.png", (1400, 900), orientation=6)
    assert levels(queue.preview(session, session.photos[0], {})).shape == (823, 1280, 3)
    # Left of the middle of the upright picture as the page shows it.
    photo.points.append((0.25, 0.5, "#0000ff"))
    after = levels(queue.preview(session, session.photos[0], {}))
    finish(session)
    full = levels(photo.target)
    assert full.shape == (900, 1400, 3)
    for picture, place in ((after, (411, 320)), (full, (450, 350))):
        red, _, blue = picture[place]
        assert blue > red + 30
    for number in range(4):
        path = queue.preview(session, photo, {"seed": number})
    assert queue.preview(session, photo, {"seed": number}) == path
    assert path in (kept := list(photo.preview.parent.glob("shown-*")))
    assert len(kept) == 3


def test_a_hint_lies_at_the_same_place_in_every_copy(add):
    # EXIF orientation 8; upright it is 60 wide and 40 high.
    photo = add("a.jpg", (60, 40), orientation=8)
    assert photo.size == (40, 60)
    assert photo.hints_at((40, 60)) is None
    photo.points.append((0.5, 0.5, "#102030"))
    for height, width in ((40, 60), (20, 30), (17, 49)):
        rows, columns = np.nonzero(photo.hints_at((height, width)).mask)
        assert np.mean(columns) == pytest.approx(width / 2, abs=1)
        assert np.mean(rows) == pytest.approx(height / 2, abs=1)
    photo.points.append((0.999999, 0.0, "#102030"))
    assert photo.hints_at((40, 60)).mask[0, 59]


def test_all_visitors_are_served_one_at_a_time(sessions, session, add, queue, monkeypatch):
    second = sessions.get("bert")
    second.photos = [add("a.jpg")]
    busy, most, colorize = [], [], Colorizer.__call__

    def watched(colorizer, picture):
        busy.append(1)
        most.append(len(busy))
        made = colorize(colorizer, picture)
        busy.pop()
        return made

    monkeypatch.setattr(Colorizer, "__call__", watched)
    with ThreadPoolExecutor(6) as pool:
        photos, options = (session.photos[0],) * 6, [{"seed": number} for number in range(6)]
        list(pool.map(queue.preview, (session, second) * 3, photos, options))
    assert most == [1] * 6


def test_controls_start_at_the_preset_and_reach_the_colorizer(queue, tiny_config, picture):
    def start():
        (preset,) = queue.presets().values()
        return {one["name"]: one["value"] for one in preset["controls"]}

    assert tuple(start()) == OFFERED
    for name in ("working_size", "saturation", "decoder", "temperature"):
        assert start()[name] == getattr(tiny_config, name)
    assert start()["refine"] == "none"
    colorizer = queue.configured(VALUES, picture)
    assert {name: getattr(colorizer, name) for name in OFFERED} == VALUES
    assert colorizer.palette is picture
    assert queue.colorizers["tiny"].palette is None
    wrong = {"working_size": 5, "seed": 1e9, "decoder": 3, "refine": "mrf-paper"}
    with pytest.raises(InputError, match="Expected a preset of the page, received 'vivid'"):
        queue.configured({"preset": "vivid"})
    for name, value in wrong.items():
        with pytest.raises(InputError, match=f"the control {name}"):
            queue.configured({**VALUES, name: value})
    queue.colorizers["tiny"] = queue.colorizers["tiny"].replace(refine=Refinement(sweeps=3))
    assert start()["refine"] == "mrf"
    assert queue.configured({}).refinement.sweeps == 3
    assert queue.configured({"refine": "none"}).refinement is None
    # What a network cannot take is left out.
    other = queue.colorizers["tiny"].replace(refine=None)
    other.config = dataclasses.replace(tiny_config, output="ab")
    with contextlib.closing(Queue({"other": other})) as queue:
        colorizer = queue.configured(VALUES, picture)
    assert (colorizer.working_size, colorizer.saturation) == (96, 1.3)
    assert (colorizer.refinement, colorizer.palette, colorizer.decoder) == (None, None, "annealed")
