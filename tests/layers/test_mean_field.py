"""Mean field against what can be worked out by enumeration, by explicit sums, and exactly."""

import functools
import itertools

import numpy as np
import pytest
from keras import ops

from keras_colorize.layers import (
    compatible,
    contrast_weights,
    evidence_lower_bound,
    mean_field,
)

PAPER = (10.0, 3.0, 3.0)
SIZES = [(1, 1), (1, 2), (1, 5), (4, 1), (2, 2), (3, 5), (4, 6), (5, 4)]


def field(height, width, labels, seed=0, batch=1, scale=1.0):
    """Random potentials and weights, as `mean_field` takes them."""
    rng = np.random.default_rng(seed)
    unary = rng.normal(scale=2.0, size=(batch, height, width, labels))
    right = rng.uniform(0, scale, (batch, height, width - 1, 1))
    down = rng.uniform(0, scale, (batch, height - 1, width, 1))
    return tuple(x.astype("float32") for x in (unary, right, down))


def numpy_of(x):
    return ops.convert_to_numpy(x)


def agreement(labels, compatibility):
    """S as the K x K matrix that the library never forms."""
    near = np.abs(np.subtract.outer(np.arange(labels), np.arange(labels)))
    return np.r_[compatibility, np.zeros(labels)][near]


def pairs_of(right, down):
    """Yields (pixel, neighbor, weight) of one picture's field."""
    for y, x in np.ndindex(right.shape[:2]):
        yield (y, x), (y, x + 1), float(right[y, x, 0])
    for y, x in np.ndindex(down.shape[:2]):
        yield (y, x), (y + 1, x), float(down[y, x, 0])


def coordinate_ascent(unary, right, down, compatibility, sweeps):
    """One picture, pixel by pixel, black after red, in double precision; yields each half sweep."""
    labels = unary.shape[-1]
    between, pairs = agreement(labels, compatibility), list(pairs_of(right, down))
    q = np.full(unary.shape, 1.0 / labels)
    for color in [0, 1] * sweeps:
        for place in np.ndindex(unary.shape[:2]):
            if sum(place) % 2 == color:
                logits = unary[place].astype(float)
                for one, other, weight in pairs:
                    if place in (one, other):
                        logits += weight * between @ q[other if place == one else one]
                q[place] = np.exp(logits - np.logaddexp.reduce(logits))
        yield q.copy()


def log_partition(unary, right, down, compatibility):
    """Log Z of one picture, by enumeration of every labeling."""
    height, width, labels = unary.shape
    between, pairs = agreement(labels, compatibility), list(pairs_of(right, down))
    totals = []
    for labeling in itertools.product(range(labels), repeat=height * width):
        y = np.reshape(labeling, (height, width))
        own = np.take_along_axis(unary, y[..., None], axis=-1).sum()
        totals.append(own + sum(w * between[y[i], y[j]] for i, j, w in pairs))
    return np.logaddexp.reduce(totals)


@pytest.mark.parametrize(
    ("size", "labels", "compatibility"),
    [*((size, 7, PAPER) for size in SIZES), ((3, 4), 2, PAPER), ((3, 4), 5, (2.0,))],
)
def test_equals_pixel_by_pixel_in_numpy(size, labels, compatibility):
    unary, right, down = field(*size, labels, batch=2, scale=0.3)
    found = numpy_of(mean_field(unary, right, down, compatibility, sweeps=3))
    for n in range(2):
        *_, expected = coordinate_ascent(unary[n], right[n], down[n], compatibility, sweeps=3)
        np.testing.assert_allclose(found[n], expected, atol=2e-6)


def test_fields_on_one_grid_know_nothing_of_each_other():
    unary, right, down = field(3, 5, 4, batch=2)
    other = field(3, 5, 4, seed=1, batch=2)[0]
    both = mean_field(np.stack([unary, other], axis=-2), right, down, sweeps=2)
    alone = [mean_field(x, right, down, sweeps=2) for x in (unary, other)]
    np.testing.assert_allclose(numpy_of(both), numpy_of(ops.stack(alone, axis=-2)), atol=1e-6)
    bound = evidence_lower_bound(both, np.stack([unary, other], axis=-2), right, down)
    apart = [evidence_lower_bound(q, unary, right, down) for q in alone[:1]]
    assert bound.shape == (2, 2)
    np.testing.assert_allclose(numpy_of(bound)[:, 0], numpy_of(apart[0]), rtol=1e-5)


@pytest.mark.parametrize("scale", [0.0, 0.05, 0.3, 1.0])
def test_the_bound_is_below_the_enumerated_partition_function(scale):
    unary, right, down = field(2, 3, 3, scale=scale)
    exact = log_partition(unary[0], right[0], down[0], PAPER)
    q = mean_field(unary, right, down, sweeps=12)
    bound = float(evidence_lower_bound(q, unary, right, down)[0])
    assert bound <= exact + 1e-4
    # Without pairs mean field is exact, and where pairs are strong one labeling has it all.
    assert bound > exact - (1e-4 if scale == 0 else 2.0)


@pytest.mark.parametrize("size", [(1, 4, 3), (3, 3, 6), (5, 4, 2)])
def test_the_bound_rises_at_every_half_sweep(size):
    compatibility = tuple(np.random.default_rng(sum(size)).uniform(0, 10, size[-1] - 1))
    unary, right, down = field(*size, seed=sum(size), batch=6)
    strength = np.array([0.03, 0.1, 0.3, 1, 1, 1], "float32").reshape(6, 1, 1, 1)
    case = (unary, right * strength, down * strength)
    ascents = [
        np.stack(list(coordinate_ascent(*one, compatibility, sweeps=5)))
        for one in zip(*case, strict=True)
    ]
    states = np.concatenate(ascents).astype("float32")
    repeated = [np.repeat(x, 10, axis=0) for x in case]
    bounds = numpy_of(evidence_lower_bound(states, *repeated, compatibility)).reshape(6, 10)
    assert np.diff(bounds).min() >= -1e-5 * max(1.0, np.abs(bounds).max())
    # The same states as the library's, so that it is the library that rises.
    found = numpy_of(mean_field(*case, compatibility, sweeps=5))
    np.testing.assert_allclose(found, states[9::10], atol=5e-5)


@functools.cache
def chain_marginals(strength):
    """Exact marginals of a chain by forward-backward, and those of mean field."""
    unary, right, down = field(1, 7, 4, scale=strength)
    between = agreement(4, PAPER)
    forward, backward = [unary[0, 0, 0].astype(float)], [np.zeros(4)]
    for x in range(6):
        passed = forward[-1][:, None] + right[0, 0, x, 0] * between
        forward.append(unary[0, 0, x + 1] + np.logaddexp.reduce(passed, axis=0))
    for x in reversed(range(6)):
        passed = (unary[0, 0, x + 1] + backward[0])[None] + right[0, 0, x, 0] * between
        backward.insert(0, np.logaddexp.reduce(passed, axis=1))
    logits = np.add(forward, backward)
    exact = np.exp(logits - np.logaddexp.reduce(logits, axis=-1, keepdims=True))
    return exact, numpy_of(mean_field(unary, right, down, sweeps=20))[0, 0]


def test_a_chain_of_weak_pairs_agrees_with_forward_backward():
    errors = [np.abs(np.subtract(*chain_marginals(s))).max() for s in (1e-1, 1e-2, 1e-3)]
    # The error is of second order in the strength of the pairs.
    assert errors[0] > 10 * errors[1] > 100 * errors[2]
    assert errors[2] < 1e-5


def test_the_gradient_reaches_the_potentials(gradient_of):
    unary, right, down = field(3, 4, 5, scale=0.1)
    weights = np.random.default_rng(4).normal(size=unary.shape).astype("float32")

    def outcome(x):
        return ops.sum(mean_field(x, right, down, sweeps=2) * weights)

    step = np.zeros_like(unary)
    step[0, 1, 2, 3] = 1e-2
    measured = (float(outcome(unary + step)) - float(outcome(unary - step))) / 2e-2
    found = gradient_of(lambda x: ops.reshape(outcome(x), (1,)), unary)
    np.testing.assert_allclose(found[0, 1, 2, 3], measured, rtol=0.02, atol=1e-4)
    assert np.count_nonzero(found) == found.size


def test_compatible_is_the_product_with_the_whole_matrix():
    q = np.random.default_rng(0).dirichlet(np.ones(9), (2, 3)).astype("float32")
    for compatibility in (PAPER, (4.0,), tuple(np.arange(12.0))):
        expected = q @ agreement(9, compatibility)[:9, :9]
        np.testing.assert_allclose(numpy_of(compatible(q, compatibility)), expected, rtol=1e-5)
    turned = numpy_of(compatible(q.swapaxes(-1, -2), PAPER, axis=-2))
    np.testing.assert_allclose(turned.swapaxes(-1, -2), q @ agreement(9, PAPER), rtol=1e-5)


def test_large_potentials_stay_finite():
    unary, right, down = field(4, 5, 6)
    q = numpy_of(mean_field(1e4 * unary, right, down))
    np.testing.assert_allclose(q.sum(axis=-1), 1.0, atol=1e-5)
    assert np.isfinite(numpy_of(evidence_lower_bound(q, 1e4 * unary, right, down))).all()


def test_contrast_weights_of_the_paper():
    lightness = np.array([[[50.0], [51.0]], [[50.0], [90.0]]], "float32")[None]
    right, down = (numpy_of(w) for w in contrast_weights(lightness))
    # A step of 1 in L* is 0.01 in [0, 1]: exp(-0.0001 / 0.0001) = 1/e.
    np.testing.assert_allclose(right.ravel(), [np.exp(-1.0), 0.0], atol=1e-5)
    np.testing.assert_allclose(down.ravel(), [1.0, 0.0], atol=1e-5)
    assert right.shape == (1, 2, 1, 1)
    assert down.shape == (1, 1, 2, 1)
