import itertools

from keras_colorize import presets as library


def _rows(lines, heading):
    """Rows of a table by their first cell, as dicts by the names of its columns."""
    start = next(i for i, line in enumerate(lines) if line.startswith(heading))
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    columns, _, *rows = [line.strip("| ").split(" | ") for line in table]
    return {name: dict(zip(columns[1:], cells, strict=True)) for name, *cells in rows}


def test_a_row_for_each_preset_between_grey_and_truth(
    script, presets, photographs, capsys, monkeypatch
):
    module = script("presets")
    monkeypatch.setattr(module, "SIDE", 32)
    words = [f"{kind}={presets[kind]}" for kind in ("distribution", "regression", "scenes")]
    words += ["--calls=1", "--workers=0", "--mean", f"--set=tiny={photographs}:3"]
    module.main([*words, "--figures", "all"])
    lines = capsys.readouterr().out.splitlines()
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
