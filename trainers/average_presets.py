r"""Averages the weights of presets that were trained on from the same one ("model soup").

    python trainers/average_presets.py --preset=runs/one/preset --preset=runs/two/preset \
        --run=runs/both

Runs that began with the same weights and went different ways, by other views or another loss,
often have a mean that is better than each of them (Wortsman et al. 2022). The mean is written to
`runs/both/preset` with the config of the first. Measure it with `keras-colorize evaluate` before
it is believed.
"""

import pathlib

import numpy as np
from absl import flags, logging

from keras_colorize.presets import load_preset, save_preset
from settings import start

flags.DEFINE_multi_string("preset", None, "Name or folder; give two or more.")
flags.DEFINE_multi_float("share", None, "Share of each, in the same order; by default equal.")
flags.DEFINE_string("run", None, "Folder for the mean; it gets a folder `preset`.")

SAME = ("network", "arguments", "output", "class_names")
SAME += ("class_weights", "weights_in_loss", "bin_means")


def main(options):
    """Writes the mean that the options describe."""
    names, folder = options.preset, pathlib.Path(options.run) / "preset"
    shares = np.asarray(options.share or [1.0] * len(names))
    if len(names) < 2:
        raise ValueError(f"Expected --preset twice or more, received {names}.")
    if len(shares) != len(names) or (shares < 0).any() or not shares.sum():
        raise ValueError(f"Expected a --share of 0 or more per preset, received {shares}.")
    loaded = [load_preset(name) for name in names]
    model, config = loaded[0]
    for name, (_, other) in zip(names, loaded, strict=True):
        differs = [field for field in SAME if getattr(config, field) != getattr(other, field)]
        if differs:
            raise ValueError(f"Expected presets of one network, {name} differs in {differs}.")
    stacks = zip(*(network.get_weights() for network, _ in loaded), strict=True)
    model.set_weights([np.average(stack, axis=0, weights=shares) for stack in stacks])
    save_preset(model, folder, config)
    logging.info("%s: mean of %s", folder, ", ".join(names))


if __name__ == "__main__":
    start(main, ("preset", "run"))
