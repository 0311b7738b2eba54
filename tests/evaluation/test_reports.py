import csv
import hashlib
import json

import pytest

import keras_colorize
from keras_colorize.evaluation import (
    Measurement,
    check_targets,
    describe,
    write_csv,
    write_json,
)
from keras_colorize.io import PhotographError


@pytest.fixture
def measurement(folder):
    rows = {"grey": {"psnr": 20.5, "acc_u": 3.0}, "truth": {"psnr": float("inf")}}
    results = {folder / "a.png": rows, folder / "sub" / "c.png": rows}
    return Measurement(results, {}, {folder / "b.png": "it is broken"})


def test_table_of_every_picture(measurement, folder, tmp_path):
    write_csv(tmp_path / "all.csv", measurement, folder)
    with open(tmp_path / "all.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [(row["path"], row["method"]) for row in rows] == [
        ("a.png", "grey"),
        ("a.png", "truth"),
        ("sub/c.png", "grey"),
        ("sub/c.png", "truth"),
    ]
    assert rows[0] == {"path": "a.png", "method": "grey", "psnr": "20.5", "acc_u": "3.0"}
    assert (rows[1]["psnr"], rows[1]["acc_u"]) == ("inf", "")


def test_record(measurement, folder, tmp_path):
    summary = {"grey": {"psnr_mean": 20.5}, "truth": {"psnr_mean": float("inf")}}
    outputs = {path: folder / "b.png" for path in measurement.results}
    record = describe(measurement, summary, folder, outputs)
    write_json(tmp_path / "all.json", record)
    found = json.loads((tmp_path / "all.json").read_text())
    digest = hashlib.sha256((folder / "a.png").read_bytes()).hexdigest()
    assert found["photographs"]["a.png"] == digest
    assert list(found["photographs"]) == ["a.png", "sub/c.png"]
    other = hashlib.sha256((folder / "b.png").read_bytes()).hexdigest()
    assert found["colorized_pictures"] == {"a.png": other, "sub/c.png": other}
    assert found["metrics"] == {"grey": {"psnr_mean": 20.5}, "truth": {"psnr_mean": "inf"}}
    assert (found["n"], found["failed"]) == (2, {"b.png": "it is broken"})
    assert found["versions"]["keras_colorize"] == keras_colorize.__version__
    assert set(found["versions"]) >= {"keras", "backend", "numpy"}


def test_nothing_is_overwritten(measurement, folder, tmp_path):
    path = tmp_path / "there"
    path.write_text("precious")
    for write in (
        lambda **options: write_csv(path, measurement, folder, **options),
        lambda **options: write_json(path, {}, **options),
    ):
        with pytest.raises(PhotographError, match="exists"):
            write()
        assert path.read_text() == "precious"
        write(overwrite=True)
        assert path.read_text() != "precious"
        path.write_text("precious")


def test_targets_are_checked_beforehand(tmp_path):
    there = tmp_path / "there.csv"
    there.touch()
    check_targets([tmp_path / "new.csv", tmp_path / "new.json"])
    check_targets([there], overwrite=True)
    with pytest.raises(ValueError, match="there.csv: exists"):
        check_targets([there, tmp_path / "new.json"])
    with pytest.raises(ValueError, match="different files"):
        check_targets([tmp_path / "a", tmp_path / "b" / ".." / "a"])
    with pytest.raises(ValueError, match="png or .jpg"):
        check_targets([tmp_path / "a.webp"], sheet=tmp_path / "a.webp")
