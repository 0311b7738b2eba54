import subprocess
import sys

import pytest

from keras_colorize.apps.bulk.manifest import BulkFolder, checksum, is_done
from keras_colorize.apps.bulk.runs import plan_tasks, with_records
from keras_colorize.errors import InputError
from keras_colorize.io import PhotographError


@pytest.fixture
def tasks(album, tmp_path):
    return plan_tasks([album], BulkFolder(tmp_path / "out"))


def test_outputs_mirror_inputs(tasks, album, tmp_path, monkeypatch):
    paths = "old/film.png old/square.png old/tall_too.jpg tall.tif wide.jpg wide_too.png"
    assert [task["path"] for task in tasks] == paths.split()
    assert tasks[0]["source"] == str(album / "old" / "film.gif")
    assert tasks[0]["target"] == str(tmp_path / "out" / "old" / "film.png")
    # Workers elsewhere know nothing of the folder that the command was given in.
    monkeypatch.chdir(tmp_path)
    assert plan_tasks(["album"], BulkFolder("out")) == tasks


def test_foreign_outputs_are_not_replaced(album, tmp_path):
    folder = BulkFolder(tmp_path / "out")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "wide.jpg").write_bytes(b"mine")
    with pytest.raises(PhotographError, match="made by something else"):
        plan_tasks([album], folder)
    folder.start()
    assert len(plan_tasks([album], folder)) == 6
    with pytest.raises(PhotographError, match="expected a folder"):
        plan_tasks([album], BulkFolder(tmp_path / "out" / "wide.jpg"))
    # One file goes into a folder, too.
    (task,) = plan_tasks([album / "wide.jpg"], BulkFolder(tmp_path / "new.jpg"))
    assert task["target"] == str(tmp_path / "new.jpg" / "wide.jpg")


@pytest.fixture
def done(tasks, tmp_path):
    """A task whose output is there, and its record."""
    task = tasks[-1]
    (tmp_path / "out" / "wide_too.png").write_bytes(b"colors")
    record = {"path": task["path"], "model_sha256": "abc", "marked": True}
    record["input_sha256"] = checksum(task["source"])
    record["output_sha256"] = checksum(task["target"])
    return task, record


def _resumed(task, record, **source):
    records = {record["path"]: record}
    return with_records([task], records, {"model_sha256": "abc", "marked": True, **source})[0]


def test_what_is_as_the_manifest_says_is_done_and_nothing_else(done):
    task, record = done
    assert is_done(_resumed(task, record))
    assert not is_done(task)
    assert not is_done(_resumed(task, {**record, "path": "wide.jpg"}))
    for source in ({"model_sha256": "other"}, {"marked": False}):
        assert not is_done(_resumed(task, record, **source))
    for name in ("source", "target"):
        resumed = _resumed(task, record)
        assert not is_done({**resumed, name: task[name] + ".gone"})
        with open(task[name], "ab") as file:
            file.write(b"x")
        assert not is_done(resumed)
        with open(task[name], "rb+") as file:
            file.truncate(file.seek(-1, 2))
        assert is_done(resumed)


def test_one_run_at_a_time(tmp_path):
    folder = BulkFolder(tmp_path / "out")
    program = (
        "import sys, time\n"
        "from keras_colorize.apps.bulk.manifest import BulkFolder\n"
        "with BulkFolder(sys.argv[1]).locked():\n"
        "    print('locked', flush=True)\n"
        "    time.sleep(60)\n"
    )
    words = [sys.executable, "-c", program, str(folder.path)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "locked\n"
        with pytest.raises(InputError, match="no other bulk run"), folder.locked():
            pass
        # Nobody has to clear away what a killed run held.
        other.kill()
        other.wait()
    with folder.locked(), pytest.raises(InputError), BulkFolder(folder.path).locked():
        pass
