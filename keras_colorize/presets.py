"""Presets: a trained network and the contract that it needs, in a folder of `saved_models/`."""

import dataclasses
import hashlib
import json
from pathlib import Path

import keras

from keras_colorize import models
from keras_colorize.bins import ANNEALED_TEMPERATURE
from keras_colorize.weights import read_weights, write_weights

CONTRACT_FILE = "contract.json"
WEIGHTS_FILE = "weights.h5"
FORMAT = 1
"""Version of the preset format; a reader refuses others."""

NETWORKS = {
    "dcgan_generator": models.dcgan_generator,
    "distribution_unet": models.distribution_unet,
    "eccv16": models.eccv16,
    "iizuka16": models.iizuka16,
    "resnet18_gray": models.resnet18_gray,
    "resnet18_gray_classifier": models.resnet18_gray_classifier,
    "vgg16_residual_encoder": models.vgg16_residual_encoder,
}
"""Factories that a contract may name."""


class PresetError(Exception):
    """A preset that is unknown, damaged or of another format; the message is meant for people."""


@dataclasses.dataclass(frozen=True)
class Contract:
    """What is needed to use a network's weights.

    Attributes:
        network: name of the factory, a key of `NETWORKS`.
        arguments: arguments of the factory.
        output: name of the network's color output, see `predicted_ab`.
        sha256: checksum of the weights file.
        description: one line on what the preset is for.
        license: SPDX name of the licence of the weights.
        trained_on: names of the collections of photographs that it learned from.
        class_names: names of the scene classes, in the order of `class_logits`; may be empty.
        working_size: default long side in pixels at which the network sees a photograph.
        decoder: default decoder of a distribution, see `decode_ab`.
        temperature: default temperature of the annealed decoder.
        saturation: default factor on the chroma.
        class_weights: weights of the bins by which rare colors are made likelier, see
            `rebalancing_weights`; empty for none.
        weights_in_loss: whether the network was trained with these weights; if not, decoding
            alone applies them.
        rebalancing: default share of these weights that is in the colors.
        bin_means: (2, K) means of the training values in each bin of the two channels, for
            outputs that bin them apart; empty for the centers of the bins.
        format: version of the preset format.
    """

    network: str
    arguments: dict
    output: str
    sha256: str = ""
    description: str = ""
    license: str = "Apache-2.0"
    trained_on: tuple = ()
    class_names: tuple = ()
    working_size: int = 256
    decoder: str = "annealed"
    temperature: float = ANNEALED_TEMPERATURE
    saturation: float = 1.0
    class_weights: tuple = ()
    weights_in_loss: bool = True
    rebalancing: float = 1.0
    bin_means: tuple = ()
    format: int = FORMAT


_LISTS = ("trained_on", "class_names", "class_weights", "bin_means")


def presets_folder():
    """Folder of the presets that came with the library: in the wheel, or in the checkout."""
    package = Path(__file__).parent
    installed = package / "saved_models"
    return installed if installed.is_dir() else package.parent / "saved_models"


def list_presets():
    """Names of the presets that came with the library, sorted.

    Returns:
        dict of name to `Contract`.
    """
    return {name: read_contract(folder) for name, folder in shipped_folders().items()}


def shipped_folders():
    """Folders of the presets that came with the library, whole or damaged.

    Returns:
        dict of name to path, sorted by name.
    """
    folders = sorted(path.parent for path in presets_folder().glob(f"*/{CONTRACT_FILE}"))
    return {folder.name: folder for folder in folders}


def default_preset():
    """Name of the preset that is used when none is named.

    Raises:
        PresetError: if the library came without it.
    """
    return find_preset("distribution_unet_photos_recognizable").name


def read_contract(folder):
    """Reads the contract of a preset.

    Args:
        folder: the preset's folder.

    Returns:
        A `Contract`.

    Raises:
        PresetError: if the file is missing, no JSON, or of another format.
    """
    path = Path(folder) / CONTRACT_FILE
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.get("format") != FORMAT:
            raise PresetError(f"{path}: expected format {FORMAT}, found {fields.get('format')!r}.")
        lists = {name: tuple(fields.get(name, ())) for name in _LISTS}
        contract = Contract(**{**fields, **lists})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise PresetError(f"{path}: expected the contract of a preset, found {error}.") from error
    if contract.network not in NETWORKS:
        raise PresetError(
            f"{path}: expected a network among {', '.join(NETWORKS)}, found {contract.network!r}."
        )
    return contract


def check_preset(folder):
    """Reads the contract of a preset and checks that its weights are those that were written.

    Args:
        folder: the preset's folder.

    Returns:
        A `Contract`.

    Raises:
        PresetError: see `read_contract`; also if the weights are missing or damaged.
    """
    contract = read_contract(folder)
    _check_sha256(Path(folder) / WEIGHTS_FILE, contract.sha256)
    return contract


def load_preset(name_or_folder, dtype=None):
    """Builds a trained network.

    Args:
        name_or_folder: name of a preset that came with the library, or the path of a folder
            in the same format.
        dtype: dtype policy of the network, for example `"mixed_bfloat16"`; None takes the
            global policy.

    Returns:
        `(model, contract)`.

    Raises:
        PresetError: if it is unknown (the message lists the names), or its weights are missing,
            damaged or of another network.
    """
    folder = find_preset(name_or_folder)
    contract = check_preset(folder)
    weights = folder / WEIGHTS_FILE
    model = _build(folder, contract, dtype)
    try:
        read_weights(model, weights)
    except ValueError as error:
        raise PresetError(
            f"{weights}: expected weights of {contract.network}, found {error}."
        ) from error
    return model, contract


def build_network(contract, dtype=None):
    """Builds the network of a contract with fresh weights.

    Args:
        contract: a `Contract`.
        dtype: see `load_preset`.

    Returns:
        Functional `keras.Model`.
    """
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(dtype or before)
    try:
        return NETWORKS[contract.network](**contract.arguments)
    finally:
        keras.config.set_dtype_policy(before)


def _build(folder, contract, dtype):
    path = folder / CONTRACT_FILE
    try:
        model = build_network(contract, dtype)
    except (ValueError, TypeError) as error:
        raise PresetError(
            f"{path}: expected arguments of {contract.network}, found {contract.arguments}: {error}"
        ) from error
    if contract.output not in model.output:
        raise PresetError(
            f"{path}: expected an output among {', '.join(model.output)}, "
            f"found {contract.output!r}."
        )
    return model


def save_preset(model, folder, contract, overwrite=False):
    """Writes a preset: weights in half precision, and the contract with their checksum.

    Args:
        model: the trained network, as `contract.network` builds it.
        folder: folder to write to; it is made.
        contract: its `Contract`; `sha256` is filled in.
        overwrite: whether a preset that is there is replaced.

    Returns:
        The `Contract` as written.

    Raises:
        PresetError: if the folder already holds a preset and `overwrite` is False.
    """
    folder = Path(folder)
    if (folder / CONTRACT_FILE).exists() and not overwrite:
        raise PresetError(f"{folder}: expected a folder without a preset, found one.")
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / WEIGHTS_FILE
    write_weights(model, weights)
    contract = dataclasses.replace(contract, sha256=sha256(weights))
    text = json.dumps(dataclasses.asdict(contract), indent=2, ensure_ascii=False)
    (folder / CONTRACT_FILE).write_text(text + "\n", encoding="utf-8")
    return contract


def find_preset(name_or_folder):
    """Folder of a preset, see `load_preset`.

    Raises:
        PresetError: if there is none; the message lists the shipped ones.
    """
    folder = Path(name_or_folder)
    if (folder / CONTRACT_FILE).is_file():
        return folder
    shipped = shipped_folders()
    if str(name_or_folder) in shipped:
        return shipped[str(name_or_folder)]
    raise PresetError(
        "Expected the folder of a preset or one of the shipped presets "
        f"({', '.join(shipped) or 'none'}), received {str(name_or_folder)!r}."
    )


def _check_sha256(path, expected):
    if not path.is_file():
        raise PresetError(f"{path}: expected the weights of the preset, found no such file.")
    found = sha256(path)
    if found != expected:
        raise PresetError(
            f"{path}: expected sha256 {expected}, found {found}: the file is damaged, get it anew."
        )


def sha256(path):
    """Checksum of a file, in hexadecimal digits."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
