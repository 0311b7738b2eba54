"""The order in which pictures are seen: several folders mixed by weight, reproducible."""

import numpy as np


def epoch_order(sizes, weights, count, seed, epoch):
    """Draws the pictures of one epoch.

    Every source is gone through in a random order, again and again, so that no picture comes
    twice before each other of its source came once within the epoch.

    Args:
        sizes: number of pictures per source.
        weights: share of each source in the epoch, any positive scale; None takes `sizes`.
        count: pictures in the epoch.
        seed: integer; the same seed and epoch give the same order.
        epoch: integer from 0.

    Returns:
        int64 array (count,): positions in the concatenation of the sources.

    Raises:
        ValueError: if sizes and weights do not fit or are not positive.
    """
    weights = _check_weights(sizes, weights)
    generator = np.random.default_rng([seed, epoch])
    drawn = generator.choice(len(sizes), size=count, p=weights / weights.sum())
    order = np.empty(count, "int64")
    for source, (size, offset) in enumerate(zip(sizes, _offsets(sizes), strict=True)):
        places = np.flatnonzero(drawn == source)
        rounds = -(-len(places) // size)
        stream = [generator.permutation(size) for _ in range(rounds)]
        if stream:
            order[places] = offset + np.concatenate(stream)[: len(places)]
    return order


def _check_weights(sizes, weights):
    weights = np.asarray(sizes if weights is None else weights, "float64")
    if len(sizes) != len(weights) or len(sizes) == 0 or min(sizes) < 1 or weights.min() <= 0:
        raise ValueError(
            "Expected one positive weight per source and no empty source, received sizes "
            f"{list(sizes)} and weights {weights.tolist()}."
        )
    return weights


def _offsets(sizes):
    return np.concatenate([[0], np.cumsum(sizes)[:-1]])
