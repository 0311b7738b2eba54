"""What a bin of one color channel stands for in the pictures that a network is trained on."""

import numpy as np
from keras import ops

from keras_colorize.bins import CHANNEL_BINS, CHANNEL_SPACES
from keras_colorize.data.targets import Targets

CHANNEL_TARGETS = CHANNEL_SPACES
"""Kind of target of the outputs that bin two channels apart."""

_BATCH = 50


def bin_means(data, output, stride=1, pictures=1000):
    """Mean of the training values in each bin (Hwang & Zhou 2016, section 3.6, "un-binning").

    Args:
        data: a `TrainingData` whose size is a multiple of `stride`.
        output: a key of `CHANNEL_TARGETS`, the output whose bins they are.
        stride: pixels of lightness per pixel of the output.
        pictures: how many views are looked at, rounded up to whole batches of 50.

    Returns:
        float64 array (2, bins) in the units of the channels; the center of a bin where no value
        fell into it. The bins at the ends hold what lies beyond them, too.

    Raises:
        ValueError: if the output has no such bins.
    """
    if output not in CHANNEL_TARGETS:
        raise ValueError(
            f"Expected an output among {', '.join(CHANNEL_TARGETS)}, received {output!r}."
        )
    bins = CHANNEL_BINS[output]
    sums, counts = np.zeros((2, bins.count)), np.zeros((2, bins.count))
    targets = Targets({output: CHANNEL_TARGETS[output]}, stride)
    for _, wanted in data.epoch(0, _BATCH, -(-pictures // _BATCH), targets):
        values = ops.convert_to_numpy(wanted[output])
        indices = ops.convert_to_numpy(bins.encode(values))
        for channel in (0, 1):
            index, value = indices[..., channel].ravel(), values[..., channel].ravel()
            sums[channel] += np.bincount(index, value, bins.count)
            counts[channel] += np.bincount(index, minlength=bins.count)
    return np.where(counts > 0, sums / np.maximum(counts, 1), bins.centers())
