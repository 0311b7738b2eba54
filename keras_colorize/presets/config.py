"""The config of a preset: all that a network's weights need to be used. Needs no Keras."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path

from keras_colorize.errors import InputError, expect, expecting

CONFIG_FILE = "config.json"
WEIGHTS_FILE = "weights.h5"
FORMAT = 2
"""Version of the preset format; a reader refuses others."""

NETWORKS = (
    "dcgan_generator",
    "ddcolor",
    "distribution_unet",
    "eccv16",
    "iizuka16",
    "resnet18_gray",
    "resnet18_gray_classifier",
    "siggraph17",
    "vgg16_residual_encoder",
)
"""Factories of `keras_colorize.models` that a config may name."""

CLASS_OUTPUT = "class_logits"
"""The output that is not color: scores of scene classes."""


class PresetError(InputError):
    """A preset that is unknown, damaged or of another format; the message is meant for people."""


@dataclasses.dataclass(frozen=True)
class PresetConfig:
    """What is needed to use a network's weights.

    Attributes:
        network: name of the factory, one of `NETWORKS`.
        arguments: arguments of the factory.
        output: name of the network's color output, see `predicted_ab`; `CLASS_OUTPUT` for a
            network that only tells scenes apart.
        weights: path of the weights from the preset's folder, `weights.h5` or that of a preset
            beside it, `../NAME/weights.h5`: one network may be several presets.
        version: number of the weights under the preset's name; newer ones count up.
        sha256: checksum of the weights file.
        description: one line on what the preset is for.
        metrics: what `keras-colorize presets` prints: `vivid`, colorfulness as a share of the
            true one; `nearest` and `skin`, the error of ab on photographs and on faces.
        license: SPDX name of the license of the weights.
        trained_on: names of the collections of photographs that it learned from.
        class_names: names of the scene classes, in the order of `class_logits`; may be empty.
        working_size, decoder, temperature, saturation, rebalancing: defaults of `Options`.
        class_weights: rebalancing weights of the bins, or empty.
        weights_in_loss: whether the training applied these weights, or decoding alone does.
        bin_means: (2, K) means of the training values in each bin, for outputs that bin the two
            channels apart; empty for the centers of the bins.
        format: version of the preset format.
    """

    network: str
    arguments: dict
    output: str
    weights: str = WEIGHTS_FILE
    version: int = 1
    sha256: str = ""
    description: str = ""
    metrics: dict = dataclasses.field(default_factory=dict)
    license: str = "Apache-2.0"
    trained_on: tuple = ()
    class_names: tuple = ()
    working_size: int = 256
    decoder: str = "annealed"
    # `bins.ANNEALED_TEMPERATURE`, which would import Keras.
    temperature: float = 0.38
    saturation: float = 1.0
    class_weights: tuple = ()
    weights_in_loss: bool = True
    rebalancing: float = 1.0
    bin_means: tuple = ()
    format: int = FORMAT

    @property
    def colorizes(self):
        """Whether the network predicts colors; the one place that tells a classifier."""
        return self.output != CLASS_OUTPUT

    @property
    def identity(self):
        """Text that tells the network with its weights: the same for presets that share them."""
        return json.dumps([self.network, self.arguments, self.sha256], sort_keys=True)

    def to_json(self):
        """The text of the config's file."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"


def read_config(folder):
    """Reads the `PresetConfig` of a folder; PresetError for a missing file or another format."""
    path = Path(folder) / CONFIG_FILE
    faults = OSError, ValueError, TypeError, AttributeError
    with expecting("the config of a preset", *faults, kind=PresetError, where=path):
        fields = json.loads(path.read_text(encoding="utf-8"))
        found = fields.get("format")
        expect(found == FORMAT, f"format {FORMAT}, received {found}")
        lists = ("trained_on", "class_names", "class_weights", "bin_means")
        config = PresetConfig(**fields | {name: tuple(fields.get(name, ())) for name in lists})
        known = f"a network among {', '.join(NETWORKS)}, received {config.network!r}"
        expect(config.network in NETWORKS, known)
        fits = re.fullmatch(r"(\.\./\w+/)?" + re.escape(WEIGHTS_FILE), str(config.weights))
        known = f"{WEIGHTS_FILE} or ../NAME/{WEIGHTS_FILE}"
        expect(fits, f"{known}, received {config.weights!r}")
        fits = type(config.version) is int and config.version >= 1
        expect(fits, f"a version from 1 on, received {config.version!r}")
    return config


def check_preset(folder):
    """Reads a preset's `PresetConfig`; PresetError also if its weights are missing or damaged."""
    config = read_config(folder)
    path = Path(folder) / config.weights
    with expecting("the weights of the preset", OSError, kind=PresetError, where=path):
        checksum = sha256(path)
        damaged = f"sha256 {config.sha256}, received {checksum}: the file is damaged, get it anew"
        expect(checksum == config.sha256, damaged)
    return config


def sha256(path):
    """Checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
