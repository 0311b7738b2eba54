import io

import numpy as np
import pytest
from PIL import Image

from keras_colorize.apps.web import Limits
from keras_colorize.apps.web.sessions import GRACE, IDLE, PREVIEW_SIDE, Sessions
from keras_colorize.errors import InputError


def test_files_go_when_nobody_asks_for_them_any_more(tmp_path):
    now = [1000.0]
    sessions = Sessions(tmp_path / "all", clock=lambda: now[0])
    anna, bert = sessions.get("anna"), sessions.get("bert")
    assert sessions.get("anna") is anna is not bert
    assert anna.folder.stat().st_mode & 0o077 == 0
    assert len(anna.folder.name) >= 20
    now[0] += IDLE - 1
    sessions.get("bert")
    now[0] += 2
    sessions.sweep()
    assert not anna.folder.exists()
    assert bert.folder.exists()
    anna = sessions.get("anna")
    # They go sooner after the page was closed.
    for one in ("anna", "bert", "nobody"):
        sessions.leave(one)
    now[0] += GRACE - 1
    assert sessions.get("anna") is anna
    now[0] += 2
    sessions.sweep()
    assert anna.folder.exists()
    assert not bert.folder.exists()


def test_photographs_are_upright_and_have_small_copies(add, session, photograph):
    # EXIF orientation 6: stored lying on its side.
    content = photograph("a.jpg", (1600, 1000), orientation=6)
    photo = add("a.jpg", content=content)
    assert photo.path.read_bytes() == content
    assert photo.path.is_relative_to(session.folder)
    assert (photo.name, photo.size) == ("a.jpg", (1000, 1600))
    with Image.open(photo.preview) as preview:
        assert preview.size == (PREVIEW_SIDE, PREVIEW_SIDE * 1000 // 1600)
    assert photo.target == session.folder / "results" / "a.jpg"


def test_bad_files_are_named_and_leave_nothing(add, session, photograph):
    add("a.jpg")
    before = sorted(session.folder.rglob("*"))
    cut = photograph("cut.jpg")[:-200]
    for name, content in (("letter.jpg", b"This is no photograph."), ("cut.jpg", cut), ("e", b"")):
        with pytest.raises(InputError, match=f"^{name}: expected a") as caught:
            add(name, content=content)
        assert str(session.folder) not in str(caught.value)
    session.limits = Limits(megapixels=0.0023)
    with pytest.raises(InputError, match="received 60 x 40 pixels") as caught:
        add("large.png", (40, 60))
    assert str(caught.value).endswith("this page takes 0.0023 megapixels.")
    content = photograph("b.jpg")
    with pytest.raises(InputError, match="b.jpg: expected a file that arrives whole"):
        session.add("b.jpg", io.BytesIO(content), len(content) + 1)
    assert sorted(session.folder.rglob("*")) == before
    assert add("d.png", (40, 50)).name == "d.png"


def test_no_two_results_have_the_same_name_and_none_leads_out(add, session):
    for name in ("a.png", "a.png", "a.gif", "A.PNG", "a.tif"):
        add(name)
    names = [photo.target.name for photo in session.photos]
    assert names == ["a.png", "a-2.png", "a-3.png", "A-4.PNG", "a.tif"]
    names = {"a b ü.jpg": "a b ü.jpg", "../../b.jpg": "_.._b.jpg", "c\0\n.jpg": "c__.jpg"}
    for name, expected in {**names, "x" * 300 + ".jpg": "x" * 96 + ".jpg"}.items():
        assert add(name).target == session.folder / "results" / expected
    with pytest.raises(InputError, match="^photograph: expected"):
        add("..", content=b"")
    assert add("colorized.zip.png").target.name == "colorized.zip.png"


def test_a_palette_is_a_small_copy_and_everything_can_be_removed(
    sessions, session, photograph, add
):
    content = photograph("a.jpg", (600, 300))
    session.set_palette("a.jpg", io.BytesIO(content), len(content))
    assert (session.palette.shape, session.palette.dtype) == ((256, 128, 3), np.uint8)
    assert list(session.folder.iterdir()) == []
    with pytest.raises(InputError, match=r"^bad.jpg: "):
        session.set_palette("bad.jpg", io.BytesIO(b"bad"), 3)
    assert session.palette is None
    add("a.jpg")
    other = sessions.get("bert")
    session.palette = 1
    session.clear()
    assert (session.photos, session.shown, session.palette) == ([], 0, None)
    assert list(session.folder.iterdir()) == []
    assert other.folder.exists()
    sessions.close()
    assert not sessions.folder.exists()
    sessions.close()
