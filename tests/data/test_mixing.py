"""The order in which pictures are seen."""

import numpy as np
import pytest

from keras_colorize.data import epoch_order


def test_the_same_seed_and_epoch_give_the_same_order():
    orders = [epoch_order([5, 9], None, 100, seed, epoch) for seed, epoch in [(0, 0), (0, 0)]]
    np.testing.assert_array_equal(*orders)
    for seed, epoch in [(0, 1), (1, 0)]:
        assert not np.array_equal(orders[0], epoch_order([5, 9], None, 100, seed, epoch))


def test_each_source_gets_its_weight():
    order = epoch_order([1000, 10, 500], [2, 1, 1], 4000, 0, 0)
    sources = np.searchsorted([1000, 1010], order, side="right")
    # Three standard deviations of a draw of 4000 are 95 and 82.
    np.testing.assert_allclose(np.bincount(sources), [2000, 1000, 1000], atol=95)


def test_without_weights_every_picture_is_as_likely():
    sources = epoch_order([300, 100], None, 4000, 0, 0) >= 300
    assert sources.sum() == pytest.approx(1000, abs=82)


def test_no_picture_returns_before_all_of_its_source_came():
    order = epoch_order([7, 3], [1, 1], 200, 0, 0)
    assert order.dtype == "int64"
    for stream, pictures in [(order[order < 7], range(7)), (order[order >= 7], range(7, 10))]:
        assert len(stream) > 50
        whole = len(stream) // len(pictures) * len(pictures)
        for round_ in stream[:whole].reshape(-1, len(pictures)):
            assert sorted(round_) == list(pictures)
        rest = stream[whole:].tolist()
        assert len(set(rest)) == len(rest)
    rounds = order[order < 7][:14].reshape(2, 7)
    assert not np.array_equal(*rounds)


def test_one_source_of_one_picture():
    assert epoch_order([1], None, 4, 0, 0).tolist() == [0, 0, 0, 0]
    assert epoch_order([1], None, 0, 0, 0).tolist() == []


@pytest.mark.parametrize(
    ("sizes", "weights"),
    [([3], [1, 1]), ([3, 0], [1, 1]), ([3, 3], [1, 0]), ([3, 3], [1, -1]), ([], None)],
)
def test_sizes_and_weights_must_fit(sizes, weights):
    with pytest.raises(ValueError, match="one positive weight per source and no empty source"):
        epoch_order(sizes, weights, 4, 0, 0)
