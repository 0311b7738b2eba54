import sys

import pytest

from keras_colorize.apps import bulk
from keras_colorize.apps.bulk import Report
from keras_colorize.cli.apps import split_flags


@pytest.fixture(autouse=True)
def folders(monkeypatch, tmp_path):
    """Working folder with the empty folders a and b."""
    monkeypatch.chdir(tmp_path)
    for folder in "ab":
        (tmp_path / folder).mkdir()


@pytest.fixture
def run(monkeypatch, command):
    """Runs the command with a stand-in for the pipeline; exit code, stdout, stderr, arguments."""

    def call(*words, report=None):
        seen = {}

        def stand_in(inputs, output, saved_model, **options):
            seen.update(inputs=inputs, output=output, saved_model=saved_model, **options)
            return report or Report(3, 2, [])

        monkeypatch.setattr(bulk, "colorize_in_bulk", stand_in)
        return *command("bulk", *words), seen

    return call


def test_flags_for_beam():
    words = ["bulk", "in", "-o", "out", "--", "--runner=FlinkRunner", "--", "-x"]
    assert split_flags(words) == (words[:4], words[5:])
    assert split_flags(words[:4]) == (words[:4], [])
    # To other commands the two strokes say that names follow, which may begin with one.
    others = ["colorize", "-o", "out", "--", "-x.jpg"]
    assert split_flags(others) == (others, [])


def test_what_reaches_the_pipeline(run, tiny_preset):
    code, out, _, seen = run("a", "b", "-o", "out", "--saved-model", "tiny/1", "--", "--runner=X")
    assert (code, out) == (0, "3 done, 2 skipped, 0 failed\n")
    assert seen == {
        "inputs": ["a", "b"],
        "output": "out",
        "saved_model": "tiny/1",
        "preset": None,
        "precision": "float32",
        "mark_colorized": True,
        "keep_color": True,
        "flags": ["--runner=X"],
    }
    words = ["a", "-o", "out", "--preset", str(tiny_preset), "--precision", "bfloat16", "--no-mark"]
    words += ["--already-color", "colorize"]
    other = {"inputs": ["a"], "saved_model": None, "preset": str(tiny_preset), "flags": []}
    expected = (
        seen | other | {"precision": "bfloat16", "mark_colorized": False, "keep_color": False}
    )
    assert run(*words)[-1] == expected


def test_failures_are_said_and_counted(run):
    failures = [{"source": f"{i}.jpg", "path": "", "reason": "bad"} for i in range(25)]
    code, out, err, _ = run("a", "-o", "out", report=Report(1, 0, failures))
    assert (code, out) == (1, "1 done, 0 skipped, 25 failed\n")
    assert err.splitlines()[0] == "failed: 0.jpg: bad"
    assert err.splitlines()[20:] == ["failed: 5 more, see failures.jsonl"]
    code, out, err, _ = run("a", "-o", "out", report=Report(1, 0, [], 7, "a worker was lost"))
    assert (code, out) == (1, "1 done, 0 skipped, 0 failed, 7 unfinished\n")
    assert "a worker was lost" in err
    assert "the same command goes on" in err


def test_without_beam_the_extra_is_named(monkeypatch, tmp_path, refused):
    monkeypatch.setitem(sys.modules, "apache_beam", None)
    monkeypatch.delitem(sys.modules, "keras_colorize.apps.bulk.beam_pipeline", raising=False)
    assert "keras-colorize[beam]" in refused("bulk", "a", "-o", "out", "--saved-model", "x")
    assert not (tmp_path / "out").exists()
