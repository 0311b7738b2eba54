"""Pictures on disk to batches for `fit` and for the training loop."""

import dataclasses

import keras
import numpy as np
import tensorflow as tf

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
    """

    sources: tuple
    weights: tuple | None = None
    size: int = 128
    min_scale: float = 0.5
    seed: int = 0

    def __post_init__(self):
        if not self.sources:
            raise ValueError("Expected at least one source of pictures, received none.")
        if not 0 < self.min_scale <= 1 or self.size < 1:
            raise ValueError(
                "Expected 0 < min_scale <= 1 and a size of 1 or more, received "
                f"{self.min_scale} and {self.size}."
            )

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

        rows = (order[share], share)
        return _batches(self.sources, rows, view, batch_size // workers, targets)


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


def _batches(sources, rows, view, batch_size, targets):
    paths = tf.constant([path for source in sources for path in source.paths])
    labels = tf.constant([label for source in sources for label in source.labels], "int32")

    def load(index, position):
        contents = tf.io.read_file(paths[index])
        picture = tf.io.decode_image(contents, channels=3, expand_animations=False)
        return view(tf.ensure_shape(picture, (None, None, 3)), position), labels[index]

    dataset = tf.data.Dataset.from_tensor_slices(tuple(tf.constant(row, "int64") for row in rows))
    dataset = dataset.map(load, num_parallel_calls=tf.data.AUTOTUNE, deterministic=True)
    dataset = dataset.batch(batch_size)
    if keras.backend.backend() != "tensorflow":
        targets = _as_numpy_function(targets, dataset.element_spec[0].shape[1:])
    return dataset.map(targets, num_parallel_calls=1, deterministic=True).prefetch(4)


def _as_numpy_function(targets, picture_shape):
    """Makes `targets` callable in tf.data where keras.ops are not TensorFlow's."""
    sample = targets(np.zeros((1, *picture_shape), "float32"), np.zeros(1, "int32"))
    flat = [keras.ops.convert_to_numpy(value) for value in keras.tree.flatten(sample)]

    def compute(rgb, labels):
        values = keras.tree.flatten(targets(rgb, labels))
        return [keras.ops.convert_to_numpy(value) for value in values]

    def apply(rgb, labels):
        values = tf.numpy_function(compute, (rgb, labels), [value.dtype for value in flat])
        shaped = [
            tf.ensure_shape(value, (None, *known.shape[1:]))
            for value, known in zip(values, flat, strict=True)
        ]
        return keras.tree.pack_sequence_as(sample, shaped)

    return apply
