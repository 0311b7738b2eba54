"""The pictures of a run, as its flags name them."""

import pathlib

from absl import flags, logging

from keras_colorize.bins import rebalancing_weights
from keras_colorize.data import (
    TrainingData,
    ab_prior,
    list_source,
    read_prior,
    scan_pictures,
    split_pictures,
)

FLAGS = flags.FLAGS


def load_data():
    """Lists, scans and splits the pictures of --data.

    Returns:
        `(TrainingData, PictureSet)`: those to train on and those to validate.

    Raises:
        ValueError: if there are none for one of the two, or weights for some folders only.
    """
    paths, weights = _folders()
    exports = pathlib.Path(FLAGS.run) / "tfds"
    first = list_source(paths[0], exports)
    sets = [first, *(list_source(path, exports, first.class_names) for path in paths[1:])]
    sets = [_usable(pictures) for pictures in sets]
    if FLAGS.validation:
        validation = _usable(list_source(FLAGS.validation, exports, first.class_names))
    else:
        sets[0], validation = split_pictures(sets[0], FLAGS.validation_share)
    if not len(validation) or not len(sets[0]):
        raise ValueError(
            "Expected pictures both to train on and to validate, received "
            f"{len(sets[0])} and {len(validation)}; see --validation and --validation_share."
        )
    views = FLAGS.size, FLAGS.min_scale, FLAGS.seed, FLAGS.aged_share
    data = TrainingData(tuple(sets), weights, *views)
    return data, _spread(validation, FLAGS.validation_limit)


def bin_weights(data):
    """Loss weights of the 313 bins, by --uniform_share and --prior.

    Args:
        data: the `TrainingData` whose colors are counted where no --prior is given.

    Returns:
        list of floats, or None without rebalancing.

    Raises:
        ValueError: for a --prior that is not used or cannot be read.
    """
    if FLAGS.uniform_share == 1:
        if FLAGS.prior:
            raise ValueError("Expected --uniform_share below 1 with --prior, received 1.")
        return None
    prior = read_prior(FLAGS.prior) if FLAGS.prior else ab_prior(data)
    return rebalancing_weights(prior, FLAGS.uniform_share).tolist()


def _folders():
    """Paths and weights of --data; the weights are None where no folder has one."""
    parts = [entry.rpartition("=") for entry in FLAGS.data]
    if not any(equals for _, equals, _ in parts):
        return FLAGS.data, None
    try:
        return [path for path, _, _ in parts], tuple(float(weight) for _, _, weight in parts)
    except ValueError as error:
        raise ValueError(
            f"Expected every --data as PATH=WEIGHT, or every as PATH, received {FLAGS.data}."
        ) from error


def _usable(pictures):
    cache = FLAGS.scan_cache or pathlib.Path(FLAGS.run) / "scan.json"
    kept, report = scan_pictures(pictures, cache, drop_near_grey=not FLAGS.keep_near_grey)
    logging.info("%s: %s", pictures.root, report)
    return kept


def _spread(pictures, limit):
    # Every n-th picture, so that all classes of a sorted list are represented.
    step = max(1, -(-len(pictures) // limit))
    return pictures.keep([i % step == 0 for i in range(len(pictures))])
