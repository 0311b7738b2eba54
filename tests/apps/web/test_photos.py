import numpy as np
import pytest
from PIL import Image

from keras_colorize.apps.web import Limits
from keras_colorize.apps.web.photos import PREVIEW_SIDE, THUMBNAIL_SIDE, set_palette


def size_of(path):
    with Image.open(path) as image:
        return image.size


def test_photographs_are_upright_and_have_small_copies(add, upload):
    # EXIF orientation 6: stored lying on its side.
    session = add(upload("a.jpg", (1600, 1000), orientation=6))
    photo = session.photo
    assert (photo.name, photo.size) == ("a.jpg", (1000, 1600))
    side = PREVIEW_SIDE * 1000 // 1600
    assert size_of(photo.preview) == (PREVIEW_SIDE, side)
    assert max(size_of(photo.thumbnail)) == THUMBNAIL_SIDE
    assert photo.target == session.folder / "results" / "a.jpg"


def test_uploads_are_moved_into_the_session(add, upload):
    path = upload("a.jpg")
    whole = path.read_bytes()
    session = add(path)
    assert not path.exists()
    assert session.photo.path.read_bytes() == whole
    assert session.photo.path.is_relative_to(session.folder)


def test_bad_files_are_named_and_the_others_taken(add, upload, tmp_path):
    text = tmp_path / "letter.jpg"
    text.write_text("This is no photograph.")
    cut = upload("cut.jpg")
    cut.write_bytes(cut.read_bytes()[:-200])
    missing = tmp_path / "missing.jpg"
    session = add(text, upload("a.jpg"), cut, upload("big.png", (50, 50)), missing, upload("b.tif"))
    assert [photo.name for photo in session.photos] == ["a.jpg", "big.png", "b.tif"]
    assert [fault.split(": ")[0] for fault in session.faults] == [
        "letter.jpg",
        "cut.jpg",
        "missing.jpg",
    ]
    assert not any(str(session.folder) in fault for fault in session.faults)
    assert sum(1 for path in session.folder.rglob("original*")) == 3
    assert add(upload("c.jpg")).faults == []


def test_too_many_pixels_are_refused_with_the_limit(add, upload):
    limits = Limits(megapixels=0.0023)
    session = add(upload("big.png", (40, 60)), upload("a.png", (40, 50)), limits=limits)
    assert [photo.name for photo in session.photos] == ["a.png"]
    (fault,) = session.faults
    assert fault.startswith("big.png: ")
    assert "got 60 x 40 pixels" in fault
    assert fault.endswith("this page takes 0.0023 megapixels.")


def test_the_first_new_photograph_is_shown(add, upload, tmp_path):
    assert add(upload("a.jpg"), upload("b.jpg")).photo.name == "a.jpg"
    assert add(upload("c.jpg"), upload("d.jpg")).photo.name == "c.jpg"
    (tmp_path / "bad.jpg").touch()
    assert add(tmp_path / "bad.jpg").photo.name == "c.jpg"


def test_no_two_results_have_the_same_name(add, upload):
    session = add(upload("a.png"))
    add(upload("a.png"), upload("a.gif"), upload("A.PNG"), upload("a.tif"))
    names = [photo.target.name for photo in session.photos]
    assert names == ["a.png", "a-2.png", "a-3.png", "A-4.PNG", "a.tif"]


@pytest.mark.parametrize("name", ["original.jpg", "preview.jpg", "a b ü.jpg", "colorized.zip.png"])
def test_unusual_names(add, upload, name):
    session = add(upload(name))
    assert session.faults == []
    assert session.photo.target.parent == session.folder / "results"


def test_a_palette_is_a_small_copy(session, upload, tmp_path):
    limits = Limits(megapixels=1)
    set_palette(session, upload("a.jpg", (600, 300)), limits)
    assert session.palette.shape == (256, 128, 3)
    assert session.palette.dtype == np.uint8
    assert size_of(session.reference) == (128, 256)
    assert [path.name for path in session.folder.glob("*/*")] == ["reference.jpg"]
    (tmp_path / "bad.jpg").write_text("none")
    set_palette(session, tmp_path / "bad.jpg", limits)
    assert session.palette is None
    assert session.faults[0].startswith("bad.jpg: ")
    set_palette(session, None, limits)
    assert session.faults == []
