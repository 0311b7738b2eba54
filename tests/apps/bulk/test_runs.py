"""Tasks, the lines that say what became of them, and how the next run goes on."""

import hashlib
import json
import subprocess
import sys
import uuid

import pytest

from keras_colorize.apps.bulk import runs
from keras_colorize.apps.bulk.runs import BulkFolder, plan_tasks, read_lines, write_lines
from keras_colorize.errors import InputError
from keras_colorize.io.atomic import append_line


@pytest.fixture
def folder(tmp_path):
    return BulkFolder(tmp_path / "out")


def _record(path, contents=b""):
    return {"path": path, "output_sha256": hashlib.sha256(contents).hexdigest()}


def _note(run, kind, *lines):
    for line in lines:
        append_line(run / f"{uuid.uuid4().hex}.{kind}.jsonl", json.dumps(line))


def test_lines_come_back(tmp_path):
    lines = [{"path": "Größe\n2.jpg", "width": 3}, {"path": "b"}]
    write_lines(tmp_path / "a.jsonl", lines)
    assert read_lines(tmp_path / "a.jsonl") == lines
    assert len((tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == 2
    assert read_lines(tmp_path / "none.jsonl") == []
    # One that was cut off is left out.
    with (tmp_path / "a.jsonl").open("a") as file:
        file.write(json.dumps({"path": "c"})[:-1])
    assert read_lines(tmp_path / "a.jsonl") == lines


def test_a_run(folder):
    assert folder.is_new
    run, records = folder.start()
    assert records == {}
    assert not folder.is_new
    # Some work was given out twice, and of different records the one that is true stays.
    done, skipped, failed = runs.DONE, runs.SKIPPED, runs.FAILED
    _note(run, failed, {"path": "a", "reason": "a network share was away"}, {"path": "d"})
    for text in (b"first", b"second"):
        _note(run, done, *(_record(name, text) for name in "abc"))
    _note(run, done, _record("e"), _record("e"))
    _note(run, skipped, {"path": "f"}, {"path": "a"})
    (folder.path / "a").write_bytes(b"second")
    (folder.path / "b").write_bytes(b"third")
    outcomes = folder.outcomes(run)
    ends = {path: kind for path, (kind, _) in outcomes.items()}
    assert ends == dict.fromkeys("abce", done) | {"d": failed, "f": skipped}
    folder.finish(run, [outcomes["d"][1]])
    assert read_lines(folder.path / "manifest.jsonl") == [_record("a", b"second"), _record("e")]
    assert read_lines(folder.path / "failures.jsonl") == [{"path": "d"}]
    assert not run.exists()
    folder.runs.rmdir()
    assert not folder.is_new


def test_what_dead_runs_left_is_taken_over(folder):
    write_lines(folder.path / "manifest.jsonl", [_record("a")])
    for name in "bc":
        run, _ = folder.start()
        _note(run, runs.DONE, _record(name))
        _note(run, runs.FAILED, {"path": "d"})
    with next(run.glob("*.done.jsonl")).open("a") as file:
        file.write('{"path": "cut')
    run, records = folder.start()
    assert sorted(records) == ["a", "b", "c"]
    assert list(folder.runs.iterdir()) == [run]
    assert read_lines(folder.path / "manifest.jsonl") == list(map(_record, "abc"))
    assert folder.outcomes(run) == {}
    # What was left of pictures is swept up, and nothing else.
    names = {".0123456789abcdef0123456789abcdef.part", "picture.part", ".download.part"}
    (folder.path / "old").mkdir()
    for name in names:
        (folder.path / "old" / name).touch()
    folder.start()
    assert {path.name for path in (folder.path / "old").iterdir()} == set(sorted(names)[1:])


def test_one_run_at_a_time(folder):
    program = (
        "import sys, time\n"
        "from keras_colorize.apps.bulk.runs import BulkFolder\n"
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
    with folder.locked():
        pass


def test_outputs_mirror_inputs_and_foreign_ones_stay(album, folder, tmp_path, monkeypatch):
    tasks = plan_tasks([album], folder)
    paths = "old/film.png old/square.png old/tall_too.jpg tall.tif wide.jpg wide_too.png"
    assert [task["path"] for task in tasks] == paths.split()
    assert tasks[0]["source"] == str(album / "old" / "film.gif")
    assert tasks[0]["target"] == str(tmp_path / "out" / "old" / "film.png")
    # Workers elsewhere know nothing of the folder that the command was given in.
    monkeypatch.chdir(tmp_path)
    assert plan_tasks(["album"], BulkFolder("out")) == tasks
    (folder.path / "wide.jpg").write_bytes(b"mine")
    with pytest.raises(InputError, match="a bulk run has not made"):
        plan_tasks([album], folder)
    folder.start()
    assert len(plan_tasks([album], folder)) == 6
    with pytest.raises(InputError, match="Expected a folder"):
        plan_tasks([album], BulkFolder(folder.path / "wide.jpg"))
    # One file goes into a folder, too.
    (task,) = plan_tasks([album / "wide.jpg"], BulkFolder(tmp_path / "new.jpg"))
    assert task["target"] == str(tmp_path / "new.jpg" / "wide.jpg")


def test_what_is_as_the_manifest_says_is_done_and_nothing_else(album, folder):
    task = plan_tasks([album], folder)[-1]
    is_done, checksum = runs.is_done, runs.checksum
    assert not is_done({**task, "done": None})
    (folder.path / "wide_too.png").write_bytes(b"colors")
    record = {"input_sha256": checksum(task["source"]), "output_sha256": checksum(task["target"])}
    task["done"] = record
    for name in ("source", "target"):
        assert not is_done({**task, name: task[name] + ".gone"})
        with open(task[name], "ab") as file:
            file.write(b"x")
        assert not is_done(task)
        with open(task[name], "rb+") as file:
            file.truncate(file.seek(-1, 2))
        assert is_done(task)
