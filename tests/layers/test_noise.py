"""PermanentDropout: noise in each call, in a model too."""

import keras
import numpy as np

from keras_colorize.layers import PermanentDropout

ONES = np.ones((2, 40, 3), "float32")


def _dropped(output):
    output = keras.ops.convert_to_numpy(output)
    assert set(np.unique(output)) == {np.float32(0), np.float32(4 / 3)}
    return output == 0


def test_each_call_drops_others(tmp_path):
    inputs = keras.Input((None, 3))
    model = keras.Model(inputs, PermanentDropout(0.25)(inputs))
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    for network in (model, loaded):
        calls = [network(ONES, training=False), network(ONES), network(ONES, training=True)]
        calls += [network.predict_on_batch(ONES) for _ in range(2)]
        dropped = [_dropped(output) for output in calls]
        for one, other in zip(dropped, dropped[1:], strict=False):
            assert (one != other).any()
        assert 0.15 < np.mean(dropped) < 0.35
