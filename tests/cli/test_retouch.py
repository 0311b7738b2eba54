import json

import numpy as np
import pytest
from PIL import Image
from skimage import color

from keras_colorize import cli

HINT = "10,12,#c83232,3"


@pytest.fixture
def photo(tmp_path):
    """A flat grey photograph: nothing keeps a hint from spreading."""
    path = tmp_path / "photo.png"
    Image.fromarray(np.full((40, 50), 128, np.uint8)).save(path)
    return path


@pytest.fixture
def run(tiny_preset, tmp_path, command):
    """Runs `colorize` into `out.png`, which is returned."""

    def call(*words):
        first = ["colorize", "--preset", tiny_preset, "--overwrite", "-o", tmp_path / "out.png"]
        assert command(*first, *words)[0] == 0
        return np.asarray(Image.open(tmp_path / "out.png"))

    return call


def _red(pixels):
    return color.rgb2lab(pixels)[..., 1].mean()


def test_refinement(run, photo):
    words = (photo, "--refine", "mrf")
    assert not np.array_equal(run(*words), run(photo))
    paper = run(photo, "--refine", "mrf-paper")
    spelled = "--sigma 1e-4 --potential probability --unary-scale 10 --compatibility 10,3,3"
    np.testing.assert_array_equal(run(*words, *spelled.split(), "--distribution", "network"), paper)


def test_hints_from_words_files_and_layers_are_the_same(run, photo, tmp_path):
    point = {"x": 10, "y": 12, "color": "#c83232", "radius": 3}
    (tmp_path / "hints.json").write_text(json.dumps([point]))
    rows, columns = np.ogrid[:40, :50]
    layer = np.zeros((40, 50, 4), np.uint8)
    layer[(columns - 10) ** 2 + (rows - 12) ** 2 <= 9] = [200, 50, 50, 255]
    Image.fromarray(layer).save(tmp_path / "layer.png")
    colorized = run(photo, "--hint", HINT)
    assert _red(colorized) > _red(run(photo)) + 20
    for words in (("--hints", tmp_path / "hints.json"), ("--hint-layer", tmp_path / "layer.png")):
        np.testing.assert_array_equal(run(photo, *words), colorized)


def test_typed_hints_lie_above_painted_ones(run, photo, tmp_path):
    Image.new("RGBA", (50, 40), "#3232c8").save(tmp_path / "layer.png")
    words = (photo, "--hint-layer", tmp_path / "layer.png", "--hint", "10,12,#32c832,6")
    green, blue = run(*words)[[12, 35], [10, 40]].argmax(axis=-1)
    assert (green, blue) == (1, 2)


@pytest.mark.parametrize(
    "words, said",
    [
        (["--palette", "nowhere.png"], "nowhere.png"),
        (["--hint", "1,2"], "like #a0c030"),
        (["--hint", "1,2,red"], "like #a0c030"),
        (["--hint", "50,2,#ff0000"], "50x40"),
        (["--hint", "here,2,#ff0000"], "X,Y,#RRGGBB"),
        (["--hints", "nowhere.json"], "nowhere.json"),
        (["--hint-layer", "photo.png"], "with transparency"),
        (["--hint-layer", "small.png"], "a layer of 50x40, as the photograph, received 4x4"),
        (["small.png", "--hint", HINT], "expected one photograph with hints, received 2"),
    ],
)
def test_wrong_usage(refused, tiny_preset, photo, tmp_path, monkeypatch, words, said):
    if words[0] != "--hint-layer":
        # What can be told is told before Keras is imported.
        monkeypatch.setattr(cli, "_import_keras", pytest.fail)
    monkeypatch.chdir(tmp_path)
    Image.new("RGBA", (4, 4)).save("small.png")
    assert said in refused("colorize", "--preset", tiny_preset, "-o", "out", "photo.png", *words)
    assert not any((tmp_path / "out").rglob("*"))


def test_a_measurement_says_how_it_was_refined(tiny_preset, photo, tmp_path, command):
    record = tmp_path / "record.json"
    words = ["--workers", "0", "--refine", "mrf", "--sweeps", "2", "--palette", photo]
    code, out, _ = command("evaluate", tiny_preset, photo.parent, "--json", record, *words)
    assert code == 0
    options = json.loads(record.read_text())["options"]
    assert (options["refine"]["sweeps"], options["palette"]) == (2, str(photo))
    assert "| mean |" in out
