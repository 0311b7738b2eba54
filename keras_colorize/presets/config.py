"""The config of a preset: all that a network's weights need to be used. Needs no Keras."""

import dataclasses
import hashlib
import json
import re
from pathlib import Path

from keras_colorize.errors import InputError

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
        working_size: default long side in pixels at which the network sees a photograph.
        decoder: default decoder of a distribution, see `decode_ab`.
        temperature: default temperature of the annealed decoder.
        saturation: default factor on the chroma.
        class_weights: rebalancing weights of the bins, or empty.
        weights_in_loss: whether the training applied these weights, or decoding alone does.
        rebalancing: default share of these weights that is in the colors.
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

    def to_json(self):
        """The text of the config's file."""
        return json.dumps(dataclasses.asdict(self), indent=2, ensure_ascii=False) + "\n"


def read_config(folder):
    """Reads the `PresetConfig` of a preset's folder.

    Raises:
        PresetError: if the file is missing, no JSON, or of another format.
    """
    path = Path(folder) / CONFIG_FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.get("format") != FORMAT:
            raise PresetError(f"{path}: Expected format {FORMAT}, received {fields.get('format')}.")
        lists = ("trained_on", "class_names", "class_weights", "bin_means")
        config = PresetConfig(**{**fields, **{name: tuple(fields.get(name, ())) for name in lists}})
    except PresetError:
        raise
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise PresetError(f"{path}: Expected the config of a preset, received {error}.") from error
    if config.network not in NETWORKS:
        known = f"Expected a network among {', '.join(NETWORKS)}"
        raise PresetError(f"{path}: {known}, received {config.network!r}.")
    if not re.fullmatch(r"(\.\./\w+/)?" + re.escape(WEIGHTS_FILE), str(config.weights)):
        expected = f"{WEIGHTS_FILE} or ../NAME/{WEIGHTS_FILE}"
        raise PresetError(f"{path}: Expected {expected}, received {config.weights!r}.")
    if type(config.version) is not int or config.version < 1:
        raise PresetError(f"{path}: Expected a version from 1 on, received {config.version!r}.")
    return config


def check_preset(folder):
    """Reads the `PresetConfig` of a preset's folder and verifies the checksum of its weights.

    Raises:
        PresetError: as `read_config`; also if the weights are missing or damaged.
    """
    config = read_config(folder)
    path = Path(folder) / config.weights
    if not path.is_file():
        raise PresetError(f"{path}: Expected the weights of the preset, received no such file.")
    if (checksum := sha256(path)) != config.sha256:
        expected = f"Expected sha256 {config.sha256}, received {checksum}"
        raise PresetError(f"{path}: {expected}: the file is damaged, get it anew.")
    return config


def sha256(path):
    """Checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
