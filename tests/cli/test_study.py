import json
import re

import pytest


@pytest.fixture
def folders(noise, tmp_path, monkeypatch):
    """Working folder with the folders A, B and T of the same three photographs."""
    monkeypatch.chdir(tmp_path)
    for name in "ABT":
        noise(name, "0.png", "1.png", "2.png")
    return tmp_path


@pytest.fixture
def run(folders, command):
    """Runs `study` with words; returns exit code, stdout and stderr."""
    return lambda words: command("study", *words.split())


def save_votes(folder, name, page):
    """Writes votes that call every picture natural."""
    key = json.loads((folder / f"{page}.key.json").read_text())
    votes = [{"shown": [picture], "answer": "yes"} for picture in key["pictures"]]
    found = {"format": "keras-colorize study votes 1", "page": key["page"], "votes": votes}
    found |= {"participant": name, "started": "2025-01-01T10:00:00.000Z"}
    (folder / f"{name}.json").write_text(json.dumps(found))


def test_from_folders_to_figures(run, folders):
    code, out, _ = run("naturalness best=A B --truth T -o page.html")
    assert code == 0
    assert "9 pictures)\nkey: page.key.json" in out
    save_votes(folders, "anna", "page")
    code, out, err = run("count anna.json --key page.key.json -o results.json")
    assert (code, err) == (0, "")
    names = [line.split("|")[1].strip() for line in out.splitlines()]
    assert names == ["method", "---", "best", "B", "truth"]
    assert json.loads((folders / "results.json").read_text())["rows"][0]["value"] == 1.0


def test_real_or_colorized(run):
    words = "real-or-colorized A --truth T -o page.html --trials 2 --practice 1 --size 8"
    code, out, _ = run(words)
    assert (code, "6 pictures" in out) == (0, True)
    assert (run(words)[0], run(f"{words} --overwrite")[0]) == (2, 0)


def test_bad_votes_are_reported_and_the_rest_counts(run, folders):
    for name in ("page", "other"):
        run(f"naturalness A B -o {name}.html")
    assert (folders / "page.html").read_bytes() != (folders / "other.html").read_bytes()
    seed = json.loads((folders / "page.key.json").read_text())["seed"]
    run(f"naturalness A B -o same.html --seed {seed}")
    assert (folders / "page.html").read_bytes() == (folders / "same.html").read_bytes()
    for name, page in (("anna", "page"), ("bert", "other")):
        save_votes(folders, name, page)
    (folders / "cut.json").write_text("{")
    code, out, err = run("count anna.json bert.json cut.json anna.json --key page.key.json")
    assert code == 1
    assert "| A | 100.0% | - | 1 | 3 |" in out
    failed = [re.split(": .xpected", line)[0] for line in err.splitlines()]
    assert failed == ["failed: bert.json", "failed: cut.json"]
    code, out, err = run("count bert.json --key page.key.json -o results.json")
    assert (code, out) == (1, "")
    assert "expected votes to count, received none" in err
    assert not (folders / "results.json").exists()
