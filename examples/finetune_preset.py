"""Fine-tunes a preset on a folder of color photographs; the result is a preset of your own.

python finetune_preset.py photographs/ mine/
keras-colorize colorize old/ -o colorized/ --preset mine/
"""

import argparse
import dataclasses

import keras

from keras_colorize import load_preset, save_preset
from keras_colorize.data import Targets, TrainingData, list_pictures, scan_pictures
from keras_colorize.losses import AbCrossentropy


def finetune(preset, folder, output, steps=200, batch_size=16, size=128):
    """Trains all layers of color a little; returns the mean loss."""
    network, config = load_preset(preset)
    pictures, report = scan_pictures(list_pictures(folder))
    print(report)
    targets = Targets({"ab_logits": "ab"}, stride=4)
    batches = TrainingData((pictures,), size=size).epoch(0, batch_size, steps, targets)
    # The color half of the network, with the same weights; XLA would compile for minutes first.
    colors = keras.Model(network.input, {"ab_logits": network.output["ab_logits"]})
    loss = {"ab_logits": AbCrossentropy()}
    colors.compile(keras.optimizers.AdamW(1e-4), loss=loss, jit_compile=False)
    history = colors.fit(batches, shuffle=False)
    known = (*config.trained_on, str(folder))
    save_preset(network, output, dataclasses.replace(config, trained_on=known))
    return history.history["loss"][-1]


def main(arguments=None):
    """Runs the example."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", help="color photographs")
    parser.add_argument("output", help="folder of the new preset")
    parser.add_argument("--preset", default="vivid", help="to begin with")
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--batch-size", type=int, default=16)
    parser.add_argument("--size", type=int, default=128, help="of the views, in pixels")
    finetune(**vars(parser.parse_args(arguments)))


if __name__ == "__main__":
    main()
