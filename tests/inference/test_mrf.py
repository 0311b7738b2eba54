import dataclasses

import numpy as np
import pytest
from keras import ops
from scipy.special import softmax
from skimage import color

from keras_colorize import Colorizer, PresetConfig
from keras_colorize.bins import CHANNEL_BINS, ab_centers
from keras_colorize.inference import Refinement, mrf, point_hints
from keras_colorize.inference.options import REFINEMENTS
from keras_colorize.layers import MeanField

SIZES = {"ab_logits": (313,), **{name: (2, bins.count) for name, bins in CHANNEL_BINS.items()}}


@pytest.mark.parametrize("output", SIZES)
def test_every_distribution_becomes_one_of_each_channel(output):
    logits = np.random.default_rng(1).normal(0, 2, (2, 3, 4, *SIZES[output])).astype("float32")
    probabilities = np.asarray(mrf.channel_probabilities(logits, output, temperature=0.5))
    p = softmax(2 * logits, axis=-1)
    np.testing.assert_allclose(probabilities.sum(-1), 1.0, atol=1e-5)
    if output == "ab_logits":
        centers = CHANNEL_BINS["ab_channel_logits"].centers()
        np.testing.assert_allclose(probabilities @ centers, p @ ab_centers(), atol=1e-3)
        # The share of a = 0 is that of all the bins with a = 0.
        zero = p[..., ab_centers()[:, 0] == 0].sum(-1)
        np.testing.assert_allclose(probabilities[..., 0, 12], zero, atol=1e-5)
    else:
        np.testing.assert_allclose(probabilities, p, atol=1e-5)


def test_maps_are_enlarged_as_keras_does():
    p = np.random.default_rng(0).dirichlet(np.ones(5), (6, 4)).astype("float32")
    for size, before in (((24, 31), p), ((7, 4), p), ((5, 3), p[:1, :1])):
        whole = ops.image.resize(before, size, interpolation="bilinear")
        _, back = mrf.packed_columns(size[1])
        enlarged = mrf.enlarge(before, np.zeros((*size, 1)))[:, :, back].transpose(0, 2, 1)
        np.testing.assert_allclose(enlarged, whole, atol=1e-5)


@pytest.mark.parametrize("size", [(6, 8), (5, 7), (1, 1), (33, 3)])
def test_published_constants_are_those_of_the_layer(size):
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(25), (1, *size)).astype("float32")
    lightness = rng.uniform(40, 44, (1, *size, 1)).astype("float32")
    paper, (order, back) = REFINEMENTS["mrf-paper"], mrf.packed_columns(size[1])
    unary = mrf.unary_potentials(p[0, :, order].transpose(1, 2, 0), paper)
    q = mrf.solve(unary, mrf.edge_weights(lightness[0], paper.sigma), paper).reshape(unary.shape)
    expected = MeanField(sweeps=8, sigma=1e-4, unary_scale=10.0, compatibility=(10, 3, 3))
    np.testing.assert_allclose(
        q[:, :, back].transpose(0, 2, 1), expected([p, lightness])[0], atol=2e-4
    )


def test_potentials():
    p = np.float32([[0.25, 0.75]])
    by = {name: Refinement(potential=name, unary_scale=2.0) for name in ("log", "square_root")}
    for name, function in (("log", np.log), ("square_root", np.sqrt)):
        potentials = mrf.unary_potentials(p, by[name])
        np.testing.assert_allclose(potentials, 2 * function(p), rtol=1e-5)
    assert np.isfinite(np.asarray(mrf.unary_potentials(np.zeros((1, 2)), by["log"]))).all()


def test_neighbors_of_equal_lightness_agree_and_others_do_not():
    rng = np.random.default_rng(0)
    p = rng.dirichlet(np.ones(25), (12, 16, 2)).astype("float32")
    lightness = np.where(np.arange(16) < 8, 30.0, 80.0) + rng.normal(0, 0.2, (12, 16))
    lightness, config = lightness[..., None].astype("float32"), PresetConfig("", {}, "ab_logits")

    def colors(part, refinement):
        return mrf.refined_ab(p[:, part], lightness[:, part], config, refinement)

    whole, alone = slice(0, 16), slice(0, 8)
    apart = colors(whole, Refinement(compatibility=(0.0,)))
    centers = CHANNEL_BINS["ab_channel_logits"].centers()
    np.testing.assert_allclose(apart, p @ centers, atol=0.01)
    together = colors(whole, Refinement())
    steps = [np.abs(np.diff(ab[:, alone], axis=0)).mean() for ab in (apart, together)]
    assert steps[1] < 0.7 * steps[0]
    # What lies beyond the edge does not matter.
    np.testing.assert_allclose(together[:, alone], colors(alone, Refinement()), atol=0.01)


@pytest.mark.parametrize("refine_by", ["mrf", "mrf-paper", Refinement(sweeps=2, decode="mode")])
def test_colorizers_refine(tiny_colorizer, picture, refine_by):
    refined, plain = tiny_colorizer.replace(refine=refine_by), tiny_colorizer(picture)
    colorized = refined(picture)
    assert not np.array_equal(colorized, plain)
    np.testing.assert_array_equal(refined.replace(refine="none")(picture), plain)
    # The published constants are for the network's own p.
    other = refined.replace(temperature=1.0)(picture)
    assert np.array_equal(other, colorized) == (refine_by == "mrf-paper")
    lightness = color.rgb2lab(colorized)[..., 0] - color.rgb2lab(picture)[..., 0]
    assert np.abs(lightness).max() < 1.0


def test_a_network_that_predicts_colors_has_no_field(tiny_model, tiny_config):
    config = dataclasses.replace(tiny_config, output="ab")
    for options in ({"refine": "mrf"}, {"palette": [{"color": "#ff0000"}]}):
        with pytest.raises(ValueError, match="a network that predicts a distribution"):
            Colorizer(tiny_model, config, **options)


def test_wrong_refinements():
    for name, values in {
        "sweeps": (0, 1.5),
        "sigma": (0.0,),
        "unary_scale": (float("inf"), "3"),
        "compatibility": ((), (3.0, -1.0)),
        "potential": ("cube",),
        "decode": ("median",),
    }.items():
        for value in values:
            with pytest.raises(ValueError, match=name):
                Refinement(**{name: value})


@pytest.fixture(params=CHANNEL_BINS)
def channel_colorizer(request, single_layer):
    return single_layer(request.param)


def test_hints_are_kept_by_every_head(channel_colorizer):
    pixels = np.full((64, 64), 130, np.uint8)
    hints = point_hints([{"x": 20, "y": 30, "color": "#a05a5a"}], (64, 64))
    refined = channel_colorizer.replace(refine="mrf", palette=[{"color": "#c08040"}], hints=hints)
    actual = color.rgb2lab(refined(pixels))[..., 1:]
    np.testing.assert_allclose(actual[hints.mask], hints.ab[hints.mask], atol=3.0)
    assert np.abs(actual - hints.ab[30, 20]).mean() < 10.0


def test_colors_of_every_head_lean_to_a_palette(channel_colorizer):
    pixels = np.random.default_rng(0).integers(100, 150, (48, 64), dtype=np.uint8)
    means = []
    for one in ("#b06050", "#5060b0"):
        options = {"refine": "mrf", "palette": [{"color": one}], "palette_strength": 1.0}
        colorized = channel_colorizer.replace(**options)(pixels)
        means.append(color.rgb2lab(colorized)[..., 2].mean())
    assert means[0] > means[1] + 10
