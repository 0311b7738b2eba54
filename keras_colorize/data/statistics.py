"""Colors of the pictures that a network is trained on: how often each bin occurs."""

import json
from pathlib import Path

import numpy as np
from keras import ops

from keras_colorize.bins import bin_count, hard_encode_ab, smooth_prior
from keras_colorize.errors import expect, expecting
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
    file = f"a file of `keras-colorize prior` in {path}"
    with expecting(file, OSError, ValueError, TypeError, KeyError):
        fields = json.loads(Path(path).read_text(encoding="utf-8"))
        found = fields["format"]
        expect(found == FORMAT, f"{file} of format {FORMAT}, received {found!r}")
        prior = np.asarray(fields["prior"], "float64")
    fits = prior.shape == (bin_count(),) and (prior >= 0).all() and np.isclose(prior.sum(), 1)
    expect(fits, f"a distribution over {bin_count()} bins in {path}")
    return prior


def _counts(batches, on_picture=lambda: None):
    counts = np.zeros(bin_count(), "int64")
    for _, batch in batches:
        bins = ops.convert_to_numpy(hard_encode_ab(batch["ab"]))
        counts += np.bincount(bins.ravel(), minlength=len(counts))
        for _ in bins:
            on_picture()
    return counts
