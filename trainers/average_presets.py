r"""Averages the weights of presets that were trained on from the same one ("model soup").

    python trainers/average_presets.py --preset=runs/one/preset --preset=runs/two/preset \
        --run=runs/both

Runs that began with the same weights and went different ways, by other views or another loss,
often have a mean that is better than each of them (Wortsman et al. 2022). The mean is written to
`runs/both/preset` with the config of the first. Measure it with `keras-colorize evaluate`
before it is believed.
"""

import pathlib

import numpy as np
from absl import app, flags, logging

from command import command
from keras_colorize.presets import load_preset, save_preset

FLAGS = flags.FLAGS
flags.DEFINE_multi_string("preset", None, "Name or folder; give two or more.")
flags.DEFINE_multi_float("share", None, "Share of each, in the same order; by default equal.")
flags.DEFINE_string("run", None, "Folder for the mean; it gets a folder `preset`.")

SAME = (
    *("network", "arguments", "output", "class_names"),
    *("class_weights", "weights_in_loss", "bin_means"),
)


def average():
    """Writes the mean that the flags describe."""
    names, shares = FLAGS.preset or [], FLAGS.share
    if len(names) < 2 or not FLAGS.run:
        raise ValueError("Expected --preset twice or more, and --run.")
    shares = np.asarray(shares or [1.0] * len(names))
    if len(shares) != len(names) or (shares < 0).any() or not shares.sum():
        raise ValueError(f"Expected a --share of 0 or more per preset, received {shares}.")
    loaded = [load_preset(name) for name in names]
    model, config = loaded[0]
    for name, (_, other) in zip(names, loaded, strict=True):
        differs = [field for field in SAME if getattr(config, field) != getattr(other, field)]
        if differs:
            raise ValueError(f"Expected presets of one network, {name} differs in {differs}.")
    stacks = zip(*(one.get_weights() for one, _ in loaded), strict=True)
    model.set_weights([np.average(stack, axis=0, weights=shares) for stack in stacks])
    folder = pathlib.Path(FLAGS.run) / "preset"
    save_preset(model, folder, config)
    logging.info("%s: mean of %s", folder, ", ".join(names))


main = command(average)

if __name__ == "__main__":
    app.run(main)
