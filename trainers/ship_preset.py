r"""Makes a trained run a preset of the library: its weights, and a config with what people need.

    python trainers/ship_preset.py --run=runs/fusion --name=iizuka16_scenes \
        --description="scenes; takes the style of other photographs" --trained_on=MiniPlaces \
        --working_size=224 --saturation=1.2

The defaults, those from --working_size on, are chosen by benchmarks/decoders.py; without a flag
they stay as the trainer set them. --prior gives a network that was trained without class
rebalancing weights for decoding, see --rebalancing. The run's own preset is checked first: its
checksum, that the weights fit the network and are numbers, that a `Colorizer` takes the defaults.
The preset goes to `saved_models/`, where names say what one gets, or the paper; a MODEL_CARD.md is
still to be written, and the table of benchmarks/presets.py is the part of it with figures.
"""

import dataclasses
import pathlib
import re

import numpy as np
from absl import flags, logging

from keras_colorize import presets
from keras_colorize.bins import rebalancing_weights
from keras_colorize.data import read_prior
from keras_colorize.inference import Colorizer
from keras_colorize.inference.options import FROM_PRESET
from keras_colorize.io.atomic import write_file
from settings import start

flags.DEFINE_string("run", None, "Folder of the run; its preset is in `preset`.")
flags.DEFINE_string("name", None, "What one gets, or the paper's network.")
flags.DEFINE_string("description", None, "One line on what the preset is for.")
flags.DEFINE_integer("version", 1, "Number of these weights under the name; newer ones count up.")
flags.DEFINE_multi_string("trained_on", None, "Collection it learned from; repeatable.")
flags.DEFINE_string("license", "Apache-2.0", "SPDX name of the licence of the weights.")
flags.DEFINE_integer("working_size", None, "Long side in pixels at which it sees a photograph.")
flags.DEFINE_string("decoder", None, "Of a distribution.")
flags.DEFINE_float("temperature", None, "Of the annealed decoder.")
flags.DEFINE_float("saturation", None, "Factor on the chroma.")
flags.DEFINE_float("rebalancing", None, "Share of the class weights that is in the colors.")
flags.DEFINE_string("prior", None, "File of `keras-colorize prior`, for class weights in decoding.")
flags.DEFINE_float("uniform_share", 0.5, "With --prior: lambda of the class weights.")
flags.DEFINE_string(
    "weights_of", None, "Preset beside it whose weights these are: one file for both."
)
flags.DEFINE_string("into", None, "Folder of presets; by default that of the library.")
flags.DEFINE_bool("overwrite", False, "Replace a preset of that name.")

FIELDS = ("version", "description", "license", *FROM_PRESET)


def main(options):
    """Writes the preset that the options describe."""
    folder = pathlib.Path(options.into or presets.presets_folder()) / options.name
    if (folder / presets.CONFIG_FILE).exists() and not options.overwrite:
        raise ValueError(f"{folder}: holds a preset; --overwrite replaces it.")
    if not re.fullmatch(r"[a-z][a-z0-9_]*", options.name):
        raise ValueError(
            f"Expected --name in small letters, digits and underscores, received {options.name!r}."
        )
    texts = (options.description, options.license, *options.trained_on)
    if any(not text.strip() or "\n" in text for text in texts):
        raise ValueError(f"Expected texts of one line each, received {texts}.")
    model, config = presets.load_preset(pathlib.Path(options.run) / "preset")
    for variable in model.weights:
        if not np.isfinite(np.asarray(variable)).all():
            raise ValueError(f"Expected weights that are numbers, {variable.path} has others.")
    fields = {name: getattr(options, name) for name in FIELDS}
    fields = {name: value for name, value in fields.items() if value is not None}
    config = dataclasses.replace(config, trained_on=tuple(options.trained_on), **fields)
    if options.prior:
        if config.output != "ab_logits" or config.class_weights:
            raise ValueError(
                "Expected --prior for a distribution over ab that was trained without class "
                "weights."
            )
        weights = tuple(rebalancing_weights(read_prior(options.prior), options.uniform_share))
        config = dataclasses.replace(config, class_weights=weights, weights_in_loss=False)
    # Refuses defaults outside their range.
    Colorizer(model, config)
    if options.weights_of:
        shared = folder.parent / options.weights_of / presets.WEIGHTS_FILE
        # The run has a copy of its own.
        found = presets.sha256(shared) if shared.is_file() else "no such file"
        if found != config.sha256:
            raise presets.PresetError(f"{shared}: Expected {config.sha256}, received {found}.")
        weights = f"../{options.weights_of}/{presets.WEIGHTS_FILE}"
        config = dataclasses.replace(config, weights=weights)
        write_file(folder / presets.CONFIG_FILE, config.to_json(), overwrite=True)
    else:
        config = presets.save_preset(model, folder, config, options.overwrite)
    logging.info("%s: weights of sha256 %s", folder, config.sha256)
    if not (folder / "MODEL_CARD.md").exists():
        logging.info("still to be written: %s", folder / "MODEL_CARD.md")


if __name__ == "__main__":
    start(main, ("run", "name", "description", "trained_on"))
