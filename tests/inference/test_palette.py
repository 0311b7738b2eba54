import json

import numpy as np
import pytest
from PIL import Image
from scipy.special import softmax
from skimage import color

from keras_colorize.bins import CHANNEL_BINS, ab_centers
from keras_colorize.inference import read_palette
from keras_colorize.inference.palette import FLOOR, log_histogram, palette_bias
from keras_colorize.inference.points import parse_color

RED = [{"color": "#c83232", "weight": 3}, {"color": "#808080"}]
SHAPES = {"ab_logits": (313,), **{name: (2, bins.count) for name, bins in CHANNEL_BINS.items()}}


def test_colors():
    np.testing.assert_allclose(parse_color("#0080FF"), [0, 128 / 255, 1], atol=1e-6)
    for wrong in ("red", "#fff", "0080ff", "#0080f", "#0080ff0", None, 3):
        with pytest.raises(ValueError, match="like #a0c030"):
            parse_color(wrong)


def test_a_list_a_file_and_a_picture(tmp_path):
    (tmp_path / "red.json").write_text(json.dumps(RED))
    for source in (RED, tmp_path / "red.json", str(tmp_path / "red.json")):
        rgb, weights = read_palette(source)
        np.testing.assert_allclose(255 * rgb, [[200, 50, 50], [128, 128, 128]], atol=1e-3)
        np.testing.assert_array_equal(weights, [3, 1])
    pixels = np.zeros((300, 400, 3), np.uint8)
    pixels[..., 0] = 200
    Image.fromarray(pixels).save(tmp_path / "red.png")
    for source in (pixels, tmp_path / "red.png", Image.fromarray(pixels)):
        rgb, weights = read_palette(source)
        assert len(rgb) == len(weights) < 40_000
        np.testing.assert_allclose(255 * rgb[0], [200, 0, 0], atol=1e-3)


def test_wrong_palettes(tmp_path):
    for wrong, said in (
        ([], "weights"),
        ([{"color": "#ff0000", "weight": -1}], "weights"),
        ([{"color": "#ff0000", "weight": 0}], "not all 0"),
        ([{"weight": 1}], "received KeyError"),
        (["#ff0000"], "received TypeError"),
        ([{"color": "red"}], "like #a0c030"),
    ):
        with pytest.raises(ValueError, match=said):
            read_palette(wrong)
    (tmp_path / "bad.json").write_text("{")
    for name in ("bad.json", "missing.json"):
        with pytest.raises(ValueError, match=f"{name}: expected a JSON file"):
            read_palette(tmp_path / name)


@pytest.mark.parametrize("output", SHAPES)
def test_histograms_have_their_mass_at_their_colors(output):
    h = np.exp(log_histogram(read_palette([{"color": "#c83232"}]), output))
    assert h.shape == SHAPES[output]
    np.testing.assert_allclose(h.sum(-1), 1.0, atol=1e-4)
    assert h.min() == pytest.approx(FLOOR / h.shape[-1], rel=0.05)
    red = np.float32([200, 50, 50]) / 255
    if output == "ab_logits":
        nearest = np.square(ab_centers() - color.rgb2lab(red)[1:]).sum(-1).argmin()
        assert h.argmax() == nearest
    else:
        space = {"ab": color.rgb2lab, "lu": color.rgb2luv, "hs": color.rgb2hsv}[output[:2]]
        values = space(red)[:2] if output[:2] == "hs" else space(red)[1:]
        indices = CHANNEL_BINS[output].encode(values)
        assert np.abs(h.argmax(-1) - np.asarray(indices)).max() <= 1


def test_the_bias_is_that_of_the_paper_or_moves_the_mean():
    rng = np.random.default_rng(0)
    p, h = rng.dirichlet(np.ones(25), (1, 3, 4, 2)), rng.dirichlet(np.ones(25), 2)
    biased = softmax(np.log(p) + palette_bias(np.log(p), np.log(h), 1.0, "product"), axis=-1)
    np.testing.assert_allclose(biased, p * h / (p * h).sum(-1, keepdims=True), atol=1e-6)
    distances = []
    for strength in (0.0, 0.5, 1.0):
        bias = palette_bias(np.log(p), np.log(h), strength, "transfer")
        moved = softmax(np.log(p) + bias, axis=-1)
        distances.append(np.abs(moved.mean((1, 2)) - h).sum(-1))
    np.testing.assert_allclose(distances[0], np.abs(p.mean((1, 2)) - h).sum(-1), rtol=1e-4)
    assert (distances[1] < distances[0]).all()
    assert (distances[2] < 0.6 * distances[0]).all()


@pytest.mark.parametrize("refine", ["none", "mrf"])
@pytest.mark.parametrize("mode", ["transfer", "product"])
def test_colors_lean_to_the_palette(tiny_colorizer, picture, refine, mode):
    plain = tiny_colorizer.replace(refine=refine)
    leaning = plain.replace(palette=[{"color": "#c83232"}], palette_mode=mode, palette_strength=1.0)
    reds = [color.rgb2lab(one(picture))[..., 1].mean() for one in (plain, leaning)]
    assert reds[1] > reds[0] + 5
    none = leaning.replace(palette_strength=0.0)
    assert np.abs(none(picture).astype(int) - plain(picture)).max() <= 1
