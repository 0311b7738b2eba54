"""Pictures on disk to batches."""

import os
import pathlib
import subprocess
import sys

import keras
import numpy as np
import pytest

from keras_colorize.data import (
    Targets,
    TrainingData,
    list_pictures,
    split_pictures,
    validation_batches,
)
from keras_colorize.data.augmentation import center_view
from keras_colorize.losses import AbCrossentropy, SceneCrossentropy
from keras_colorize.models import distribution_unet

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
    assert len(batches) == len(others) > 0
    for batch, other in zip(batches, others, strict=True):
        for one, two in zip(batch, other, strict=True):
            np.testing.assert_array_equal(one, two)


def test_batches_have_their_shapes(data):
    batches = data.epoch(0, 4, 5, TARGETS)
    assert len(batches) == 5
    lightness, targets = next(iter(batches))
    assert lightness.shape == (4, 16, 16, 1)
    assert 0 <= lightness.numpy().min() < 50 < lightness.numpy().max() <= 100.01
    assert targets["ab_logits"].shape == (4, 4, 4, 2)
    assert set(targets["class_logits"].numpy()) <= {0, 1}
    assert len(data) == 11


def test_seed_and_epoch_decide(data):
    first = _epoch(data)
    _assert_same(first, _epoch(data))
    other_seed = TrainingData(data.sources, (1, 2), size=16, seed=4)
    for others in (_epoch(data, epoch=1), _epoch(other_seed)):
        assert not np.array_equal(first[0][0], others[0][0])


def test_a_resumed_epoch_goes_on_as_it_would_have(data):
    _assert_same(_epoch(data)[3:], _epoch(data, first_step=3))
    assert _epoch(data, first_step=5) == []


def test_workers_share_the_batches_of_one(data):
    alone = _epoch(data)
    parts = [_epoch(data, worker=worker, workers=2) for worker in range(2)]
    assert parts[0][0][0].shape[0] == 2
    joined = [
        tuple(np.concatenate(pair) for pair in zip(*batches, strict=True))
        for batches in zip(*parts, strict=True)
    ]
    _assert_same(alone, joined)


def test_every_picture_comes_with_its_label(tmp_path, write_picture):
    for name, level in [("dark", 40), ("light", 220)]:
        for index in range(3):
            write_picture(tmp_path / name / f"{index}.png", np.full((9, 9, 3), level, "uint8"))
    data = TrainingData((list_pictures(tmp_path),), size=8)
    for lightness, _, labels in _epoch(data):
        np.testing.assert_array_equal(lightness.mean((1, 2, 3)) > 50, labels == 1)


def test_weights_mix_the_sources(folder):
    pictures = list_pictures(folder)
    by_class = [pictures.keep([y == label for y in pictures.labels]) for label in (0, 1)]
    data = TrainingData(tuple(by_class), weights=(1, 3), size=4)
    labels = np.concatenate([batch[2] for batch in _epoch(data, batch_size=50, steps=8)])
    assert labels.mean() == pytest.approx(0.75, abs=0.07)


def test_validation_shows_every_picture_once_in_order(folder):
    pictures = list_pictures(folder)
    batches = validation_batches(pictures, 16, 4, lambda rgb, labels: (rgb, labels))
    sizes = [len(labels) for _, labels in batches]
    assert sizes == [4, 4, 3]
    rgb = np.concatenate([rgb for rgb, _ in batches])
    assert np.concatenate([labels for _, labels in batches]).tolist() == list(pictures.labels)
    for view, path in zip(rgb, pictures.paths, strict=True):
        picture = keras.utils.img_to_array(keras.utils.load_img(path), dtype="uint8")
        np.testing.assert_allclose(view, center_view(picture, 16), atol=1e-6)


@pytest.mark.parametrize("name", ["grey.png", "grey_alpha.png", "rgba.png", "grey.jpg"])
def test_every_kind_of_channels_becomes_rgb(name, tmp_path, write_picture):
    channels = {"grey": 1, "grey_alpha": 2, "rgba": 4}[name.partition(".")[0]]
    picture = np.full((9, 7, channels), 255, "uint8")
    picture[..., 0] = 51
    write_picture(tmp_path / name, picture)
    batches = validation_batches(list_pictures(tmp_path), 4, 1, lambda rgb, labels: (rgb, labels))
    rgb, labels = next(iter(batches))
    assert rgb.shape == (1, 4, 4, 3)
    np.testing.assert_allclose(rgb[..., 0], 0.2, atol=1e-6)
    assert labels.numpy().tolist() == [-1]


def test_fit_takes_the_batches(data):
    model = distribution_unet(
        "residual", None, (8, 8, 8, 8), (4, 4, 4, 4, 4), global_units=4, classes=2
    )
    losses = {"ab_logits": AbCrossentropy(), "class_logits": SceneCrossentropy()}
    # Tracing a graph would take longer than the two steps themselves.
    model.compile("adam", losses, run_eagerly=True)
    history = model.fit(
        data.epoch(0, 4, 2, TARGETS),
        validation_data=validation_batches(data.sources[0], 16, 4, TARGETS),
        shuffle=False,
        verbose=0,
    ).history
    assert np.isfinite([history["loss"], history["val_loss"]]).all()


JAX_PROGRAM = """
import sys
import keras, numpy as np
from keras_colorize.data import Targets, TrainingData, list_pictures, validation_batches
from keras_colorize.losses import AbCrossentropy, SceneCrossentropy
from keras_colorize.models import distribution_unet

pictures = list_pictures(sys.argv[1])
targets = Targets({"ab_logits": "ab", "class_logits": "label"}, stride=4)
batches = TrainingData((pictures,), size=16, seed=3).epoch(0, 4, 2, targets)
assert len(batches) == 2
model = distribution_unet(
    "residual", None, (8, 8, 8, 8), (4, 4, 4, 4, 4), global_units=4, classes=2
)
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
    # Two steps are not worth the time that optimising their program takes.
    quick = {"XLA_FLAGS": "--xla_backend_optimization_level=0"}
    result = subprocess.run(
        [sys.executable, "-c", JAX_PROGRAM, str(folder), str(tmp_path / "batch.npz")],
        env={**os.environ, **quick, "KERAS_BACKEND": "jax", "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
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
    for settings in ({"min_scale": 0}, {"min_scale": 1.5}, {"size": 0}):
        with pytest.raises(ValueError, match="0 < min_scale <= 1 and a size of 1 or more"):
            TrainingData(data.sources, **settings)
