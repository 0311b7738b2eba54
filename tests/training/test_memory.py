import keras

from keras_colorize.models import iizuka16
from keras_colorize.training import TrainingConfig, memory_estimate


def _model(dtype="float32"):
    lightness = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(8, 3, strides=2, padding="same", dtype=dtype, name="shared")(lightness)
    x = keras.layers.BatchNormalization(dtype=dtype)(x)
    return keras.Model(lightness, {"ab": keras.layers.Conv2D(2, 1, dtype="float32")(x)})


def test_counted_by_hand():
    config = TrainingConfig(batch_size=4, optimizer="adam", ema_momentum=0.99)
    found = memory_estimate(_model(), config, 16)
    trained = (9 * 8 + 8) + 2 * 8 + (8 * 2 + 2)
    assert found == {
        "weights": 4 * (trained + 2 * 8),
        "gradients": 4 * trained,
        "optimizer": 3 * 4 * trained,
        "activations": 4 * (4 * 8 * 8) * (8 + 8 + 2),
    }

    # Half precision halves the inner activations.
    half = memory_estimate(_model("mixed_bfloat16"), config, 16)
    assert half == {**found, "activations": 4 * 8 * 8 * (2 * 8 + 2 * 8 + 4 * 2)}


def test_layers_that_are_used_twice_count_twice():
    kinds = {"global_size": 32}, {"global_features": False}
    networks = [iizuka16(width=1 / 16, **kind) for kind in kinds]
    twice, once = (memory_estimate(x, TrainingConfig(), 64)["activations"] for x in networks)
    assert twice > once
