"""How often each color occurs in the pictures that a network is trained on."""

import numpy as np
from keras import ops

from keras_colorize.bins import bin_count, hard_encode_ab, smooth_prior
from keras_colorize.data.targets import Targets

_STRIDE = 4
_BATCH = 50


def ab_prior(data, pictures=2000):
    """Smoothed frequencies of the ab bins in training views (Zhang 2016, section 2.2).

    Args:
        data: a `TrainingData` whose size is a multiple of 4.
        pictures: how many views are counted, rounded up to whole batches of 50.

    Returns:
        float64 array (313,) that sums to one, see `smooth_prior`.
    """
    counts = np.zeros(bin_count(), "int64")
    targets = Targets({"ab": "ab"}, _STRIDE)
    for _, wanted in data.epoch(0, _BATCH, -(-pictures // _BATCH), targets):
        bins = ops.convert_to_numpy(hard_encode_ab(wanted["ab"]))
        counts += np.bincount(bins.ravel(), minlength=len(counts))
    return smooth_prior(counts)
