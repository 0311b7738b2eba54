"""Pictures on disk to batches: their order, their views, and what is learned from them."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest
import tensorflow as tf
from skimage.color import rgb2hsv, rgb2lab, rgb2luv, rgb2yuv
from skimage.transform import resize

from keras_colorize.color import unscale_ab, unscale_luv_uv, unscale_yuv_uv
from keras_colorize.data import Targets, TrainingData, list_pictures, split_pictures
from keras_colorize.data.training_data import (
    center_view,
    epoch_order,
    random_view,
    validation_batches,
)
from ._pictures import write_picture

TARGETS = Targets({"ab_logits": "ab", "class_logits": "label"}, stride=4)
ROOT = pathlib.Path(__file__).parents[2]


@pytest.fixture
def data(folder):
    """Two sources that share their classes."""
    sources = split_pictures(list_pictures(folder), 0.4)
    return TrainingData(sources, weights=(1, 2), size=16, seed=3)


def _epoch(data, epoch=0, batch_size=4, steps=5, **kwargs):
    """Batches as (lightness, ab, labels)."""
    batches = data.epoch(epoch, batch_size, steps, TARGETS, **kwargs)
    return [(x.numpy(), y["ab_logits"].numpy(), y["class_logits"].numpy()) for x, y in batches]


def _assert_same(batches, others):
    tf.nest.map_structure(np.testing.assert_array_equal, batches, others)


def test_seed_epoch_and_step_decide_and_workers_share(data):
    first = _epoch(data)
    assert len(first) == len(data.epoch(0, 4, 5, TARGETS)) == 5
    lightness, ab, labels = first[0]
    assert (lightness.shape, ab.shape) == ((4, 16, 16, 1), (4, 4, 4, 2))
    assert 0 <= lightness.min() < 50 < lightness.max() <= 100.01
    assert set(labels) <= {0, 1}
    assert len(data) == 11
    other_seed = TrainingData(data.sources, (1, 2), size=16, seed=4)
    for others in (_epoch(data, epoch=1), _epoch(other_seed)):
        assert not np.array_equal(first[0][0], others[0][0])
    # An epoch that is gone on with, whole or by two workers, is as it would have been.
    _assert_same(first[3:], _epoch(data, first_step=3))
    assert _epoch(data, first_step=5) == []
    for worker, share in enumerate((slice(0, 2), slice(2, 4))):
        expected = [tuple(value[share] for value in batch) for batch in first]
        _assert_same(expected, _epoch(data, worker=worker, workers=2))


def test_every_picture_comes_with_its_label_by_the_weight_of_its_source(tmp_path):
    for name, level in [("dark", 40), ("light", 220)]:
        for index in range(3):
            write_picture(tmp_path / name / f"{index}.png", np.full((9, 9, 3), level, "uint8"))
    pictures = list_pictures(tmp_path)
    by_class = [pictures.keep([y == label for y in pictures.labels]) for label in (0, 1)]
    data = TrainingData(tuple(by_class), weights=(1, 3), size=4)
    lightness, _, labels = _epoch(data, batch_size=400, steps=1)[0]
    np.testing.assert_array_equal(lightness.mean((1, 2, 3)) > 50, labels == 1)
    assert labels.mean() == pytest.approx(0.75, abs=0.07)


def test_validation_shows_every_picture_once_in_order(folder):
    pictures = list_pictures(folder)
    batches = validation_batches(pictures, 16, 4, lambda *batch: batch)
    rgb, labels = zip(*batches.as_numpy_iterator(), strict=True)
    assert [len(batch) for batch in labels] == [4, 4, 3]
    assert np.concatenate(labels).tolist() == list(pictures.labels)
    for view, path in zip(np.concatenate(rgb), pictures.paths, strict=True):
        picture = keras.utils.img_to_array(keras.utils.load_img(path), dtype="uint8")
        np.testing.assert_allclose(view, center_view(picture, 16), atol=1e-6)


def test_every_kind_of_channels_becomes_rgb(tmp_path):
    kinds = {"grey.png": 1, "grey_alpha.png": 2, "rgba.png": 4, "grey.jpg": 1}
    for name, channels in kinds.items():
        picture = np.full((9, 7, channels), 255, "uint8")
        picture[..., 0] = 51
        write_picture(tmp_path / name, picture)
    (batch,) = validation_batches(list_pictures(tmp_path), 4, 4, lambda *batch: batch)
    assert batch[0].shape == (4, 4, 4, 3)
    np.testing.assert_allclose(batch[0][..., 0], 0.2, atol=1e-6)
    assert batch[1].numpy().tolist() == [-1] * 4


JAX_PROGRAM = """
import sys
import keras, numpy as np
from keras_colorize.data import Targets, TrainingData, list_pictures, validation_batches
from keras_colorize.losses import AbCrossentropy, SceneCrossentropy

pictures = list_pictures(sys.argv[1])
targets = Targets({"ab_logits": "ab", "class_logits": "label"}, stride=4)
batches = TrainingData((pictures,), size=16, seed=3).epoch(0, 4, 2, targets)
assert len(batches) == 2
lightness = keras.Input((None, None, 1))
features = keras.layers.Conv2D(4, 3, strides=4, padding="same")(lightness)
pooled = keras.layers.GlobalAveragePooling2D()(features)
outputs = {"ab_logits": keras.layers.Conv2D(313, 1)(features)}
outputs["class_logits"] = keras.layers.Dense(2)(pooled)
model = keras.Model(lightness, outputs)
model.compile("adam", {"ab_logits": AbCrossentropy(), "class_logits": SceneCrossentropy()})
history = model.fit(batches, shuffle=False, verbose=0).history
assert np.isfinite(history["loss"]).all(), history
assert int(model.optimizer.iterations) == 2
assert sum(len(y["class_logits"]) for _, y in validation_batches(pictures, 16, 4, targets)) == 11
x, y = next(iter(batches))
film, _ = next(iter(TrainingData((pictures,), None, 16, 0.5, 3, 1.0).epoch(0, 4, 1, targets)))
np.savez(sys.argv[2], lightness=x, ab=y["ab_logits"], labels=y["class_logits"], film=film)
print(keras.backend.backend())
"""


def test_jax_fits_the_same_batches(folder, tmp_path):
    # Two steps are not worth the time that optimizing their program takes.
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    environment = {**os.environ, **quick, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", JAX_PROGRAM, str(folder), str(tmp_path / "batch.npz")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr[-2000:]
    assert result.stdout.split() == ["jax"]
    on_jax = np.load(tmp_path / "batch.npz")
    data = TrainingData((list_pictures(folder),), size=16, seed=3)
    batch = _epoch(data, steps=2)[0]
    for own, name in zip(batch, ("lightness", "ab", "labels"), strict=True):
        np.testing.assert_allclose(own, on_jax[name], atol=1e-3)
    aged = TrainingData(data.sources, size=16, seed=3, aged_share=1.0)
    np.testing.assert_allclose(_epoch(aged, steps=1)[0][0], on_jax["film"], atol=1e-2)


def test_wrong_settings_are_named(data):
    with pytest.raises(ValueError, match="batch size that 3 workers can share, received 4"):
        data.epoch(0, 4, 5, TARGETS, workers=3)
    with pytest.raises(ValueError, match="at least one source of pictures, received none"):
        TrainingData(())
    with pytest.raises(ValueError, match="view among crop, squash, whole, received 'tile'"):
        TrainingData(data.sources, view="tile")
    for name, value in (("min_scale", 0), ("size", 0), ("aged_share", -0.1), ("aged_share", 1.1)):
        with pytest.raises(ValueError, match=f"{name}.*received .*{value}"):
            TrainingData(data.sources, **{name: value})
    for sides in ((8, 10), (7, 8)):
        with pytest.raises(ValueError, match=r"multiples of 4, received \((8, 10|7, 8)\)"):
            Targets({"out": "ab"}, 4)(np.zeros((1, *sides, 3), "float32"), LABELS[:1])
    for outputs in ({}, {"out": "lab"}):
        with pytest.raises(ValueError, match="kinds among ab, .*rgb, label"):
            Targets(outputs)


def _ramp(height, width):
    """Red grows with the column, green with the row."""
    picture = np.zeros((height, width, 3), "uint8")
    picture[..., 0] = np.arange(width)
    picture[..., 1] = np.arange(height)[:, None]
    return picture


def _views(picture, size, min_scale, count, **options):
    picture = tf.constant(picture)
    seeds = tf.data.Dataset.range(count).map(lambda i: tf.stack([tf.constant(3, "int64"), i]))
    views = seeds.map(lambda seed: random_view(picture, size, min_scale, seed, **options))
    return np.stack(list(views.as_numpy_iterator()))


def test_half_of_the_views_are_mirrored_and_half_are_of_the_whole_short_side():
    views = 255 * _views(_ramp(64, 64), 16, 0.5, 300)
    assert (views[:, 0, 0, 0] > views[:, 0, -1, 0]).mean() == pytest.approx(0.5, abs=0.1)
    # Green runs over the crop's side less one pixel of the view.
    sides = (views[:, -1, 0, 1] - views[:, 0, 0, 1]) * 16 / 15
    whole = sides > 62.5
    assert whole.mean() == pytest.approx(0.5, abs=0.1)
    assert sides.min() == pytest.approx(32, abs=3)
    assert sides[~whole].mean() == pytest.approx(48, abs=3)


def test_squashed_views_show_seven_eighths_of_both_sides():
    views = 255 * _views(_ramp(64, 128), 14, 0.5, 200, kind="squash")
    spans = np.abs(views[:, 0, -1, 0] - views[:, 0, 0, 0]), views[:, -1, 0, 1] - views[:, 0, 0, 1]
    for span, side in zip(spans, (128, 64), strict=True):
        # From the middle of the first to that of the last of 14 of 16 pixels.
        np.testing.assert_allclose(span, side * 13 / 16, rtol=0.03)
    corners = {tuple(np.round(view[0, 0, :2] / 8)) for view in views}
    assert len(corners) > 9


def test_whole_views_are_squashed_pictures_and_flipping_is_a_choice():
    views = 255 * _views(_ramp(64, 128), 16, 0.5, 60, kind="whole")
    mirrored = views[:, 0, 0, 0] > views[:, 0, -1, 0]
    assert 0.25 < mirrored.mean() < 0.75
    straight = np.where(mirrored[:, None, None, None], views[:, :, ::-1], views)
    expected = 255 * resize(_ramp(64, 128) / 255, (16, 16), order=3, anti_aliasing=True)
    np.testing.assert_allclose(straight, np.broadcast_to(expected, straight.shape), atol=3)
    still = _views(_ramp(64, 128), 16, 0.5, 20, kind="whole", flip=False)
    np.testing.assert_array_equal(still, still[:1].repeat(20, 0))


def test_crops_lie_anywhere():
    views = 255 * _views(_ramp(20, 60), 4, 1.0, 200)
    centers = views[..., 0].mean((1, 2))
    assert [centers.min(), centers.max()] == pytest.approx([9.5, 49.5], abs=1.5)
    assert centers.mean() == pytest.approx(29.5, abs=3)
    np.testing.assert_allclose(views[..., 1].mean((1, 2)), 9.5, atol=0.5)


def test_center_view_is_the_middle_square_and_no_picture_is_too_small():
    view = 255 * center_view(_ramp(20, 61), 20).numpy()
    np.testing.assert_allclose(view, _ramp(20, 61)[:, 20:40], atol=1e-3)
    view = 255 * center_view(_ramp(61, 20), 20).numpy()
    np.testing.assert_allclose(view, _ramp(61, 20)[20:40], atol=1e-3)
    # Every second pixel is white: without anti-aliasing the mean would not survive.
    stripes = np.zeros((64, 64, 3), "uint8")
    stripes[:, ::2] = 255
    np.testing.assert_allclose(center_view(stripes, 8), np.full((8, 8, 3), 0.5), atol=0.03)
    views = _views(stripes, 48, 0.5, 5)
    assert 0 <= views.min() <= views.max() <= 1
    for shape in ((1, 1, 3), (1, 50, 3), (50, 1, 3), (2, 3, 3)):
        picture = np.full(shape, 51, "uint8")
        for view in (*_views(picture, 8, 0.1, 10), center_view(picture, 8).numpy()):
            np.testing.assert_allclose(view, np.full((8, 8, 3), 0.2), atol=1e-6)


def test_each_source_gets_its_weight():
    order = epoch_order([1000, 10, 500], [2, 1, 1], 4000, 0, 0)
    sources = np.searchsorted([1000, 1010], order, side="right")
    # Three standard deviations of a draw of 4000 are 95 and 82.
    np.testing.assert_allclose(np.bincount(sources), [2000, 1000, 1000], atol=95)
    # Without weights every picture is as likely.
    assert (epoch_order([300, 100], None, 4000, 0, 0) >= 300).sum() == pytest.approx(1000, abs=82)
    assert epoch_order([1], None, 4, 0, 0).tolist() == [0, 0, 0, 0]
    wrong = ([3], [1, 1]), ([3, 0], [1, 1]), ([3, 3], [1, 0]), ([3, 3], [1, -1]), ([], None)
    for sizes, weights in wrong:
        with pytest.raises(ValueError, match="one positive weight per source, none empty"):
            epoch_order(sizes, weights, 4, 0, 0)


def test_no_picture_returns_before_all_of_its_source_came():
    order = epoch_order([7, 3], [1, 1], 200, 0, 0)
    assert order.dtype == "int64"
    for stream, pictures in [(order[order < 7], range(7)), (order[order >= 7], range(7, 10))]:
        assert len(stream) > 50
        rounds = np.split(stream, range(len(pictures), len(stream), len(pictures)))
        for round_ in rounds[:-1]:
            assert sorted(round_) == list(pictures)
        assert len(set(rounds[-1])) == len(rounds[-1])
    assert not np.array_equal(*order[order < 7][:14].reshape(2, 7))


RGB = np.random.default_rng(0).random((2, 8, 12, 3)).astype("float32")
LABELS = np.array([3, -1], "int32")
LAST_TWO = slice(1, 3)
KINDS = {
    "ab": (rgb2lab, LAST_TWO, None),
    "ab_scaled": (rgb2lab, LAST_TWO, unscale_ab),
    "yuv_uv_scaled": (rgb2yuv, LAST_TWO, unscale_yuv_uv),
    "luv_uv": (rgb2luv, LAST_TWO, None),
    "luv_uv_scaled": (rgb2luv, LAST_TWO, unscale_luv_uv),
    "hs": (rgb2hsv, slice(0, 2), None),
    "rgb": (np.asarray, slice(0, 3), None),
}


@pytest.mark.parametrize("stride", [1, 2, 4])
@pytest.mark.parametrize("kind", KINDS)
def test_colors_are_those_of_scikit_image_averaged_over_blocks(kind, stride):
    lightness, targets = Targets({"out": kind, "scene": "label"}, stride)(RGB, LABELS)
    np.testing.assert_allclose(lightness, rgb2lab(RGB)[..., :1], atol=1e-3)
    assert list(targets) == ["out", "scene"]
    np.testing.assert_array_equal(targets["scene"], LABELS)
    values = np.asarray(targets["out"])
    assert values.dtype == "float32"
    convert, channels, unscale = KINDS[kind]
    if unscale:
        assert 0 <= values.min() <= values.max() <= 1
        values = np.asarray(unscale(values))
    blocks = convert(RGB)[..., channels].reshape(2, 8 // stride, stride, 12 // stride, stride, -1)
    np.testing.assert_allclose(values, blocks.mean((2, 4)), atol=2e-3)
