import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def paths(photographs):
    return sorted(map(str, photographs.rglob("*.png")))


def test_presets_stand_side_by_side(script, presets, paths, tmp_path):
    kinds = ("distribution", "regression")
    words = [word for kind in kinds for word in ("--preset", f"{kind}={presets[kind]}")]
    sheet = tmp_path / "sheet.png"
    words = ["presets", str(sheet), paths[0], *words, "--cell", "48", "--precision", "float32"]
    script("pictures").main(words)
    with Image.open(sheet) as image:
        # Four columns with three gaps between two margins.
        assert image.width == 4 * 48 + 3 * 2 + 2 * 8
        columns = [np.asarray(image)[40:60, 8 + 50 * i : 56 + 50 * i] for i in range(4)]
    grey, one, two, true = (np.ptp(column.astype(int), axis=-1).mean() for column in columns)
    assert grey < 1 < min(one, two) < true


def test_photographs_that_come_with_packages_are_there(script):
    module = script("pictures")
    assert all(path.is_file() for path in module.PHOTOGRAPHS)


def test_style_moves_colors_unless_it_is_the_picture_itself(
    script, presets, paths, tmp_path, capsys
):
    sheet = tmp_path / "style.png"
    pairs = [f"{paths[0]}={paths[0]}", f"{paths[0]}={paths[1]}"]
    words = ["style", str(sheet), *pairs, "--preset", str(presets["style"])]
    script("pictures").main([*words, "--precision", "float32", "--saturation", "4"])
    _, _, same, other, _ = capsys.readouterr().out.splitlines()
    own, styled, *_, shift = same.strip("| ").split(" | ")[1:]
    assert (own, shift) == (styled, "0.0")
    assert float(other.strip("| ").rpartition(" | ")[2]) > 0
    with Image.open(sheet) as image:
        assert image.width > 4 * 200


@pytest.mark.parametrize(
    ("kind", "preset", "pair", "said"),
    [
        ("presets", "scenes", "{0}", "scenes only tells scenes apart"),
        ("style", "regression", "{0}={1}", "Expected a network with global features"),
        ("style", "style", "{0}=absent.png", "absent.png"),
        ("style", "style", "{0}", "expected CONTENT=STYLE"),
    ],
)
def test_bad_input_is_told_in_a_line(script, presets, paths, tmp_path, kind, preset, pair, said):
    words = [kind, str(tmp_path / "a.png"), pair.format(*paths), "--preset", str(presets[preset])]
    with pytest.raises(SystemExit, match=said):
        script("pictures").main(words)
