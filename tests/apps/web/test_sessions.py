import os
import time

import pytest

from keras_colorize.apps.web import Limits
from keras_colorize.apps.web.sessions import GRACE, IDLE, Sessions, own_file


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_visitors_have_folders_of_their_own(tmp_path):
    sessions = Sessions(tmp_path / "all")
    anna, bert = sessions.get("anna"), sessions.get("bert")
    assert sessions.get("anna") is anna is not bert
    assert anna.folder != bert.folder
    assert anna.folder.stat().st_mode & 0o077 == 0
    assert len(anna.token) >= 20


def test_files_go_when_nobody_asks_for_them_any_more(tmp_path, clock):
    sessions = Sessions(tmp_path / "all", clock)
    anna, bert = sessions.get("anna"), sessions.get("bert")
    clock.now += IDLE - 1
    sessions.get("bert")
    clock.now += 2
    sessions.sweep()
    assert not anna.folder.exists()
    assert bert.folder.exists()
    assert sessions.get("anna") is not anna


def test_files_go_sooner_after_the_page_was_closed(tmp_path, clock):
    sessions = Sessions(tmp_path / "all", clock)
    anna, bert = sessions.get("anna"), sessions.get("bert")
    for one in ("anna", "bert", "nobody"):
        sessions.leave(one)
    clock.now += GRACE - 1
    assert sessions.get("anna") is anna
    clock.now += 2
    sessions.sweep()
    assert anna.folder.exists()
    assert not bert.folder.exists()


def test_uploads_that_nobody_takes_go_with_age(sessions, upload):
    old, new = upload("x/old.jpg"), upload("y/new.jpg")
    (sessions.folder / "gradio").touch()
    for path in (old, old.parent, sessions.folder / "gradio"):
        os.utime(path, (time.time() - IDLE - 5,) * 2)
    sessions.sweep()
    assert new.exists()
    assert not old.exists()
    assert not (sessions.folder / "gradio").exists()
    assert new.parent.parent.exists()


@pytest.mark.parametrize(
    "path", ["link.jpg", "pipe", "linked/a.jpg", ".", "", "../uploads/a.jpg", "missing", "a\0.jpg"]
)
def test_own_files_are_regular_ones_by_their_one_name(session, upload, path):
    folder = upload("a.jpg").parent
    (folder / "link.jpg").symlink_to("a.jpg")
    (folder / "linked").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    assert own_file(f"{folder}/a.jpg", folder) == f"{folder}/a.jpg"
    assert own_file(f"{folder}/{path}", folder) is None
    assert own_file(f"{folder}/a.jpg", session.folder) is None


def test_results_need_the_token_of_their_session(sessions, add, upload):
    session = add(upload("a.jpg"))
    other = sessions.get("bert")
    target = session.photo.target
    assert sessions.result(session.token, "a.jpg") is None
    target.parent.mkdir()
    target.write_bytes(b"made")
    (target.parent / "b.jpg").write_bytes(b"no result")
    assert sessions.result(session.token, "a.jpg") == target
    for token, name in (
        (other.token, "a.jpg"),
        ("", "a.jpg"),
        (session.token, "b.jpg"),
        (session.token, "colorized.zip"),
        (session.token, "../results/a.jpg"),
        (session.token, str(target)),
    ):
        assert sessions.result(token, name) is None


def test_removing_everything_keeps_the_others(sessions, add, upload):
    session, other = add(upload("a.jpg")), sessions.get("bert")
    session.faults, session.palette = ["none"], 1
    session.clear()
    assert (session.photo, session.photos, session.faults, session.palette) == (None, [], [], None)
    assert list(session.folder.iterdir()) == []
    assert other.folder.exists()
    sessions.close()
    assert not sessions.folder.exists()
    sessions.close()


@pytest.mark.parametrize("values", [{"upload_mb": 0}, {"megapixels": -1}, {"upload_mb": None}])
def test_limits_are_above_zero(values):
    with pytest.raises((ValueError, TypeError), match="Expected|not supported"):
        Limits(**values)
