"""Color views as old photographs show them, and training on these."""

import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.color import rgb_to_lightness
from keras_colorize.data import Targets, TrainingData, aged_view, list_pictures
from keras_colorize.data.aging import PARTS


def _seed(number):
    return tf.constant([5, number], "int64")


def _smooth():
    """Colors that change slowly, with neither black nor white."""
    corners = np.random.default_rng(2).uniform(0.2, 0.8, (3, 3, 3)).astype("float32")
    return tf.image.resize(corners, (24, 20)).numpy()


def _flat(level):
    return np.full((64, 64, 3), level, "float32")


def _ramp(steps):
    """A scale of greys from black to white."""
    return np.linspace(0, 1, steps, dtype="float32")[None, :, None].repeat(3, -1)


def _aged(rgb, parts=None, count=12):
    """Grey of several agings of a view, (count, H, W)."""
    return np.stack([aged_view(rgb, _seed(i), parts)[..., 0].numpy() for i in range(count)])


def _epoch(folder, aged_share, **kwargs):
    data = TrainingData((list_pictures(folder),), size=16, seed=3, aged_share=aged_share)
    batches = data.epoch(0, 4, 5, Targets({"ab": "ab", "scene": "label"}, 4), **kwargs)
    return [tuple(value.numpy() for value in tf.nest.flatten(batch)) for batch in batches]


def test_eager_and_pipeline_give_the_same_grey_view():
    rgb = tf.constant(_smooth())
    seeds = tf.data.Dataset.range(8).map(lambda i: tf.stack([tf.constant(5, "int64"), i]))
    views = seeds.map(lambda seed: aged_view(rgb, seed), num_parallel_calls=2)
    assert views.element_spec == tf.TensorSpec((24, 20, 3), "float32")
    for number, view in enumerate(views):
        np.testing.assert_allclose(view, aged_view(rgb, _seed(number)), atol=1e-5)
        np.testing.assert_array_equal(view[..., 1:], view[..., :1].numpy().repeat(2, -1))
    assert len({view.numpy().tobytes() for view in views}) == 8


def test_views_stay_in_range():
    checkers = np.indices((17, 31)).sum(0)[..., None].repeat(3, -1) % 2
    for rgb in (_flat(0.0)[:1, :5], _flat(1.0)[:1, :5], checkers.astype("float32")):
        for views in (_aged(rgb, PARTS), _aged(rgb)):
            assert views.dtype == "float32"
            assert 0 <= views.min() <= views.max() <= 1


def test_without_parts_only_the_color_is_gone():
    rgb = _smooth()
    film = aged_view(rgb, _seed(0), ())
    # The film's curve is a power, sRGB's is nearly one.
    np.testing.assert_allclose(rgb_to_lightness(film), rgb_to_lightness(rgb), atol=0.5)
    grey = rgb[..., :1].repeat(3, -1)
    np.testing.assert_allclose(aged_view(grey, _seed(0), ()), grey, atol=1e-3)
    with pytest.raises(ValueError, match=r"parts among orthochromatic, .*received .*rust"):
        aged_view(rgb, _seed(0), ("grain", "rust"))


def test_an_orthochromatic_film_is_blind_to_red_and_sees_blue():
    patches = np.eye(3, dtype="float32")[None].repeat(2, 0)
    red, green, blue = aged_view(patches, _seed(0), ())[0, :, 0].numpy()
    assert blue < red < green
    ortho = _aged(patches, ("orthochromatic",))[:, 0]
    assert (ortho[:, 0] < red - 0.05).all()
    assert (ortho[:, 2] > blue + 0.05).all()
    # A grey scale looks the same on any film.
    greys = _aged(_ramp(9), ("orthochromatic",))[0]
    np.testing.assert_allclose(greys, _ramp(9)[..., 0], atol=1e-3)


def test_blur_loses_what_is_small():
    stripes, coarse = np.zeros((2, 24, 24, 3), "float32")
    stripes[:, ::2] = coarse[:, 12:] = 1.0
    assert (_aged(stripes, ("blur",)).std((1, 2)) < 0.42).all()
    assert (_aged(coarse, ("blur",)).std((1, 2)) > 0.42).all()


def test_contrast_keeps_the_order_of_tones():
    curves = _aged(_ramp(33), ("contrast",), 40)[:, 0]
    assert (np.diff(curves) >= 0).all()
    np.testing.assert_allclose(curves[:, 0], 0, atol=1e-2)
    assert curves[:, 16].min() < 0.45
    assert curves[:, 16].max() > 0.65


def test_grain_is_noise_of_the_middle_tones():
    noise, dark = (_aged(_flat(level), ("grain",)) - level for level in (0.5, 0.02))
    assert 0.006 < noise.std((1, 2)).min() < noise.std((1, 2)).max() < 0.06
    assert (dark.std((1, 2)) < 0.5 * noise.std((1, 2))).all()
    # Neighbors of coarse grain are alike, those of fine grain are not.
    alike = [np.corrcoef(one[:, 1:].ravel(), one[:, :-1].ravel())[0, 1] for one in noise]
    assert min(alike) < 0.3
    assert max(alike) > 0.5


def test_fading_raises_blacks_and_lowers_whites():
    blacks, whites = (_aged(_flat(level), ("fading",)).mean((1, 2)) for level in (0.0, 1.0))
    assert 0 < blacks.min() < 0.1 < blacks.max()
    assert whites.min() < 0.9 < whites.max() < 1


def test_scratches_are_few_vertical_and_of_both_kinds():
    marks = _aged(_flat(0.5), ("scratches",), 24) - 0.5
    touched = (np.abs(marks) > 0.05).mean((1, 2))
    assert 0 < touched.mean() < 0.1
    assert marks.min() < -0.2
    assert marks.max() > 0.2
    columns, rows = np.abs(marks.mean(1)).max(), np.abs(marks.mean(2)).max()
    assert columns > 3 * rows


def test_the_share_is_respected_and_the_rest_is_clean(folder):
    epochs = {share: _epoch(folder, share) for share in (0.0, 0.4, 1.0)}
    # What is learned is the same, and all that is seen differs.
    learned = [[batch[1:] for batch in epochs[share]] for share in (0.0, 1.0)]
    tf.nest.map_structure(np.testing.assert_array_equal, *learned)
    for view, aged in zip(epochs[0.0], epochs[1.0], strict=True):
        assert (np.abs(view[0] - aged[0]).mean((1, 2, 3)) > 0.05).all()
    clean, some, every = (np.concatenate([x for x, *_ in batches]) for batches in epochs.values())
    off = np.abs(clean - some).max((1, 2, 3))
    aged = off > 1e-2
    assert aged.mean() == pytest.approx(0.4, abs=0.2)
    assert off[~aged].max() < 1e-3
    np.testing.assert_array_equal(some[aged], every[aged])
    # A worker that goes on sees the same films.
    resumed = _epoch(folder, 0.4, first_step=3, worker=1, workers=2)
    whole = [tuple(value[2:] for value in batch) for batch in epochs[0.4][3:]]
    tf.nest.map_structure(np.testing.assert_array_equal, whole, resumed)
