"""Pictures on disk to batches for `fit` and for the training loop."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.data.aging import aged_view
from keras_colorize.data.augmentation import center_view, random_view
from keras_colorize.data.mixing import epoch_order


@dataclasses.dataclass(frozen=True)
class TrainingData:
    """Pictures to train on, mixed from several folders.

    Attributes:
        sources: `PictureSet`s that agree on `class_names`.
        weights: share of each source, any scale; None goes by their sizes.
        size: side of the square views in pixels.
        min_scale: smallest crop, as a share of a picture's short side.
        seed: order and views follow from it.
        aged_share: share of the views that the network sees as old photographs, see `aged_view`.
    """

    sources: tuple
    weights: tuple | None = None
    size: int = 128
    min_scale: float = 0.5
    seed: int = 0
    aged_share: float = 0.0

    def __post_init__(self):
        if not self.sources:
            raise ValueError("Expected at least one source of pictures, received none.")
        if not 0 < self.min_scale <= 1 or self.size < 1:
            raise ValueError(
                "Expected 0 < min_scale <= 1 and a size of 1 or more, received "
                f"{self.min_scale} and {self.size}."
            )
        if not 0 <= self.aged_share <= 1:
            raise ValueError(f"Expected 0 <= aged_share <= 1, received {self.aged_share}.")

    def __len__(self):
        return sum(len(source) for source in self.sources)

    def epoch(self, epoch, batch_size, steps, targets, first_step=0, worker=0, workers=1):
        """Batches of one epoch.

        The pictures of a global batch depend on the seed, the epoch and the step alone: not on
        where a run was resumed, nor on how many workers share the batch.

        Args:
            epoch: integer from 0.
            batch_size: global batch size, a multiple of `workers`.
            steps: batches in the whole epoch.
            targets: a `Targets`.
            first_step: where to begin.
            worker: this worker's index; it gets its part of every batch.
            workers: number of workers.

        Returns:
            `tf.data.Dataset` of `(lightness, targets)` batches, see `Targets`; Keras' `fit`
            takes it on every backend.

        Raises:
            ValueError: if the batch cannot be shared evenly.
        """
        if batch_size % workers:
            raise ValueError(
                f"Expected a batch size that {workers} workers can share, received {batch_size}."
            )
        sizes = [len(source) for source in self.sources]
        order = epoch_order(sizes, self.weights, steps * batch_size, self.seed, epoch)
        share = np.arange(len(order)).reshape(steps, workers, -1)[first_step:, worker].ravel()
        seed = np.random.default_rng([self.seed, epoch]).integers(2**31)

        def view(picture, position):
            return random_view(picture, self.size, self.min_scale, tf.stack([seed, position]))

        def film(rgb, position):
            return _film(rgb, self.aged_share, tf.stack([seed, position]))

        rows = (order[share], share)
        own = film if self.aged_share else None
        return _batches(self.sources, rows, view, batch_size // workers, targets, own)


def validation_batches(pictures, size, batch_size, targets):
    """Batches of whole pictures, center-cropped to squares, in order; the last may be smaller.

    Args:
        pictures: a `PictureSet`.
        size: side in pixels.
        batch_size: pictures per batch.
        targets: a `Targets`.

    Returns:
        As `TrainingData.epoch`.
    """
    positions = np.arange(len(pictures))

    def view(picture, _):
        return center_view(picture, size)

    return _batches((pictures,), (positions, positions), view, batch_size, targets)


def _film(rgb, share, seed):
    """The view, or an old photograph of it; its seeds are not those of the view."""
    drawn, own = tf.unstack(tf.random.split(tf.random.fold_in(seed, 1), 2))
    aged = tf.random.stateless_uniform((), drawn) < share
    return tf.cond(aged, lambda: aged_view(rgb, own), lambda: rgb)


def _batches(sources, rows, view, batch_size, targets, film=None):
    paths = tf.constant([path for source in sources for path in source.paths])
    labels = tf.constant([label for source in sources for label in source.labels], "int32")

    def load(index, position):
        contents = tf.io.read_file(paths[index])
        picture = tf.io.decode_image(contents, channels=3, expand_animations=False)
        rgb = view(tf.ensure_shape(picture, (None, None, 3)), position)
        return rgb, labels[index], *([film(rgb, position)] if film else [])

    dataset = tf.data.Dataset.from_tensor_slices(tuple(tf.constant(row, "int64") for row in rows))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(batch_size)
    if keras.backend.backend() != "tensorflow":
        targets = _as_numpy_function(targets, dataset.element_spec)
    return dataset.map(targets, num_parallel_calls=1, deterministic=True).prefetch(4)


def _as_numpy_function(targets, specs):
    """Makes `targets` callable in tf.data where keras.ops are not TensorFlow's."""
    one = [np.zeros((1, *spec.shape[1:]), spec.dtype.as_numpy_dtype) for spec in specs]
    sample = targets(*one)
    flat = [keras.ops.convert_to_numpy(value) for value in keras.tree.flatten(sample)]

    def compute(*batch):
        values = keras.tree.flatten(targets(*batch))
        return [keras.ops.convert_to_numpy(value) for value in values]

    def apply(*batch):
        values = tf.numpy_function(compute, batch, [value.dtype for value in flat])
        shaped = [
            tf.ensure_shape(value, (None, *known.shape[1:]))
            for value, known in zip(values, flat, strict=True)
        ]
        return keras.tree.pack_sequence_as(sample, shaped)

    return apply
