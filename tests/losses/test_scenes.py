"""Cross-entropy of the class branch."""

import keras
import numpy as np
import pytest
from keras import ops

from keras_colorize.losses import SceneCrossentropy, scene_crossentropy

LOGITS = np.array([[1.0, 2.0, 0.0], [0.5, 0.5, 0.5], [3.0, -3.0, 1.0]], "float32")


def _expected(logits, label):
    return np.log(np.exp(logits.astype("float64")).sum()) - logits[label]


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
@pytest.mark.parametrize("dtype", ["int32", "int64", "float32"])
def test_equals_cross_entropy_of_the_labelled(shape, dtype):
    loss = ops.convert_to_numpy(
        scene_crossentropy(np.array([1, -1, 2], dtype).reshape(shape), LOGITS)
    )
    expected = [_expected(LOGITS[0], 1), 0.0, _expected(LOGITS[2], 2)]
    assert loss.shape == (3,)
    np.testing.assert_allclose(loss, expected, rtol=1e-5)


def test_the_unlabelled_stay_in_the_denominator():
    loss = float(SceneCrossentropy()(np.array([1, -1, 2]), LOGITS))
    assert loss == pytest.approx((_expected(LOGITS[0], 1) + _expected(LOGITS[2], 2)) / 3)
    assert float(SceneCrossentropy()(np.array([-1, -1, -1]), LOGITS)) == 0.0


def test_bfloat16_logits_are_compared_in_float32():
    loss = SceneCrossentropy()(np.array([1, -1, 2]), ops.cast(LOGITS, "bfloat16"))
    assert keras.backend.standardize_dtype(loss.dtype) == "float32"
    assert float(loss) == pytest.approx(float(SceneCrossentropy()(np.array([1, -1, 2]), LOGITS)))


def test_config_round_trip():
    loss = SceneCrossentropy(reduction="sum", name="scenes")
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(loss))
    assert isinstance(again, SceneCrossentropy)
    assert again.get_config() == loss.get_config()


def test_pictures_without_label_teach_nothing():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(3)(inputs))
    jit_compile = keras.backend.backend() == "jax"
    model.compile(keras.optimizers.SGD(1.0), SceneCrossentropy(), jit_compile=jit_compile)
    before = model.get_weights()
    model.fit(np.ones((2, 4)), np.array([-1, -1]), verbose=0)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)
    model.fit(np.ones((2, 4)), np.array([-1, 2]), verbose=0)
    assert not np.array_equal(before[0], model.get_weights()[0])
