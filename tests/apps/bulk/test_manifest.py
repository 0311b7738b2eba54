import contextlib
import hashlib
import json

import pytest

from keras_colorize.apps.bulk.manifest import (
    DONE,
    FAILED,
    SKIPPED,
    BulkFolder,
    Shard,
    compacted,
    read_lines,
    write_lines,
)


@pytest.fixture
def folder(tmp_path):
    return BulkFolder(tmp_path)


def _record(path, contents=b""):
    return {"path": path, "output_sha256": hashlib.sha256(contents).hexdigest()}


def _note(run, kind, *lines):
    with contextlib.closing(Shard(run, kind)) as shard:
        for line in lines:
            shard.add(line)


def test_lines_come_back(tmp_path):
    lines = [{"path": "Größe\n2.jpg", "width": 3}, {"path": "b"}]
    write_lines(tmp_path / "a.jsonl", lines)
    assert read_lines(tmp_path / "a.jsonl") == lines
    assert len((tmp_path / "a.jsonl").read_text("utf-8").splitlines()) == 2
    assert read_lines(tmp_path / "none.jsonl") == []
    # Lines are on their way before the shard is closed, and one that was cut off is left out.
    (tmp_path / "run").mkdir()
    shard = Shard(tmp_path / "run", DONE)
    shard.add({"path": "a"})
    (path,) = (tmp_path / "run").iterdir()
    with path.open("a") as file:
        file.write(json.dumps({"path": "b"})[:-1])
    assert read_lines(path) == [{"path": "a"}]
    shard.close()


def test_of_different_records_the_one_that_is_true_stays(tmp_path):
    (tmp_path / "a").write_bytes(b"second")
    (tmp_path / "b").write_bytes(b"third")
    versions = [_record(name, text) for name in "abc" for text in (b"first", b"second")]
    assert compacted(versions, tmp_path) == [_record("a", b"second")]
    # A picture that was made twice stands there once.
    twice = [_record("b"), _record("a"), _record("b")]
    assert compacted(twice, tmp_path) == [_record("a"), _record("b")]


def test_a_run(folder):
    assert folder.is_new
    run, records = folder.start()
    assert records == {}
    assert not folder.is_new
    _note(run, DONE, _record("b"), _record("a"))
    _note(run, SKIPPED, {"path": "c"})
    _note(run, FAILED, {"path": "d", "reason": "bad"})
    outcomes = folder.outcomes(run)
    assert [sorted(outcomes[kind]) for kind in (DONE, SKIPPED, FAILED)] == [
        ["a", "b"],
        ["c"],
        ["d"],
    ]
    folder.finish(run, list(outcomes[FAILED].values()))
    assert read_lines(folder.path / "manifest.jsonl") == [_record("a"), _record("b")]
    assert read_lines(folder.path / "failures.jsonl") == [{"path": "d", "reason": "bad"}]
    assert not run.exists()
    folder.runs.rmdir()
    assert not folder.is_new


def test_outcomes_of_work_that_was_given_out_twice(folder):
    run, _ = folder.start()
    _note(run, FAILED, {"path": "a", "reason": "a network share was away"}, {"path": "b"})
    _note(run, DONE, _record("a"))
    _note(run, FAILED, {"path": "b"})
    _note(run, SKIPPED, {"path": "a"})
    outcomes = folder.outcomes(run)
    assert [list(outcomes[kind]) for kind in (DONE, SKIPPED, FAILED)] == [["a"], [], ["b"]]


def test_what_dead_runs_left_is_taken_over(folder):
    write_lines(folder.path / "manifest.jsonl", [_record("a")])
    for name in "bc":
        run, _ = folder.start()
        _note(run, DONE, _record(name))
        _note(run, FAILED, {"path": "d"})
    with next(run.glob("*.done.jsonl")).open("a") as file:
        file.write('{"path": "cut')
    run, records = folder.start()
    assert sorted(records) == ["a", "b", "c"]
    assert list(folder.runs.iterdir()) == [run]
    assert read_lines(folder.path / "manifest.jsonl") == list(map(_record, "abc"))
    assert not any(folder.outcomes(run).values())
    # What was left of pictures is swept up, and nothing else.
    names = {".0123456789abcdef0123456789abcdef.part", "picture.part", ".download.part"}
    (folder.path / "old").mkdir()
    for name in names:
        (folder.path / "old" / name).touch()
    folder.start()
    assert {path.name for path in (folder.path / "old").iterdir()} == set(sorted(names)[1:])
