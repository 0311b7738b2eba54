"""Pictures on disk to batches for `fit` and for the training loop."""

import dataclasses
import math

import keras
import numpy as np
import tensorflow as tf
from keras import ops

from keras_colorize import color
from keras_colorize.errors import check, expect, field
from .aging import aged_view

VIEWS = ("crop", "squash", "whole")

_KINDS = {
    "ab": lambda rgb, lab: lab[..., 1:],
    "ab_scaled": lambda rgb, lab: color.scale_ab(lab[..., 1:]),
    "yuv_uv_scaled": lambda rgb, lab: color.scale_yuv_uv(color.rgb_to_yuv(rgb)[..., 1:]),
    "luv_uv": lambda rgb, lab: color.rgb_to_luv(rgb)[..., 1:],
    "luv_uv_scaled": lambda rgb, lab: color.scale_luv_uv(color.rgb_to_luv(rgb)[..., 1:]),
    "hs": lambda rgb, lab: color.rgb_to_hsv(rgb)[..., :2],
    "rgb": lambda rgb, lab: rgb,
}

KINDS = (*_KINDS, "label")
"""Kinds of target: chroma, those called scaled in [0, 1]; hue and saturation; RGB; the class."""


@dataclasses.dataclass(frozen=True)
class Targets:
    """Turns pictures into what `fit` takes.

    `outputs` has the kind of target of each output of the network, for example
    `{"ab_logits": "ab", "class_logits": "label"}`; a pixel of the color targets is the mean of
    `stride` x `stride` pixels of lightness.
    """

    outputs: dict
    stride: int = 1

    def __post_init__(self):
        known = self.outputs and set(self.outputs.values()) <= set(KINDS)
        expect(known, f"kinds among {', '.join(KINDS)}, received {self.outputs}")

    def __call__(self, rgb, labels, film=None):
        """Turns a batch of pictures, rgb (N, H, W, 3) in [0, 1], into lightness and targets.

        Returns L* in 0..100 (N, H, W, 1), of `film`, if given: old photographs of rgb, see
        `aged_view`; and a dict of tensors (N, H/stride, W/stride, C) or, for the integer labels,
        (N,). `ValueError` unless `stride` divides H and W.
        """
        lab = color.rgb_to_lab(rgb)
        lightness, targets = lab[..., :1] if film is None else color.rgb_to_lightness(film), {}
        for name, kind in self.outputs.items():
            if kind == "label":
                targets[name] = labels
                continue
            sides = tuple(rgb.shape[1:3])
            fits = all(side is None or side % self.stride == 0 for side in sides)
            expect(fits, f"pictures whose sides are multiples of {self.stride}, received {sides}")
            targets[name] = _KINDS[kind](rgb, lab)
            if self.stride > 1:
                targets[name] = ops.average_pool(targets[name], self.stride, self.stride)
        return lightness, targets


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Pictures to train on, mixed from several folders; `ValueError` for a setting out of range.

    The sources are `PictureSet`s that agree on `class_names`; weights are the share of each, on any
    scale, and None goes by their sizes. Order and views follow from the seed.
    """

    sources: tuple
    weights: tuple | None = None
    size: int = field(128, (1, math.inf), "Side of the square views in pixels.")
    min_scale: float = field(0.5, (1e-6, 1), "Smallest crop, as a share of the short side.")
    seed: int = field(0, (), "Of order and views.")
    aged_share: float = field(0.0, (0, 1), "Share of views seen as old photographs: grain, ...")
    view: str = field("crop", VIEWS, "A square of the picture; see `random_view` for the others.")
    flip: bool = field(True, (), "Mirror half of the views.")

    def __post_init__(self):
        expect(self.sources, "at least one source of pictures, received none")
        check(type(self), **vars(self))

    def __len__(self):
        return sum(len(source) for source in self.sources)

    def epoch(self, epoch, batch_size, steps, targets, first_step=0, worker=0, workers=1):
        """Batches of one epoch: a `tf.data.Dataset` of `(lightness, targets)`.

        The pictures of a global batch depend on the seed, the epoch and the step alone: not on
        where a run was resumed, nor on how many workers share the batch. Keras' `fit` takes it on
        every backend.

        Args:
            epoch: integer from 0.
            batch_size: global batch size, a multiple of `workers`, else `ValueError`.
            steps: batches in the whole epoch, of which it begins with `first_step`.
            targets: a `Targets`.
            first_step: where to begin.
            worker: this worker's index; it gets its part of every batch.
            workers: number of workers.
        """
        fits = batch_size % workers == 0
        expect(fits, f"a batch size that {workers} workers can share, received {batch_size}")
        sizes = [len(source) for source in self.sources]
        order = epoch_order(sizes, self.weights, steps * batch_size, self.seed, epoch)
        share = np.arange(len(order)).reshape(steps, workers, -1)[first_step:, worker].ravel()
        seed = np.random.default_rng([self.seed, epoch]).integers(2**31)

        def view(picture, position):
            seeds = tf.stack([seed, position])
            return random_view(picture, self.size, self.min_scale, seeds, self.view, self.flip)

        def film(rgb, position):
            # An old photograph of the view, or the view; its seeds are not those of the view.
            seeds = tf.random.fold_in(tf.stack([seed, position]), 1)
            drawn, age = tf.unstack(tf.random.split(seeds, 2))
            aged = tf.random.stateless_uniform((), drawn) < self.aged_share
            return tf.cond(aged, lambda: aged_view(rgb, age), lambda: rgb)

        size, film = batch_size // workers, film if self.aged_share else None
        return _batches(self.sources, (order[share], share), view, size, targets, film)


def validation_batches(pictures, size, batch_size, targets):
    """Batches of the centered squares of a `PictureSet`, of `size` pixels, in order.

    The last may be smaller; all else is as from `TrainingData.epoch`.
    """
    rows = (np.arange(len(pictures)),) * 2
    return _batches((pictures,), rows, lambda x, _: center_view(x, size), batch_size, targets)


def epoch_order(sizes, weights, count, seed, epoch):
    """Draws the pictures of one epoch from several folders, mixed by weight.

    Every source is gone through in a random order, again and again, so that no picture comes
    twice before each other of its source came once within the epoch. Sizes and weights, positive,
    else ValueError, are those of each source, the weights of any scale; None takes the sizes. The
    same seed and epoch, integers from 0, give the same order. Returns an int64 array (count,):
    positions in the concatenation of the sources.
    """
    weights = np.asarray(sizes if weights is None else weights, "float64")
    fits = len(sizes) == len(weights) > 0 and min(sizes) >= 1 and weights.min() > 0
    received = f"sizes {list(sizes)} and weights {weights.tolist()}"
    expect(fits, f"one positive weight per source, none empty, received {received}")
    generator = np.random.default_rng([seed, epoch])
    drawn = generator.choice(len(sizes), size=count, p=weights / weights.sum())
    order, offset = np.empty(count, "int64"), 0
    for source, size in enumerate(sizes):
        places = np.flatnonzero(drawn == source)
        for start in range(0, len(places), size):
            part = places[start : start + size]
            order[part] = offset + generator.permutation(size)[: len(part)]
        offset += size
    return order


def random_view(rgb_uint8, size, min_scale, seed, kind="crop", flip=True):
    """Random square view (size, size, 3) in [0, 1] of a picture (H, W, 3), by a seed (2,).

    A `"crop"` has the picture's short side in half of the cases, else a share of it down to
    `min_scale`; `"squash"` is a crop of 7/8 of the picture, which is made square before (256 to
    224 pixels in Iizuka 2016, section 4); `"whole"` is made square alone (Hwang & Zhou 2016).
    """
    seeds = tf.random.split(seed, 4)
    if kind != "crop":
        rgb_uint8 = _resized(rgb_uint8, size if kind == "whole" else round(size * 256 / 224))
    (height, width), side = tf.unstack(tf.shape(rgb_uint8)[:2]), size
    if kind == "crop":
        short = tf.cast(tf.minimum(height, width), "float32")
        share = tf.random.stateless_uniform((), seeds[0], min_scale, 2.0 - min_scale)
        side = tf.maximum(tf.cast(tf.round(tf.minimum(share, 1.0) * short), "int32"), 1)
    top, left = (
        tf.random.stateless_uniform((), own, 0, room + 1, dtype=tf.int32)
        for own, room in ((seeds[1], height - side), (seeds[2], width - side))
    )
    view = rgb_uint8[top : top + side, left : left + side]
    view = _resized(view, size) if kind == "crop" else tf.ensure_shape(view, (size, size, 3))
    mirrored = flip & (tf.random.stateless_uniform((), seeds[3]) < 0.5)
    return tf.cond(mirrored, lambda: tf.reverse(view, [1]), lambda: view)


def center_view(rgb_uint8, size):
    """The largest centered square of a picture, resized: (size, size, 3) in [0, 1]."""
    height, width = tf.unstack(tf.shape(rgb_uint8)[:2])
    side = tf.minimum(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return _resized(rgb_uint8[top : top + side, left : left + side], size)


def _resized(picture, size):
    picture = tf.image.convert_image_dtype(picture, tf.float32)
    view = tf.image.resize(picture, (size, size), method="bicubic", antialias=True)
    return tf.clip_by_value(tf.ensure_shape(view, (size, size, 3)), 0.0, 1.0)


def _batches(sources, rows, view, batch_size, targets, film=None):
    paths = tf.constant([path for source in sources for path in source.paths])
    labels = tf.constant([label for source in sources for label in source.labels], "int32")

    def load(index, position):
        contents = tf.io.read_file(paths[index])
        picture = tf.io.decode_image(contents, channels=3, expand_animations=False)
        rgb = view(tf.ensure_shape(picture, (None, None, 3)), position)
        return rgb, labels[index], *([film(rgb, position)] if film else [])

    dataset = tf.data.Dataset.from_tensor_slices(tuple(tf.constant(row, "int64") for row in rows))
    # There is no Python for AutoGraph to convert, which takes longer than all the rest here.
    load, targets = map(tf.autograph.experimental.do_not_convert, (load, targets))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(batch_size)
    if keras.backend.backend() != "tensorflow":
        targets = _as_numpy_function(targets, dataset.element_spec)
    return dataset.map(targets, num_parallel_calls=1, deterministic=True).prefetch(4)


def _as_numpy_function(targets, specs):
    """Makes `targets` callable in tf.data where keras.ops are not TensorFlow's."""

    def compute(*batch):
        values = keras.tree.flatten(targets(*batch))
        return [ops.convert_to_numpy(value) for value in values]

    sample = [np.zeros((1, *x.shape[1:]), x.dtype.as_numpy_dtype) for x in specs]
    structure, flat = targets(*sample), compute(*sample)

    def apply(*batch):
        values = tf.numpy_function(compute, batch, [known.dtype for known in flat])
        for value, known in zip(values, flat, strict=True):
            value.set_shape((None, *known.shape[1:]))
        return keras.tree.pack_sequence_as(structure, values)

    return apply
