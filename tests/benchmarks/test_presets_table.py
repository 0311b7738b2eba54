import json
import sys

import pytest

from keras_colorize import presets as library
from keras_colorize.evaluation import measure


@pytest.fixture
def table(script, photographs, capsys, tmp_path):
    """Runs the script on the pictures; returns its lines on stdout."""
    module = script("presets")

    def call(*words, cache=tmp_path / "cache"):
        fixed = ["--precision", "float32", "--calls", 1, "--workers", 0, "--cache", cache]
        if "--set" not in words:
            fixed += ["--set", f"tiny={photographs}:5"]
        module.main([str(word) for word in (*words, *fixed)])
        return capsys.readouterr().out.splitlines()

    return call


def _rows(lines, heading):
    """Rows of a table by their first cell, and the names of its columns."""
    start = next(i for i, line in enumerate(lines) if line.startswith(heading))
    rows = [line.strip("| ").split(" | ") for line in lines[start:] if line.startswith("|")]
    columns, _, *rows = rows[: next((i for i, r in enumerate(rows) if r[0] == "truth"), 99) + 1]
    return {name: dict(zip(columns[1:], cells, strict=True)) for name, *cells in rows}


def test_a_row_for_each_preset_between_grey_and_truth(table, presets):
    kinds = ("distribution", "regression", "scenes")
    lines = table(*(f"{kind}={presets[kind]}" for kind in kinds), "--mean")
    assert "tiny (n = 5):" in lines
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
    assert float(figures["distribution"]["ab error"]) > 0
    assert figures["distribution"] != figures["distribution, mean"]


def test_scenes_are_figures_of_those_that_know_them(table, presets):
    figures = _rows(table(f"scenes={presets['scenes']}", f"style={presets['style']}"), "| method")
    assert figures["scenes"]["ab error"] == figures["grey"]["scene top-1, %"] == "-"
    assert 0 <= float(figures["scenes"]["scene top-1, %"]) <= 100
    assert figures["scenes"]["scene top-5, %"] == figures["style"]["scene top-5, %"] == "100.00"


def test_nothing_is_measured_twice(table, presets, monkeypatch):
    first = table(f"one={presets['regression']}")
    calls = []

    def counted(*arguments, **options):
        calls.append(1)
        return measure(*arguments, **options)

    monkeypatch.setattr(sys.modules["cached_figures"], "measure", counted)
    both = table(f"one={presets['regression']}", f"two={presets['style']}")
    assert len(calls) == 1
    assert _rows(both, "| method")["one"].items() >= _rows(first, "| method")["one"].items()
    assert table(f"again={presets['regression']}", "--figures", "all")[-2].startswith("| again")
    assert len(calls) == 1


def test_other_defaults_are_another_measurement(table, presets, tmp_path):
    contract = json.loads((presets["regression"] / library.CONTRACT_FILE).read_text())
    other = tmp_path / "other"
    other.mkdir()
    (other / library.CONTRACT_FILE).write_text(json.dumps(contract | {"saturation": 0.0}))
    (other / library.WEIGHTS_FILE).symlink_to(presets["regression"] / library.WEIGHTS_FILE)
    figures = _rows(table(f"a={presets['regression']}", f"b={other}"), "| method")
    assert figures["b"] == figures["grey"] != figures["a"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["unheard_of"], "received 'unheard_of'"),
        (["TINY", "x=TINY", "x=TINY"], "expected different labels, received tiny, x, x"),
        (["TINY", "--set", "a=nowhere"], "nowhere"),
        (["TINY", "--figures", "beauty"], "received ['beauty']"),
        (["TINY", "--precision", "float8"], "Expected a precision"),
        (["TINY", "--classifier", "absent.h5"], "absent.h5"),
    ],
)
def test_bad_input_is_told_in_a_line(table, presets, words, said):
    words = [word.replace("TINY", str(presets["distribution"])) for word in words]
    with pytest.raises(SystemExit, match=said.replace("[", r"\[")) as ended:
        table(*words)
    assert "\n" not in str(ended.value)


def test_a_damaged_cache_is_named(table, presets, tmp_path):
    table(f"one={presets['regression']}")
    (path,) = (tmp_path / "cache").iterdir()
    path.write_text("{")
    with pytest.raises(SystemExit, match=path.name):
        table(f"one={presets['regression']}")
