import types

import numpy as np

from keras_colorize.apps.bulk.batches import ShapeBatches


def _picture(name, shape, pixels=1):
    return types.SimpleNamespace(name=name, seen=np.zeros((*shape, 1)), pixels=pixels)


def _names(batches):
    return [[picture.name for picture in batch] for batch in batches]


def _fed(batches, pictures):
    return _names(batch for picture in pictures for batch in batches.add(picture))


def test_pictures_of_one_shape_go_together():
    batches = ShapeBatches(at_once=2)
    wide, tall = (32, 64), (64, 32)
    pictures = [_picture(*args) for args in (("a", wide), ("b", tall), ("c", wide), ("d", wide))]
    assert _fed(batches, pictures) == [["a", "c"]]
    assert sorted(_names(batches.rest())) == [["b"], ["d"]]
    assert batches.rest() == []


def test_one_at_once_waits_for_nothing():
    batches = ShapeBatches(at_once=1)
    assert _fed(batches, [_picture("a", (32, 32)), _picture("b", (32, 64))]) == [["a"], ["b"]]
    assert batches.rest() == []


def test_no_more_waits_than_fits():
    batches = ShapeBatches(at_once=16, held_pixels=100)
    small = [_picture("a", (32, 32), 30), _picture("b", (32, 32), 30), _picture("c", (32, 64), 40)]
    assert _fed(batches, small) == []
    # The largest batch goes, and only it.
    assert _fed(batches, [_picture("d", (64, 32), 1)]) == [["a", "b"]]
    # A picture that alone is too much goes at once, and the others may stay.
    assert _fed(batches, [_picture("e", (96, 32), 1000)]) == [["e"]]
    assert sorted(_names(batches.rest())) == [["c"], ["d"]]
