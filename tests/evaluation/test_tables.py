import csv
import hashlib
import json

import pytest

from keras_colorize import __version__, evaluation
from keras_colorize.evaluation.measure import Measurement

INF = float("inf")


@pytest.fixture
def measurement(folder):
    rows = {"grey": {"psnr": 20.5, "acc_u": 3.0}, "method": {"psnr": INF}}
    results = {folder / "a.png": rows, folder / "sub" / "c.png": rows}
    return Measurement(results, {}, {folder / "b.png": "it is broken"})


def test_table_of_every_picture(measurement, folder, tmp_path):
    evaluation.write_csv(tmp_path / "all.csv", measurement, folder)
    with open(tmp_path / "all.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert rows[0] == {"path": "a.png", "method": "grey", "psnr": "20.5", "acc_u": "3.0"}
    assert rows[3] == {"path": "sub/c.png", "method": "method", "psnr": "inf", "acc_u": ""}


def test_record(measurement, folder):
    colorized = {path: folder / "b.png" for path in measurement.pictures}
    record = evaluation.describe(measurement, folder, colorized)
    found = json.loads(json.dumps(record, allow_nan=False))
    digests = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("a.png", "b.png", "sub/c.png")
    }
    other = digests.pop("b.png")
    assert found["photographs"] == digests
    assert found["colorized_pictures"] == {"a.png": other, "sub/c.png": other}
    assert found["metrics"]["method"] == {"psnr_mean": "inf", "psnr_median": "inf"}
    assert found["metrics"]["grey"]["acc_u"] == 3.0
    assert found["better"] == {"psnr_mean": "higher", "psnr_median": "higher", "acc_u": "higher"}
    assert (found["n"], found["failed"]) == (2, {"b.png": "it is broken"})
    assert found["versions"]["keras_colorize"] == __version__
    assert set(found["versions"]) >= {"keras", "backend", "numpy"}


def _row(psnr, error, colorfulness, **more):
    return {"psnr": psnr, "ab_error": error, "colorfulness": colorfulness, **more}


RESULTS = {
    "one": {"grey": _row(20.0, 12.0, 0.0, acc_u=10.0), "truth": _row(INF, 0.0, 30.0)},
    "two": {"grey": _row(24.0, 8.0, 0.0, acc_u=30.0), "truth": _row(INF, 0.0, 41.0)},
    "six": {"grey": _row(31.0, 7.0, 3.0), "truth": _row(INF, 0.0, 40.0)},
}


def test_headline_and_details():
    assert evaluation.format_table(evaluation.summarize(RESULTS), directions=True) == (
        "| method | PSNR mean | PSNR median | ab error | colorfulness |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| better | higher | higher | lower | as truth |\n"
        "| grey | 25.00 | 24.00 | 9.00 | 1.00 |\n"
        "| truth | inf | inf | 0.00 | 37.00 |"
    )
    overall = {"grey": {"fid[net]": 12.345, "auc_rebalanced": 60.0}}
    assert evaluation.format_details(evaluation.summarize(RESULTS, overall), 3) == (
        "| metric | better | grey | truth |\n"
        "| --- | --- | --- | --- |\n"
        "| colorfulness difference, of means | lower | 36.00 | 0.00 |\n"
        "| Acc(U), % | higher | 20.00 | - |\n"
        "| AuC, rebalanced, % | higher | 60.00 | - |\n"
        "| fid[net], n = 3 | lower | 12.35 | - |"
    )
    # Without a truth there is no difference of means.
    found = evaluation.summarize({"one": {(256, 0.5): _row(20.0, 1.0, 2.0)}})[256, 0.5]
    expected = {"psnr_mean": 20.0, "psnr_median": 20.0, "ab_error": 1.0, "colorfulness": 2.0}
    assert found == expected
