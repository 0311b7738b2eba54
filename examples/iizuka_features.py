"""Tells scenes apart by the global features of `iizuka16`, with one Dense layer on top.

The features, 256 numbers for each photograph, are computed once; training the layer then takes
seconds. Each subfolder is a class:

    python iizuka_features.py scenes/ --preset my_iizuka16/
"""

import argparse

import keras
import numpy as np

from keras_colorize import iizuka16, load_preset
from keras_colorize.data import Targets, list_pictures, split_pictures, validation_batches
from keras_colorize.models import split_style


def features_of(network, pictures, size=224):
    """Global features (N, 256) of photographs, and their classes (N,)."""
    extractor, _ = split_style(network)
    batches = validation_batches(pictures, size, 16, Targets({"scene": "label"}))
    rows = [(extractor.predict_on_batch(x), y["scene"]) for x, y in batches]
    return [np.concatenate(column) for column in zip(*rows, strict=True)]


def train_classifier(features, scenes, classes):
    """Trains the layer on top."""
    scale = keras.layers.Normalization()
    scale.adapt(features)
    classifier = keras.Sequential([scale, keras.layers.Dense(classes)])
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    adam = keras.optimizers.Adam(0.01)
    classifier.compile(adam, loss=loss, metrics=["accuracy"], jit_compile=False)
    classifier.fit(features, scenes, epochs=30, verbose=0)
    return classifier


def main(arguments=None):
    """Runs the example; returns the share of held-out photographs that it gets right."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", help="photographs, a subfolder for each scene")
    parser.add_argument("--preset", help="an iizuka16 that was trained; else a fresh one")
    parser.add_argument("--width", type=float, default=1.0, help="of a fresh one")
    parser.add_argument("--held-out", type=float, default=0.2, help="share to measure on")
    options = parser.parse_args(arguments)
    network = load_preset(options.preset)[0] if options.preset else iizuka16(options.width)
    pictures = list_pictures(options.folder)
    training, held_out = split_pictures(pictures, options.held_out)
    classifier = train_classifier(*features_of(network, training), len(pictures.class_names))
    _, accuracy = classifier.evaluate(*features_of(network, held_out), verbose=0)
    print(f"{accuracy:.0%} of {len(held_out)} photographs")
    return accuracy


if __name__ == "__main__":
    main()
