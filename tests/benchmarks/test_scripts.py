"""Scripts that decode, measure and draw presets, and what they say to bad input."""

import dataclasses
import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_colorize.training import TrainingConfig

TRAINERS = Path(__file__).parents[2] / "trainers"


@pytest.fixture
def settings(script, photographs, presets, capsys):
    """Runs the script; returns rows of cells, the head first."""
    module = script("benchmarks/decoders.py")

    def call(kind, *words):
        module.main([str(presets[kind]), str(photographs), "--limit", "1", *words])
        lines = capsys.readouterr().out.splitlines()
        return [line.strip("| ").split(" | ") for line in lines if not line.startswith("|---")]

    return call


def test_a_row_for_each_setting(settings):
    words = ["--working-size", "32", "--temperature", "1", "--saturation", "1", "2"]
    head, grey, *rows, truth = settings("distribution", *words, "--decoder", "annealed", "mode")
    assert head[:5] == ["working size", "decoder", "temperature", "rebalancing", "saturation"]
    assert len(rows) == 4
    assert [grey[0], grey[-1], truth[0], truth[-1]] == ["grey", "0", "truth", "100"]
    by_setting = {tuple(row[:5]): row[5:] for row in rows}
    assert ("32", "mode", "-", "-", "2.0") in by_setting
    one, two = (by_setting["32", "annealed", "1.0", "-", factor] for factor in ("1.0", "2.0"))
    assert float(two[2]) > float(one[2]) > 0


def test_of_a_regression_working_size_and_saturation_are_left(settings):
    _, _, *rows, _ = settings("regression", "--saturation", "1", "0")
    assert [row[:5] for row in rows] == [["32", "-", "-", "-", one] for one in ("1.0", "0.0")]
    assert float(rows[0][7]) > float(rows[1][7]) == 0.0


def test_of_scenes_the_working_size_is_left(settings):
    head, row = settings("scenes", "--working-size", "32")
    assert head == ["working size", "scene top-1, %", "scene top-5, %"]
    assert row in (["32", one, "100.00"] for one in ("0.00", "100.00"))


def test_presets_stand_side_by_side(script, presets, photographs, tmp_path):
    kinds = [f"--preset={kind}={presets[kind]}" for kind in ("distribution", "regression")]
    sheet, photograph = tmp_path / "sheet.png", photographs / "harbor" / "0.png"
    words = ["presets", str(sheet), str(photograph), *kinds, "--cell", "48"]
    script("benchmarks/pictures.py").main([*words, "--precision", "float32"])
    with Image.open(sheet) as image:
        # Four columns with three gaps between two margins.
        assert image.width == 4 * 48 + 3 * 2 + 2 * 8
        columns = [np.asarray(image)[40:60, 8 + 50 * i : 56 + 50 * i] for i in range(4)]
    grey, one, two, true = (np.ptp(column.astype(int), axis=-1).mean() for column in columns)
    assert grey < 1 < min(one, two) < true


def test_style_moves_colors_unless_it_is_its_own(script, presets, photographs, tmp_path, capsys):
    sheet = tmp_path / "style.png"
    first, second = photographs / "forest" / "1.png", photographs / "forest" / "3.png"
    pairs = [f"{first}={first}", f"{first}={second}"]
    words = ["style", str(sheet), *pairs, "--preset", str(presets["style"])]
    script("benchmarks/pictures.py").main([*words, "--precision", "float32", "--saturation", "10"])
    _, _, same, other, _ = capsys.readouterr().out.splitlines()
    own, styled, *_, shift = same.strip("| ").split(" | ")[1:]
    assert (own, shift) == (styled, "0.0")
    assert float(other.strip("| ").rpartition(" | ")[2]) > 0
    with Image.open(sheet) as image:
        assert image.width > 4 * 200


def _rows(lines, heading):
    """Rows of a table by their first cell, as dicts by the names of its columns."""
    start = next(i for i, line in enumerate(lines) if line.startswith(heading))
    table = itertools.takewhile(lambda line: line.startswith("|"), lines[start:])
    columns, _, *rows = [line.strip("| ").split(" | ") for line in table]
    return {name: dict(zip(columns[1:], cells, strict=True)) for name, *cells in rows}


def test_a_row_for_each_preset_between_grey_and_truth(
    script, presets, photographs, capsys, monkeypatch
):
    module = script("benchmarks/presets.py")
    monkeypatch.setattr(module, "SIDE", 32)
    words = [f"{kind}={presets[kind]}" for kind in ("distribution", "regression", "scenes")]
    words += ["--calls=1", "--workers=0", "--mean", f"--set=tiny={photographs}:3"]
    module.main([*words, "--figures", "all"])
    lines = capsys.readouterr().out.splitlines()
    assert "tiny (n = 3):" in lines
    costs = _rows(lines, "| preset")
    assert costs["scenes"]["network"] == "`resnet18_gray_classifier`"
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
    ("line", "said"),
    [
        ("decoders {regression} {folder} --temperature 0.5", "predicts no distribution"),
        ("decoders {distribution} {folder} --rebalancing 0.5", "has no class weights"),
        ("decoders {scenes} {folder} --decoder mode", "predicts no distribution"),
        ("decoders {regression} {folder} --skip 6", "after --skip, found none"),
        ("pictures presets a.png {one} --preset {scenes}", "scenes only tells scenes apart"),
        ("pictures style a.png {one}={one} --preset {regression}", "a layer named 'fusion'"),
        ("pictures style a.png {one}=absent.png --preset {style}", "absent.png"),
        ("pictures style a.png {one} --preset {style}", "expected CONTENT=STYLE"),
        ("presets unheard_of", "received 'unheard_of'"),
        ("presets x={regression} x={regression}", "expected different labels, received x, x"),
        ("presets {regression} --set a={folder}:1 --figures beauty", "received ['beauty']"),
    ],
)
def test_bad_input_is_told_in_a_line(script, presets, photographs, line, said):
    paths = {"folder": photographs, "one": photographs / "harbor" / "0.png", **presets}
    name, *words = line.format(**paths).split()
    with pytest.raises(SystemExit, match=re.escape(said)) as ended:
        script(f"benchmarks/{name}.py").main(words)
    assert "\n" not in str(ended.value)


def test_trainers_know_every_flag_of_the_recipe(script):
    module = script("benchmarks/recipe.py")
    shared = {field.name for field in dataclasses.fields(TrainingConfig)}
    shared |= set(re.findall(r'flags\.DEFINE_\w+, "(\w+)"', (TRAINERS / "settings.py").read_text()))
    for choice in itertools.chain(*(choices.values() for choices in module.FACTORS.values())):
        text = (TRAINERS / choice.trainer).read_text(encoding="utf-8")
        given = {flag.lstrip("-").partition("=")[0] for flag in choice.flags}
        assert given <= shared | set(re.findall(r'flags\.DEFINE_\w+\(\s*"(\w+)"', text))
