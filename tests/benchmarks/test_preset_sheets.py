import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def paths(photographs):
    return sorted(map(str, photographs.rglob("*.png")))


def test_presets_stand_side_by_side(script, presets, paths, tmp_path):
    kinds = ("distribution", "regression")
    words = [word for kind in kinds for word in ("--preset", f"{kind}={presets[kind]}")]
    sheets = {}
    for number in (1, 2):
        sheet = tmp_path / f"{number}.png"
        words_now = [str(sheet), *paths[:2], *words[: 2 * number], "--cell", "48"]
        script("preset_pictures").main([*words_now, "--precision", "float32"])
        with Image.open(sheet) as image:
            sheets[number] = np.asarray(image)
    # A cell and the gap to the next are added for the second preset.
    assert sheets[2].shape[1] - sheets[1].shape[1] == 48 + 2
    assert sheets[2].shape[0] == sheets[1].shape[0]


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
        ("scenes", "{0}={1}", "scenes"),
    ],
)
def test_style_that_cannot_be(script, presets, paths, tmp_path, kind, pair, said):
    words = [str(presets[kind]), str(tmp_path / "a.png"), pair.format(*paths)]
    with pytest.raises(SystemExit, match=said):
        script("style_transfer").main(words)
