import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.inference import batch
from keras_colorize.inference.batch import colorize_files
from keras_colorize.inference.colorizer import BaseColorizer, Preprocessed
from keras_colorize.io import plan_jobs, read_photograph, writing


def _save(path, level=128, size=(6, 8)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full(size, level, np.uint8)).save(path)
    return path


@pytest.fixture
def album(tmp_path):
    """A folder with a folder in it."""
    for name in ("b.png", "a.jpg", "old/c.tif", "old/d.gif"):
        _save(tmp_path / "album" / name)
    (tmp_path / "album" / "notes.txt").write_text("none")
    return tmp_path / "album"


class _Same(BaseColorizer):
    """Stands in for a colorizer; calls a function of each picture first."""

    def __init__(self, before=None):
        self.before, self.sizes = before, []

    def preprocess(self, pixels):
        lightness = np.zeros((*pixels.shape[:2], 1))
        return Preprocessed(pixels, lightness)

    def predict_ab(self, lightness, hints=None):
        self.sizes.append(len(lightness))
        if self.before:
            self.before(lightness)
        return np.zeros((*lightness.shape[:3], 2), "float32")

    def compose(self, batch, ab):
        return [one.pixels for one in batch]


def _failing(error, side):
    """Raises an error for pictures with a side of so many pixels."""

    def before(lightness):
        if side in lightness.shape:
            raise error

    return before


def _statuses(outcomes):
    return [outcome.status for outcome in outcomes]


def test_existing_outputs(album, tmp_path):
    out = tmp_path / "out"
    jobs = plan_jobs([album], out)
    _save(out / "a.jpg", 1)
    before = (out / "a.jpg").read_bytes()
    for options, first in (({}, "failed"), ({"skip_existing": True}, "skipped")):
        (out / "b.png").unlink(missing_ok=True)
        outcomes = list(colorize_files(_Same(), jobs[:2], **options))
        assert _statuses(outcomes) == [first, "done"]
        assert "a.jpg exists" in outcomes[0].notes[0]
        assert (out / "a.jpg").read_bytes() == before
    # What exists is not computed first.
    assert _statuses(colorize_files(_Same(pytest.fail), jobs[:1])) == ["failed"]
    assert _statuses(colorize_files(_Same(), jobs[:2], overwrite=True)) == ["done", "done"]
    assert (out / "a.jpg").read_bytes() != before


def test_outcomes_carry_pictures_only_if_asked(album, tmp_path):
    jobs = plan_jobs([album / "b.png"], tmp_path / "out")
    (full,) = colorize_files(_Same(), jobs, keep=True)
    (bare,) = colorize_files(_Same(), jobs, overwrite=True)
    assert full.before.pixels.shape == full.after.pixels.shape == (6, 8, 3)
    assert bare.before is bare.after is None


def test_sidecars_go_along_and_dates_if_asked(album, tmp_path):
    packet = '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/'
    packet += '22-rdf-syntax-ns#"><rdf:Description xmlns:tiff="http://ns.adobe.com/tiff/1.0/" '
    packet += 'tiff:Make="Leica"{}/></rdf:RDF></x:xmpmeta>'
    (album / "a.jpg.xmp").write_text(packet.format(' tiff:Orientation="6"'))
    (album / "old" / "d.xmp").write_text(packet.format(""))
    (album / "lonely.xmp").touch()
    os.utime(album / "a.jpg", (10**9, 10**9 + 1))
    left, out = Counter(), tmp_path / "out"
    jobs = plan_jobs([album], out, passed_over=left)
    assert left == {".txt": 1, ".xmp": 1}
    assert _statuses(colorize_files(_Same(), jobs, keep_dates=True)) == ["done"] * 4
    assert (out / "old" / "d.xmp").read_text() == packet.format("")
    made = (out / "a.jpg.xmp").read_text()
    assert "Leica" in made and "Orientation" not in made
    found = os.stat(out / "a.jpg")
    assert (found.st_atime, found.st_mtime) == (10**9, 10**9 + 1)
    # Another one is not replaced, and the same is no fault.
    (out / "a.jpg.xmp").write_text("mine")
    for name in ("a.jpg", "old/d.png"):
        (out / name).unlink()
    statuses = _statuses(colorize_files(_Same(), [jobs[0], jobs[3]]))
    assert (statuses, (out / "a.jpg.xmp").read_text()) == (["failed", "done"], "mine")
    assert not (out / "a.jpg").exists()


@pytest.fixture
def document(tmp_path):
    """A TIFF of a thumbnail, four pages, of which one is in color, and a mask."""
    random = np.random.default_rng(0)
    page = {"photometric": "minisblack", "metadata": None}
    with tifffile.TiffWriter(tmp_path / "document.tif") as tiff:
        full = np.full((400, 600), 9, np.uint8)
        tiff.write(full[::4, ::4], **page)
        tiff.write(full, **page, extratags=[(271, 2, 0, b"Leica", True)])
        tiff.write(full > 9, **page, subfiletype=4)
        tiff.write(full[:, ::2].astype(np.uint16) * 999, **page)
        color = random.integers(0, 256, (60, 60, 3), np.uint8)
        tiff.write(color, photometric="rgb", metadata=None)
        tiff.write(full[:, ::3], **page, extratags=[(274, 3, 1, 6, True)])
    return tmp_path / "document.tif", color


@pytest.mark.parametrize("most", [writing._CLASSIC_TIFF, 1])
def test_all_pages_of_a_document(document, tmp_path, monkeypatch, most):
    monkeypatch.setattr(writing, "_CLASSIC_TIFF", most)
    path, color = document
    jobs = plan_jobs([path], tmp_path / "out.tif")
    how = {"pages": "auto", "keep_color": True, "keep": True, "records": True}
    (outcome,) = colorize_files(_Same(), jobs, **how)
    assert (outcome.status, outcome.before.pixels.shape) == ("done", (400, 600, 3))
    assert outcome.notes == (
        "page 1: smaller copies or masks among its pages were left out: 2",
        "page 3: was in color already",
    )
    with tifffile.TiffFile(jobs[0].target) as tiff:
        assert tiff.is_bigtiff == (most == 1)
        forms = [(*page.shape, page.dtype.itemsize) for page in tiff.pages]
        assert forms == [(400, 600, 3, 1), (400, 300, 3, 2), (60, 60, 3, 1), (200, 400, 3, 1)]
        assert tiff.pages[0].tags[271].value == "Leica" and 271 not in tiff.pages[1].tags
        np.testing.assert_array_equal(tiff.pages[2].asarray(), color)
        packets = [page.tags[700].value if 700 in page.tags else b"" for page in tiff.pages]
        assert [b"DigitalSource" in packet for packet in packets] == [True, True, False, True]
        assert packets[2] == b""
    # The first one is the one after the thumbnail.
    (outcome,) = colorize_files(_Same(), plan_jobs([path], tmp_path / "one.png"), pages="auto")
    assert "multi-page TIFF: the first page was used" in outcome.notes
    assert read_photograph(tmp_path / "one.png").pixels.shape == (400, 600, 3)


def test_documents_that_fail_and_that_are_in_color(document, tmp_path):
    path, color = document
    tifffile.imwrite(tmp_path / "color.tif", np.stack([color] * 2), photometric="rgb")
    frames = [Image.new("L", (9, 9), level) for level in (9, 99)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])

    def run(name, target, colorizer, **options):
        jobs = plan_jobs([tmp_path / name], tmp_path / target)
        (outcome,) = colorize_files(colorizer, jobs, **{"pages": "all", **options})
        assert not jobs[0].target.exists()
        return outcome.status, outcome.notes[0]

    fail = _failing(ValueError("a bad one"), 300)
    assert run("document.tif", "1.tif", _Same(fail)) == ("failed", "page 2: a bad one")
    assert run("color.tif", "2.tif", _Same(), keep_color=True)[0] == "in color"
    for name, target in (("a.gif", "3.tif"), ("document.tif", "4.jpg")):
        status, said = run(name, target, _Same())
        assert status == "failed" and "--pages first takes the first" in said
    # The link from the last page to none leads nowhere now.
    with tifffile.TiffFile(path) as tiff:
        last = tiff.pages[-1]
        place = last.offset + 2 + 12 * len(last.tags)
    whole = bytearray(path.read_bytes())
    assert whole[place : place + 4] == bytes(4)
    whole[place : place + 4] = b"\xf0\xf0\xf0\x70"
    path.write_bytes(whole)
    status, said = run("document.tif", "5.tif", _Same())
    assert status == "failed" and "whole pages, received more or damaged ones" in said
    path.write_bytes(whole[:-9000])
    assert run("document.tif", "6.tif", _Same())[0] == "failed"


class ResourceExhaustedError(Exception):
    """Named like what TensorFlow raises when memory runs out."""


@pytest.mark.parametrize("error", [MemoryError(), ResourceExhaustedError("OOM when allocating")])
def test_running_out_of_memory_comes_with_advice(album, tmp_path, error):
    narrow = _failing(error, 5)
    _save(album / "a.jpg", size=(5, 6))
    first, *others = colorize_files(_Same(narrow), plan_jobs([album], tmp_path / "out"))
    assert "--working-size" in first.notes[0]
    assert _statuses(others) == ["done"] * 3


IN_THREADS = ["read_photograph", "write_pages"]


@pytest.mark.parametrize("name", IN_THREADS)
def test_surprises_in_the_threads_stop_nothing(album, tmp_path, monkeypatch, name):
    original = getattr(batch, name)

    def surprise(path, *args, **kwargs):
        if Path(path).name == "b.png":
            raise RuntimeError("a surprise\nof two lines")
        return original(path, *args, **kwargs)

    monkeypatch.setattr(batch, name, surprise)
    outcomes = list(colorize_files(_Same(), plan_jobs([album], tmp_path / "out")))
    assert _statuses(outcomes) == ["done", "failed", "done", "done"]
    assert outcomes[1].notes == ("RuntimeError: a surprise of two lines",)


@pytest.mark.parametrize("name", IN_THREADS)
def test_an_exit_in_a_thread_does_not_hang(album, tmp_path, monkeypatch, name):
    monkeypatch.setattr(batch, name, lambda *args, **kwargs: sys.exit(3))
    with pytest.raises(SystemExit):
        list(colorize_files(_Same(), plan_jobs([album], tmp_path / "out")))


def test_an_interruption_leaves_whole_pictures(album, tmp_path):
    narrow = _failing(KeyboardInterrupt(), 5)
    _save(album / "old" / "c.tif", size=(5, 6))
    with pytest.raises(KeyboardInterrupt):
        list(colorize_files(_Same(narrow), plan_jobs([album], tmp_path / "out")))
    names = sorted(os.listdir(tmp_path / "out"))
    assert names == ["a.jpg", "b.png"]
    for name in names:
        with Image.open(tmp_path / "out" / name) as whole:
            whole.load()


def test_few_photographs_are_in_memory_at_once(tmp_path, monkeypatch):
    for number in range(12):
        _save(tmp_path / "in" / f"{number:02}.png")
    opened, original = [], batch.read_photograph
    monkeypatch.setattr(
        batch, "read_photograph", lambda path, *how: opened.append(path) or original(path, *how)
    )
    # Each of them is as large as a group may be.
    monkeypatch.setattr(batch, "GROUP_PIXELS", 6 * 8)
    jobs = plan_jobs([tmp_path / "in"], tmp_path / "out")
    for done, _ in enumerate(colorize_files(_Same(), jobs), start=1):
        assert len(opened) <= done + 4
    assert len(opened) == 12


def test_what_is_too_large_is_refused(tmp_path):
    _save(tmp_path / "a.png", size=(6, 8))
    jobs = plan_jobs([tmp_path / "a.png"], tmp_path / "out")
    for most, status in ((47, "failed"), (48, "done")):
        (outcome,) = colorize_files(_Same(), jobs, max_pixels=most)
        assert outcome.status == status
    assert "fits in memory" not in str(outcome.notes)


def _sizes(folder, colorizer, **options):
    statuses = _statuses(colorize_files(colorizer, plan_jobs([folder], folder / "out"), **options))
    return statuses, colorizer.sizes


def test_neighbors_of_one_size_go_through_the_network_together(tmp_path, monkeypatch):
    for number in range(9):
        _save(tmp_path / f"{number}.png", size=(6, 8) if number not in (5, 6) else (8, 6))
    (tmp_path / "2.png").write_text("This is no photograph.")
    statuses, sizes = _sizes(tmp_path, _Same())
    assert statuses == ["done"] * 2 + ["failed"] + ["done"] * 6
    assert sizes == [3, 1, 2, 2]
    monkeypatch.setattr(batch, "GROUP_PIXELS", 2 * 6 * 8)
    _, sizes = _sizes(tmp_path, _Same(), overwrite=True)
    assert sizes == [2, 2, 2, 2]


def test_one_picture_that_fails_spoils_no_group(tmp_path):
    def fail(lightness):
        if len(lightness) > 1 or len(colorizer.sizes) == 3:
            raise ValueError("a bad one")

    for number in range(4):
        _save(tmp_path / f"{number}.png")
    colorizer = _Same(fail)
    statuses, sizes = _sizes(tmp_path, colorizer)
    assert statuses == ["done", "failed", "done", "done"]
    assert sizes == [4, 1, 1, 1, 1]
