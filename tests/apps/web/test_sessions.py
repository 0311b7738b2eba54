import os
import time

import numpy as np
from PIL import Image

from keras_colorize.apps.web import Limits
from keras_colorize.apps.web.sessions import GRACE, IDLE, PREVIEW_SIDE, THUMBNAIL_SIDE, Sessions


def test_files_go_when_nobody_asks_for_them_any_more(tmp_path):
    now = [1000.0]
    sessions = Sessions(tmp_path / "all", clock=lambda: now[0])
    anna, bert = sessions.get("anna"), sessions.get("bert")
    assert sessions.get("anna") is anna is not bert
    assert anna.folder.stat().st_mode & 0o077 == 0
    assert len(anna.folder.name) >= 20
    now[0] += IDLE - 1
    # A download counts as a use, too, whether or not there is such a file.
    sessions.result("bert", bert.folder.name, "a.jpg")
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
    # Uploads that nobody takes go with their age.
    old, new, left = (sessions.folder / path for path in ("a/uploads/x/a", "a/uploads/y/b", "c"))
    for path in (old, new, left):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    for path in (old, old.parent, left):
        os.utime(path, (time.time() - IDLE - 5,) * 2)
    sessions.sweep()
    assert anna.folder.exists()
    assert not bert.folder.exists()
    assert [path.exists() for path in (new, old, left)] == [True, False, False]


def test_results_belong_to_their_visitor(sessions, session, upload):
    session.add([upload("a.jpg")])
    visitor, token = session.folder.parent.name, session.folder.name
    target = session.photo.target
    assert sessions.result(visitor, token, "a.jpg") is None
    target.parent.mkdir()
    target.write_bytes(b"colored")
    assert sessions.result(visitor, token, "a.jpg") == str(target)
    other = sessions.get("bert").folder
    for asked in (
        (other.parent.name, token, "a.jpg"),
        (visitor, other.name, "a.jpg"),
        (visitor, "", "a.jpg"),
        (visitor, token, "../results/a.jpg"),
        (visitor, f"../{visitor}/{token}", "a.jpg"),
        (visitor, token, "colorized.zip"),
        (visitor, token, str(session.photo.path)),
    ):
        assert sessions.result(*asked) is None


def test_photographs_are_upright_and_have_small_copies(add, upload):
    # EXIF orientation 6: stored lying on its side.
    path = upload("a.jpg", (1600, 1000), orientation=6)
    whole = path.read_bytes()
    session = add(path)
    photo = session.photo
    assert not path.exists()
    assert photo.path.read_bytes() == whole
    assert photo.path.is_relative_to(session.folder)
    assert (photo.name, photo.size) == ("a.jpg", (1000, 1600))
    with Image.open(photo.preview) as preview, Image.open(photo.thumbnail) as thumbnail:
        assert preview.size == (PREVIEW_SIDE, PREVIEW_SIDE * 1000 // 1600)
        assert max(thumbnail.size) == THUMBNAIL_SIDE
    assert photo.target == session.folder / "results" / "a.jpg"


def test_bad_files_are_named_and_the_others_taken(add, upload, tmp_path):
    text, cut, missing = tmp_path / "letter.jpg", upload("cut.jpg"), tmp_path / "missing.jpg"
    text.write_text("This is no photograph.")
    cut.write_bytes(cut.read_bytes()[:-200])
    session = add(text, upload("a.jpg"), cut, upload("big.png", (50, 50)), missing, upload("b.tif"))
    assert [photo.name for photo in session.photos] == ["a.jpg", "big.png", "b.tif"]
    names = [fault.split(": ")[0] for fault in session.faults]
    assert names == ["letter.jpg", "cut.jpg", "missing.jpg"]
    assert not any(str(session.folder) in fault for fault in session.faults)
    assert sum(1 for path in session.folder.rglob("original*")) == 3
    assert add(upload("c.jpg")).faults == []
    limits = Limits(megapixels=0.0023)
    (fault,) = add(upload("large.png", (40, 60)), upload("d.png", (40, 50)), limits=limits).faults
    assert session.photos[-1].name == "d.png"
    assert fault.startswith("large.png: ")
    assert "received 60 x 40 pixels" in fault
    assert fault.endswith("this page takes 0.0023 megapixels.")
    # The first new photograph is shown, or still the last one.
    assert add(upload("e.jpg", (9, 9)), upload("f.jpg", (9, 9))).photo.name == "e.jpg"
    assert add(text).photo.name == "e.jpg"


def test_no_two_results_have_the_same_name(add, upload):
    session = add(upload("a.png"))
    add(upload("a.png"), upload("a.gif"), upload("A.PNG"), upload("a.tif"))
    names = [photo.target.name for photo in session.photos]
    assert names == ["a.png", "a-2.png", "a-3.png", "A-4.PNG", "a.tif"]
    names = ["original.jpg", "preview.jpg", "a b ü.jpg", "colorized.zip.png"]
    add(*map(upload, names))
    assert session.faults == []
    results = session.folder / "results"
    assert [photo.target for photo in session.photos[5:]] == [results / name for name in names]


def test_a_palette_is_a_small_copy_and_everything_can_be_removed(sessions, session, upload):
    session.set_palette(upload("a.jpg", (600, 300)))
    assert (session.palette.shape, session.palette.dtype) == ((256, 128, 3), np.uint8)
    assert list(session.folder.iterdir()) == []
    session.set_palette(session.folder / "bad.jpg")
    assert session.palette is None
    assert session.faults[0].startswith("bad.jpg: ")
    session.set_palette(None)
    assert session.faults == []
    session.add([upload("a.jpg")])
    other = sessions.get("bert")
    session.faults, session.palette = ["none"], 1
    session.clear()
    assert (session.photo, session.photos, session.faults, session.palette) == (None, [], [], None)
    assert list(session.folder.iterdir()) == []
    assert other.folder.exists()
    sessions.close()
    assert not sessions.folder.exists()
    sessions.close()
