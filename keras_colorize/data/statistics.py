"""Colors of the pictures that a network is trained on: how often each bin occurs, and its mean."""

import json
from pathlib import Path

import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, bin_count, hard_encode_ab, smooth_prior
from keras_colorize.bins import CHANNEL_SPACES as CHANNEL_TARGETS
from keras_colorize.errors import InputError
from .training_data import Targets, validation_batches

# Of the files of `prior_json`; a reader refuses others.
FORMAT = 1
_BATCH = 50
_TARGETS = Targets({"ab": "ab"}, 4)


def ab_prior(data, pictures=2000):
    """Smoothed frequencies of the ab bins in training views (Zhang 2016, section 2.2).

    Of so many views, in whole batches of 50, of a `TrainingData` whose size is a multiple of 4.
    Returns a float64 array (313,) that sums to one, see `smooth_prior`.
    """
    return smooth_prior(_counts(data.epoch(0, _BATCH, -(-pictures // _BATCH), _TARGETS)))


def ab_counts(pictures, size=128, on_picture=lambda: None):
    """Counts the ab bins of a `PictureSet`: int64 array (313,).

    Of centered squares of `size` pixels, a multiple of 4, else `ValueError`, in means of 4x4
    pixels. `on_picture` is called without arguments after every picture.
    """
    return _counts(validation_batches(pictures, size, _BATCH, _TARGETS), on_picture)


def prior_json(counts, pictures, size):
    """Text of a file for `read_prior`: counts (313,), the number of pictures, and their side."""
    fields = {"format": FORMAT, "pictures": pictures, "size": size}
    fields |= {"counts": [int(x) for x in counts], "prior": smooth_prior(counts).tolist()}
    return json.dumps(fields) + "\n"


def read_prior(path):
    """Reads a prior from a file of `prior_json`: float64 array (313,) that sums to one.

    Raises ValueError if the file is missing, damaged or of another format.
    """
    try:
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
        if fields["format"] != FORMAT:
            raise InputError(f"format {fields['format']!r}")
        prior = np.asarray(fields["prior"], "float64")
    except (OSError, ValueError, TypeError, KeyError) as error:
        expected = f"a file of `keras-colorize prior` (format {FORMAT})"
        raise InputError(f"Expected {expected}, {path} is not: {error}.") from error
    if prior.shape != (bin_count(),) or not (prior >= 0).all() or not np.isclose(prior.sum(), 1):
        raise InputError(f"Expected a distribution over {bin_count()} bins in {path}.")
    return prior


def bin_means(data, output, stride=1, pictures=1000):
    """Mean of the training values in each bin (Hwang & Zhou 2016, section 3.6, "un-binning").

    Args:
        data: a `TrainingData` whose size is a multiple of `stride`.
        output: a key of `CHANNEL_TARGETS`, else `ValueError`.
        stride: pixels of lightness per pixel of the output.
        pictures: how many views are looked at, in whole batches of 50.

    Returns:
        float64 array (2, bins) in the units of the channels, of empty bins the centers. The bins
        at the ends hold what lies beyond them, too.
    """
    if output not in CHANNEL_TARGETS:
        known = ", ".join(CHANNEL_TARGETS)
        raise InputError(f"Expected an output among {known}, received {output!r}.")
    bins = CHANNEL_BINS[output]
    sums, counts = np.zeros((2, bins.count)), np.zeros((2, bins.count))
    targets = Targets({output: CHANNEL_TARGETS[output]}, stride)
    for _, batch in data.epoch(0, _BATCH, -(-pictures // _BATCH), targets):
        values = ops.convert_to_numpy(batch[output]).reshape(-1, 2)
        indices = ops.convert_to_numpy(bins.encode(values))
        for channel, index in enumerate(indices.T):
            sums[channel] += np.bincount(index, values[:, channel], bins.count)
            counts[channel] += np.bincount(index, minlength=bins.count)
    return np.where(counts > 0, sums / np.maximum(counts, 1), bins.centers())


def _counts(batches, on_picture=lambda: None):
    counts = np.zeros(bin_count(), "int64")
    for _, batch in batches:
        bins = ops.convert_to_numpy(hard_encode_ab(batch["ab"]))
        counts += np.bincount(bins.ravel(), minlength=len(counts))
        for _ in bins:
            on_picture()
    return counts
