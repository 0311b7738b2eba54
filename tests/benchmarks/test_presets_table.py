import itertools

import pytest

from keras_colorize import presets as library


@pytest.fixture
def table(script, photographs, capsys, monkeypatch):
    """Runs the script on the pictures; returns its lines on stdout."""
    module = script("presets")
    monkeypatch.setattr(module, "SIDE", 32)

    def call(*words):
        fixed = ["--precision", "float32", "--calls", "1", "--workers", "0"]
        module.main([*fixed, "--set", f"tiny={photographs}:3", *map(str, words)])
        return capsys.readouterr().out.splitlines()

    return call


def _rows(lines, heading):
    """Rows of a table by their first cell, as dicts by the names of its columns."""
    start = next(i for i, line in enumerate(lines) if line.startswith(heading))
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    columns, _, *rows = [line.strip("| ").split(" | ") for line in table]
    return {name: dict(zip(columns[1:], cells, strict=True)) for name, *cells in rows}


def test_a_row_for_each_preset_between_grey_and_truth(table, presets):
    kinds = ("distribution", "regression", "scenes")
    words = [f"{kind}={presets[kind]}" for kind in kinds]
    lines = table(*words, "--mean", "--figures", "all")
    assert "tiny (n = 3):" in lines
    costs = _rows(lines, "| preset")
    assert costs["scenes"]["network"] == "`resnet18_gray_classifier`"
    size = (presets["scenes"] / library.WEIGHTS_FILE).stat().st_size / 1e6
    assert costs["scenes"]["MB"] == f"{size:.1f}"
    figures = _rows(lines, "| method")
    assert list(figures) == [
        *("grey", "distribution, mean", "distribution"),
        *("regression, mean", "regression", "scenes", "truth"),
    ]
    assert figures["truth"]["PSNR mean"] == "inf"
    assert figures["grey"]["colorfulness"] == "0.00"
    assert figures["distribution"] != figures["distribution, mean"]
    assert figures["scenes"]["ab error"] == figures["grey"]["scene top-1, %"] == "-"
    assert 0 <= float(figures["scenes"]["scene top-1, %"]) <= 100
    assert figures["scenes"]["scene top-5, %"] == "100.00"
    assert "Acc(U), %" in figures["regression"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["unheard_of"], "received 'unheard_of'"),
        (["x=TINY", "x=TINY"], "expected different labels, received x, x"),
        (["TINY", "--set", "a=nowhere"], "nowhere"),
        (["TINY", "--figures", "beauty"], "received ['beauty']"),
        (["TINY", "--classifier", "absent.h5"], "absent.h5"),
    ],
)
def test_bad_input_is_told_in_a_line(table, presets, words, said):
    words = [word.replace("TINY", str(presets["regression"])) for word in words]
    with pytest.raises(SystemExit, match=said.replace("[", r"\[")) as ended:
        table(*words)
    assert "\n" not in str(ended.value)
