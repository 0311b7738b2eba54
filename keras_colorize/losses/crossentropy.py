"""Cross-entropies: of a distribution over ab, of two channels binned apart, of scene classes."""

import keras
import numpy as np
from keras import ops

from keras_colorize.bins import UNLABELED, UniformBins, bin_count, soft_encode_ab
from keras_colorize.errors import expect


@keras.saving.register_keras_serializable(package="keras_colorize")
class AbCrossentropy(keras.losses.Loss):
    """Cross-entropy between soft-encoded colors and bin logits (Zhang, Isola, Efros 2016, eq. 2).

    Takes a and b, (N, H, W, 2), and logits (N, H, W, 313), else ValueError; returns the mean over
    the pixels, a float32 number, if `reduction` is not changed. A pixel counts with the one of the
    `class_weights` (313,), see `rebalancing_weights`, that its nearest bin has; None for none. One
    color is spread over so many `neighbors`, bins; 1 gives hard targets.
    """

    def __init__(self, class_weights=None, neighbors=5, **kwargs):
        super().__init__(**kwargs)
        if class_weights is not None:
            class_weights = [float(weight) for weight in class_weights]
            known = f"{bin_count()} class_weights, one per bin, received {len(class_weights)}"
            expect(len(class_weights) == bin_count(), known)
        self.class_weights = class_weights
        self.neighbors = neighbors

    def call(self, y_true, y_pred):
        expected = (*y_pred.shape[:-1], 2)
        pairs = zip(y_true.shape, expected, strict=False)
        fits = len(y_true.shape) == len(expected) and y_pred.shape[-1] == bin_count()
        fits = fits and all(None in pair or pair[0] == pair[1] for pair in pairs)
        expected = f"ab (N, H, W, 2) and logits (N, H, W, {bin_count()}) of one size"
        received = f"received shapes {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        expect(fits, f"{expected}, {received}")
        indices, weights = soft_encode_ab(y_true, neighbors=self.neighbors)
        # Gathering the few bins of the target spares the log-softmax of all 313.
        chosen = ops.sum(weights * ops.take_along_axis(y_pred, indices, axis=-1), axis=-1)
        loss = ops.logsumexp(y_pred, axis=-1) - chosen
        if self.class_weights is not None:
            table = ops.convert_to_tensor(np.asarray(self.class_weights, "float32"))
            loss = loss * ops.take(table, indices[..., 0], axis=0)
        return loss

    def get_config(self):
        own = {"class_weights": self.class_weights, "neighbors": self.neighbors}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_colorize")
class ChannelCrossentropy(keras.losses.Loss):
    """Sum over the channels of the cross-entropy of their bins.

    Hwang & Zhou 2016, section 3.4 (one-hot); Melas-Kyriazi & Han 2017 (also a peaked normal).
    Takes channels (N, H, W, C) in units of the bins and logits (N, H, W, C, K) over K equal bins,
    else ValueError; returns the mean over the pixels, if `reduction` is not changed. `low` is the
    lower edge of the first bin, `high` the upper edge of the last one; sigma is None for one-hot
    targets, or the deviation of a normal around the true value, in units of the channels.
    """

    def __init__(self, low=-100.0, high=100.0, sigma=None, **kwargs):
        super().__init__(**kwargs)
        self.low, self.high, self.sigma = low, high, sigma

    def call(self, y_true, y_pred):
        received = f"received shapes {tuple(y_true.shape)} and {tuple(y_pred.shape)}"
        fits = len(y_pred.shape) == len(y_true.shape) + 1 and y_pred.shape[-2] == y_true.shape[-1]
        expect(fits, f"values (N, H, W, C) and logits (N, H, W, C, K), {received}")
        bins = UniformBins(y_pred.shape[-1], self.low, self.high)
        if self.sigma is None:
            indices = ops.expand_dims(bins.encode(y_true), axis=-1)
            chosen = ops.take_along_axis(y_pred, indices, axis=-1)[..., 0]
        else:
            distance = (ops.expand_dims(y_true, axis=-1) - bins.centers()) / self.sigma
            # As a softmax, or values beyond the last bin would be spread as 0 / 0.
            weights = ops.softmax(-0.5 * ops.square(distance), axis=-1)
            chosen = ops.sum(weights * y_pred, axis=-1)
        return ops.sum(ops.logsumexp(y_pred, axis=-1) - chosen, axis=-1)

    def get_config(self):
        own = {"low": self.low, "high": self.high, "sigma": self.sigma}
        return {**super().get_config(), **own}


@keras.saving.register_keras_serializable(package="keras_colorize")
class SceneCrossentropy(keras.losses.Loss):
    """Cross-entropy of the scene class branch (Iizuka et al. 2016, section 3.3).

    Takes integer labels, (N,) or (N, 1), and logits (N, classes). Pictures that are `UNLABELED`
    count as zero and, unlike with Keras' `ignore_class`, stay in the denominator, so that the
    mean over replicas is the mean over the global batch.
    """

    def call(self, y_true, y_pred):
        labels = ops.cast(ops.reshape(y_true, (-1,)), "int32")
        known = labels != UNLABELED
        labels = ops.where(known, labels, 0)
        loss = ops.sparse_categorical_crossentropy(labels, y_pred, from_logits=True)
        return ops.where(known, loss, 0.0)
