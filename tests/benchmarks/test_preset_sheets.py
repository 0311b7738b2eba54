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
    words = [str(sheet), paths[0], *words, "--cell", "48", "--precision", "float32"]
    script("preset_pictures").main(words)
    with Image.open(sheet) as image:
        # Four columns with three gaps between two margins.
        assert image.width == 4 * 48 + 3 * 2 + 2 * 8
        columns = [np.asarray(image)[40:60, 8 + 50 * i : 56 + 50 * i] for i in range(4)]
    grey, one, two, true = (np.ptp(column.astype(int), axis=-1).mean() for column in columns)
    assert grey < 1 < min(one, two) < true


def test_a_grey_photograph_has_no_truth(script, presets, tmp_path):
    path, sheet = tmp_path / "grey.png", tmp_path / "sheet.png"
    Image.new("L", (40, 40), 200).save(path)
    words = [str(sheet), str(path), "--preset", str(presets["regression"]), "--cell", "48"]
    script("preset_pictures").main([*words, "--precision", "float32"])
    with Image.open(sheet) as image:
        assert image.width == 2 * 48 + 2 + 2 * 8


def test_photographs_that_come_with_packages_are_there(script):
    module = script("preset_pictures")
    assert len(module.PHOTOGRAPHS) == 8
    assert all(path.is_file() for path in module.PHOTOGRAPHS)


def test_only_presets_that_colorize(script, presets, paths, tmp_path):
    words = [str(tmp_path / "a.png"), *paths[:1], "--preset", str(presets["scenes"])]
    with pytest.raises(SystemExit, match="scenes only tells scenes apart"):
        script("preset_pictures").main(words)


def test_style_moves_colors_unless_it_is_the_picture_itself(
    script, presets, paths, tmp_path, capsys
):
    sheet = tmp_path / "style.png"
    words = [str(presets["style"]), str(sheet), f"{paths[0]}={paths[0]}", f"{paths[0]}={paths[1]}"]
    script("style_transfer").main([*words, "--precision", "float32", "--saturation", "4"])
    _, _, same, other = capsys.readouterr().out.splitlines()
    own, styled, *_, shift = same.strip("| ").split(" | ")[1:]
    assert (own, shift) == (styled, "0.0")
    assert float(other.strip("| ").rpartition(" | ")[2]) > 0
    with Image.open(sheet) as image:
        assert image.width > 4 * 256


@pytest.mark.parametrize(
    ("kind", "pair", "said"),
    [
        ("regression", "{0}={1}", "Expected a network with global features"),
        ("style", "{0}=absent.png", "absent.png"),
        ("scenes", "{0}={1}", "class_logits"),
    ],
)
def test_style_that_cannot_be(script, presets, paths, tmp_path, kind, pair, said):
    words = [str(presets[kind]), str(tmp_path / "a.png"), pair.format(*paths)]
    with pytest.raises(SystemExit, match=said):
        script("style_transfer").main(words)
