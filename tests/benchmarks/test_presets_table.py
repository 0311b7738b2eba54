import itertools
import json
import sys

import pytest

from keras_colorize import presets as library
from keras_colorize.evaluation import measure


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """Folder that tests share; what one measured the next ones find there."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def table(script, photographs, capsys, cache, monkeypatch):
    """Runs the script on the pictures; returns its lines on stdout."""
    module = script("presets")
    monkeypatch.setattr(module, "SIDE", 32)

    def call(*words, cache=cache):
        fixed = ["--precision", "float32", "--calls", 1, "--workers", 0, "--cache", cache]
        if "--set" not in words:
            fixed += ["--set", f"tiny={photographs}:3"]
        module.main([str(word) for word in (*fixed, *words)])
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def measured(monkeypatch, table):
    """List of the methods of each measurement."""
    calls = []

    def counted(methods, *arguments, **options):
        calls.append(list(methods))
        return measure(methods, *arguments, **options)

    monkeypatch.setattr(sys.modules["cached_figures"], "measure", counted)
    return calls


def _rows(lines, heading):
    """Rows of a table by their first cell, as dicts by the names of its columns."""
    start = next(i for i, line in enumerate(lines) if line.startswith(heading))
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    columns, _, *rows = [line.strip("| ").split(" | ") for line in table]
    return {name: dict(zip(columns[1:], cells, strict=True)) for name, *cells in rows}


def test_a_row_for_each_preset_between_grey_and_truth(table, presets, measured):
    kinds = ("distribution", "regression", "scenes")
    lines = table(*(f"{kind}={presets[kind]}" for kind in kinds), "--mean")
    assert ["mean", "default"] in measured
    assert [] in measured
    assert "tiny (n = 3):" in lines
    costs = _rows(lines, "| preset")
    assert costs["scenes"]["network"] == "`resnet18_gray_classifier`"
    size = (presets["scenes"] / library.WEIGHTS_FILE).stat().st_size / 1e6
    assert costs["scenes"]["MB"] == f"{size:.1f}"
    figures = _rows(lines, "| method")
    assert list(figures) == [
        *("grey", "distribution, mean", "distribution", "regression", "scenes", "truth")
    ]
    assert figures["truth"]["PSNR mean"] == "inf"
    assert figures["grey"]["colorfulness"] == "0.00"
    assert figures["distribution"] != figures["distribution, mean"]
    assert figures["scenes"]["ab error"] == figures["grey"]["scene top-1, %"] == "-"
    assert 0 <= float(figures["scenes"]["scene top-1, %"]) <= 100
    assert figures["scenes"]["scene top-5, %"] == "100.00"


def test_a_run_that_one_more_joins_goes_on(table, presets, measured):
    table(f"regression={presets['regression']}")
    measured.clear()
    kinds = ("regression", "style")
    lines = table(*(f"{kind}={presets[kind]}" for kind in kinds), "--figures", "all")
    assert measured == [["default"]]
    figures = _rows(lines, "| method")
    assert figures["style"]["scene top-5, %"] == "100.00"
    assert "Acc(U), %" in figures["regression"]
    assert figures["truth"]["PSNR mean"] == "inf"


def test_other_defaults_are_another_measurement(table, presets, tmp_path):
    config = json.loads((presets["regression"] / library.CONFIG_FILE).read_text())
    other = tmp_path / "other"
    other.mkdir()
    (other / library.CONFIG_FILE).write_text(json.dumps(config | {"saturation": 0.0}))
    (other / library.WEIGHTS_FILE).symlink_to(presets["regression"] / library.WEIGHTS_FILE)
    figures = _rows(table(f"a={presets['regression']}", f"b={other}"), "| method")
    assert figures["b"]["ab error"] == figures["grey"]["ab error"] != figures["a"]["ab error"]
    assert figures["b"]["colorfulness"] == "0.00"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["unheard_of"], "received 'unheard_of'"),
        (["TINY", "x=TINY", "x=TINY"], "expected different labels, received regression, x, x"),
        (["TINY", "--set", "a=nowhere"], "nowhere"),
        (["TINY", "--figures", "beauty"], "received ['beauty']"),
        (["TINY", "--precision", "float8"], "Expected a precision"),
        (["TINY", "--classifier", "absent.h5"], "absent.h5"),
    ],
)
def test_bad_input_is_told_in_a_line(table, presets, words, said):
    words = [word.replace("TINY", str(presets["regression"])) for word in words]
    with pytest.raises(SystemExit, match=said.replace("[", r"\[")) as ended:
        table(*words)
    assert "\n" not in str(ended.value)


def test_a_damaged_cache_is_named(table, presets, cache, tmp_path):
    table(f"one={presets['regression']}")
    for path in cache.glob("resnet18_gray-*.json"):
        (tmp_path / path.name).write_text("{")
    with pytest.raises(SystemExit, match="resnet18_gray-.*: expected figures of this command"):
        table(f"one={presets['regression']}", cache=tmp_path)
