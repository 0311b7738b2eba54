"""Puts the Markov random field behind a Keras model of another kind: a segmentation network.

Whatever ends in a distribution for each pixel can be refined by `MeanField`: neighbors of like
lightness come to agree, and edges of the picture become edges of the result. Here a small network
finds discs and bars in noise, on pictures that the script draws:

    python mrf_behind_any_model.py
"""

import argparse

import keras
import numpy as np

from keras_colorize.layers import MeanField

SIDE, CLASSES, NOISE = 48, 3, 8.0


def draw(count, seed):
    """Lightness (N, H, W, 1), L*, and classes (N, H, W) of mosaics of eight stones."""
    rng = np.random.default_rng(seed)
    stones = rng.integers(0, CLASSES, (count, 8))
    centers = rng.uniform(0, SIDE, (count, 8, 2))
    pixels = np.stack(np.mgrid[:SIDE, :SIDE], axis=-1)
    distance = np.linalg.norm(pixels[:, :, None] - centers[:, None, None], axis=-1)
    classes = np.take_along_axis(stones[:, None, None], distance.argmin(-1)[..., None], -1)
    lightness = 30.0 + 20.0 * classes + rng.normal(0.0, NOISE, classes.shape)
    return lightness.astype("float32"), classes[..., 0]


def segmenter():
    """Any model will do that ends in a distribution for each pixel."""
    lightness = keras.Input((None, None, 1))
    x = keras.layers.Rescaling(1 / 100)(lightness)
    x = keras.layers.Conv2D(16, 1, activation="relu")(x)
    return keras.Model(lightness, keras.layers.Conv2D(CLASSES, 1, activation="softmax")(x))


def with_field(model):
    """The same model with the field behind it.

    Classes have no order, so only equal ones attract each other. `sigma` says how much lightness
    may differ within one thing: more here, with the noise, than in a photograph.
    """
    field = MeanField(sigma=0.05, compatibility=(2.0,), unary_scale=8.0)
    return keras.Model(model.input, field([model.output, model.input]))


def main(arguments=None):
    """Runs the example; returns the shares of right pixels without and with the field."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--epochs", type=int, default=10)
    options = parser.parse_args(arguments)
    keras.utils.set_random_seed(0)
    model = segmenter()
    loss = "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(0.01), loss, jit_compile=False)
    model.fit(*draw(64, seed=0), batch_size=8, epochs=options.epochs, verbose=0)
    lightness, classes = draw(32, seed=1)
    right = []
    for name, one in (("network", model), ("with field", with_field(model))):
        found = one.predict(lightness, verbose=0).argmax(-1)
        right.append(np.mean(found == classes))
        print(f"{name}: {right[-1]:.2%} of the pixels right")
    return right


if __name__ == "__main__":
    main()
