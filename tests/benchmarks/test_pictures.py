import numpy as np
from PIL import Image


def test_presets_stand_side_by_side(script, presets, photographs, tmp_path):
    kinds = [f"--preset={kind}={presets[kind]}" for kind in ("distribution", "regression")]
    sheet, photograph = tmp_path / "sheet.png", photographs / "harbor" / "0.png"
    words = ["presets", str(sheet), str(photograph), *kinds, "--cell", "48"]
    script("pictures").main([*words, "--precision", "float32"])
    with Image.open(sheet) as image:
        # Four columns with three gaps between two margins.
        assert image.width == 4 * 48 + 3 * 2 + 2 * 8
        columns = [np.asarray(image)[40:60, 8 + 50 * i : 56 + 50 * i] for i in range(4)]
    grey, one, two, true = (np.ptp(column.astype(int), axis=-1).mean() for column in columns)
    assert grey < 1 < min(one, two) < true


def test_photographs_that_come_with_packages_are_there(script):
    assert all(path.is_file() for path in script("pictures").PHOTOGRAPHS)


def test_style_moves_colors_unless_it_is_its_own(script, presets, photographs, tmp_path, capsys):
    sheet = tmp_path / "style.png"
    first, second = photographs / "forest" / "1.png", photographs / "forest" / "3.png"
    pairs = [f"{first}={first}", f"{first}={second}"]
    words = ["style", str(sheet), *pairs, "--preset", str(presets["style"])]
    script("pictures").main([*words, "--precision", "float32", "--saturation", "4"])
    _, _, same, other, _ = capsys.readouterr().out.splitlines()
    own, styled, *_, shift = same.strip("| ").split(" | ")[1:]
    assert (own, shift) == (styled, "0.0")
    assert float(other.strip("| ").rpartition(" | ")[2]) > 0
    with Image.open(sheet) as image:
        assert image.width > 4 * 200
