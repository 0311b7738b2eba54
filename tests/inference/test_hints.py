import heapq

import keras
import numpy as np
import pytest
from skimage import color

from keras_colorize import Colorizer, PresetConfig
from keras_colorize.color import unscale_ab
from keras_colorize.inference import Hints, layer_hints, point_hints
from keras_colorize.inference.hints import NOISE, STEP, at_size, hints_of, path_lengths, spread
from keras_colorize.inference.points import read_points
from keras_colorize.io import Photograph
from keras_colorize.models import siggraph17


def _grey(lightness):
    lab = np.stack([lightness, 0 * lightness, 0 * lightness], axis=-1)
    return np.rint(255 * color.lab2rgb(lab)).astype("uint8")


def _ab(pixels):
    return color.rgb2lab(pixels)[..., 1:]


@pytest.fixture
def halves():
    """Two flat halves, 96 x 128, dark and light."""
    return _grey(np.where(np.arange(128) < 64, 45.0, 75.0)[None].repeat(96, axis=0))


def _dijkstra(seed, lightness):
    """Shortest paths the classical way."""
    lengths = np.full(lightness.shape, np.inf)
    queue = [(0.0, seed)]
    while queue:
        length, (y, x) = heapq.heappop(queue)
        if length >= lengths[y, x]:
            continue
        lengths[y, x] = length
        for there in ((y, x + 1), (y, x - 1), (y + 1, x), (y - 1, x)):
            if 0 <= there[0] < lightness.shape[0] and 0 <= there[1] < lightness.shape[1]:
                change = max(0.0, abs(lightness[there] - lightness[y, x]) - NOISE)
                heapq.heappush(queue, (length + STEP + change**2, there))
    return lengths


def test_path_lengths_are_those_of_dijkstra():
    lightness = np.random.default_rng(0).uniform(0, 12, (9, 14))
    seeds = np.zeros((2, 9, 14), bool)
    seeds[0, 2, 3] = seeds[1, 8, 0] = True
    actual = path_lengths(seeds, lightness)
    for one, seed in zip(actual, ((2, 3), (8, 0)), strict=True):
        np.testing.assert_allclose(one, _dijkstra(seed, lightness), atol=1e-3)


def test_hints_reach_as_far_as_they_are_told_and_may_be_points(tiny_colorizer, halves):
    points = [{"x": 5, "y": 48, "color": "#c83232"}]
    plain = _ab(tiny_colorizer(halves))
    found = [_ab(tiny_colorizer.replace(hints=points, hint_reach=x)(halves)) for x in (2, 60)]
    near, far = (np.linalg.norm(one - plain, axis=-1) for one in found)
    assert near[48, 5] > 10 and far[48, 5] > 10
    assert near[48, 40] < 1 < 10 < far[48, 40]
    hints = point_hints(points, halves.shape[:2])
    np.testing.assert_array_equal(_ab(tiny_colorizer.replace(hints=hints)(halves)), found[1])


def test_points_are_disks_of_their_color():
    points = [
        {"x": 5, "y": 2, "color": "#c83232", "radius": 2},
        {"x": 0, "y": 9, "color": "#000000"},
    ]
    hints = point_hints(points, (10, 12))
    rows, columns = np.nonzero(hints.mask)
    inside = (columns - 5) ** 2 + (rows - 2) ** 2 <= 4
    assert inside.sum() == 13
    assert hints.mask.sum() == 14
    np.testing.assert_allclose(hints.ab[2, 5], _ab(np.uint8([[200, 50, 50]]))[0], atol=0.05)
    np.testing.assert_allclose(hints.ab[9, 0], 0.0, atol=0.05)


def test_wrong_hints(tmp_path):
    whole = {"x": 0, "y": 0, "color": "#ff0000"}
    wrong = [whole | change for change in ({"x": 12}, {"x": -1}, {"x": None}, {"color": "red"})]
    for one in (*wrong, {"x": 0, "color": "#ff0000"}, "0,0,#ff0000"):
        with pytest.raises(ValueError, match="Expected"):
            point_hints([one], (10, 12))
    shapes = [((2, 2, 2),), ((2, 2, 3), (2, 2)), ((2, 2, 2), (2, 3))]
    wrong = [tuple(map(np.zeros, each)) for each in shapes]
    for one in (3, *wrong, (np.full((2, 2, 2), np.inf), np.ones((2, 2)))):
        with pytest.raises(ValueError, match="Expected hints"):
            hints_of(one)
    (tmp_path / "hints.json").write_text("{}")
    with pytest.raises(ValueError, match="a list of hints"):
        read_points(tmp_path / "hints.json")


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_opaque_pixels_of_a_layer_are_hints(dtype):
    top = np.iinfo(dtype).max
    pixels = np.zeros((4, 5, 3), dtype)
    pixels[..., 0] = top
    alpha = np.zeros((4, 5), dtype)
    alpha[1, 2], alpha[3, 3] = top, top - 1
    hints = layer_hints(Photograph(pixels, alpha))
    np.testing.assert_array_equal(np.argwhere(hints.mask), [[1, 2]])
    np.testing.assert_allclose(hints.ab[1, 2], _ab(np.uint8([[255, 0, 0]]))[0], atol=0.05)
    with pytest.raises(ValueError, match="with transparency"):
        layer_hints(Photograph(pixels))


@pytest.mark.parametrize("size", [(8, 12), (48, 60), (20, 30)])
def test_hints_at_another_size(size):
    mask = np.zeros((20, 30), bool)
    mask[10:14, 15:18] = True
    ab = np.where(mask[..., None], [30.0, -20.0], np.nan)
    scaled = at_size(Hints(ab, mask), size)
    assert scaled.mask[size[0] * 12 // 20, size[1] * 16 // 30]
    assert not scaled.mask[0].any()
    np.testing.assert_allclose(
        scaled.ab[scaled.mask], np.tile([30.0, -20.0], (scaled.mask.sum(), 1))
    )
    # Nothing is missing in the middle of what was hinted.
    rows, columns = np.nonzero(scaled.mask)
    assert scaled.mask.sum() == (np.ptp(rows) + 1) * (np.ptp(columns) + 1)


def test_force_is_full_at_hints_and_ends_at_edges(halves):
    lightness = color.rgb2lab(halves)[..., :1]
    hints = point_hints([{"x": 20, "y": 40, "color": "#c83232"}], (96, 128))
    ab, force = spread(hints, lightness)
    assert force[hints.mask].min() == 1.0
    assert force[:, :60].min() > 0.3
    assert force[:, 68:].max() < 1e-3
    np.testing.assert_allclose(ab[hints.mask], hints.ab[hints.mask], atol=1e-4)


def test_the_nearer_of_two_hints_wins():
    lightness = np.full((40, 100, 1), 50.0)
    points = [{"x": 5, "y": 20, "color": "#c83232"}, {"x": 95, "y": 20, "color": "#3232c8"}]
    hints = point_hints(points, (40, 100))
    ab, _ = spread(hints, lightness)
    np.testing.assert_allclose(ab[20, 15], hints.ab[20, 5], atol=1.0)
    np.testing.assert_allclose(ab[20, 85], hints.ab[20, 95], atol=1.0)


@pytest.mark.parametrize("refine", ["none", "mrf", "mrf-paper"])
@pytest.mark.parametrize("saturation", [1.0, 2.5])
def test_hinted_pixels_keep_their_color_and_spread_it(tiny_colorizer, halves, refine, saturation):
    plain = tiny_colorizer.replace(refine=refine, saturation=saturation)
    automatic = _ab(plain(halves))
    # The weights are random: a color that is not what they make of it anyway.
    other = "#5aa05a" if automatic[:, 5:40, 0].mean() > 0 else "#a05a5a"
    hints = point_hints([{"x": 20, "y": 40, "color": other}], (96, 128))
    colorized = _ab(plain.replace(hints=(hints.ab, hints.mask))(halves))
    wanted = hints.ab[hints.mask][0]
    assert np.abs(colorized[hints.mask] - wanted).max() < 3.0
    # A bin is 10 wide: all of the dark half takes the color, the light half hardly any of it.
    assert np.abs(colorized[:, 5:40] - wanted).mean() < 10.0
    assert np.abs(colorized[:, 70:] - automatic[:, 70:]).mean() < 1.5
    assert np.abs(colorized[:, 5:40] - automatic[:, 5:40]).mean() > 10.0


@pytest.mark.parametrize("refine", ["none", "mrf"])
def test_no_hints_are_the_automatic_result(tiny_colorizer, halves, refine):
    plain = tiny_colorizer.replace(refine=refine)
    none = (np.zeros((96, 128, 2)), np.zeros((96, 128), bool))
    np.testing.assert_array_equal(plain.replace(hints=none)(halves), plain(halves))


def test_hints_are_for_one_picture_of_their_size(tiny_colorizer, halves):
    hinted = tiny_colorizer.replace(hints=(np.zeros((96, 128, 2)), np.zeros((96, 128), bool)))
    with pytest.raises(ValueError, match="one picture of 128x96, as its hints, received 1 of 96x"):
        hinted(halves.swapaxes(0, 1))
    with pytest.raises(ValueError, match="received 2 of 128x96"):
        hinted(np.stack([halves, halves]))


def test_a_network_that_takes_hints_gets_them(halves):
    keras.utils.set_random_seed(0)
    options = {"hints": True, "width": 1 / 16}
    network, alone = siggraph17(**options), siggraph17(width=1 / 16)
    alone.set_weights(network.get_weights())
    config = PresetConfig("siggraph17", options, "ab", working_size=64, saturation=2.0)
    colorizer = Colorizer(network, config)
    lightness = colorizer.preprocess(halves).network_input[None]
    automatic = unscale_ab(alone(lightness)["ab"])
    np.testing.assert_allclose(colorizer.predict_ab(lightness), automatic, atol=1e-3)
    hints = point_hints([{"x": 25, "y": 55, "color": "#c83232", "radius": 6}], (96, 128))
    mask = at_size(hints, lightness.shape[1:3]).mask
    # The chroma is doubled afterwards.
    color = hints.ab[hints.mask][0] / 2
    inputs = {"lightness": lightness, "hint_mask": mask[None, ..., None].astype("float32")}
    inputs["hint_ab"] = inputs["hint_mask"] * color
    expected = unscale_ab(network(inputs)["ab"])
    small = Hints(np.where(mask[..., None], 2 * color, np.nan), mask)
    np.testing.assert_allclose(colorizer.predict_ab(lightness, small), expected, atol=1e-3)
    assert np.abs(expected - automatic).max() > 1.0
    hinted = colorizer.replace(hints=hints)(halves)
    assert np.abs(hinted.astype(int) - colorizer(halves)).max() > 3


def test_a_place_that_is_kept_holds_off_a_hint(tiny_colorizer, halves):
    flat = np.full_like(halves, 120)
    plain, size = _ab(tiny_colorizer(flat)), flat.shape[:2]
    red, keep = {"x": 20, "y": 48, "color": "#c83232"}, {"x": 108, "y": 48, "color": "keep"}
    for options in ({}, {"refine": "mrf"}):
        plain = _ab(tiny_colorizer.replace(**options)(flat))
        alone, held = (
            _ab(tiny_colorizer.replace(hints=point_hints(points, size), **options)(flat))
            for points in ([red], [red, keep])
        )
        moved = [np.abs(one - plain)[44:52, 100:116].mean() for one in (alone, held)]
        assert moved[1] < 0.2 * moved[0]
        np.testing.assert_allclose(held[48, 20], alone[48, 20], atol=2.0)
    only = point_hints([keep], size)
    np.testing.assert_array_equal(tiny_colorizer.replace(hints=only)(flat), tiny_colorizer(flat))
