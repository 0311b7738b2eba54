"""Names of presets: what ships, which is the default, what an old name is called now.

A name stands for its newest version; `vivid@1` asks for one by its number, while it ships.
"""

from pathlib import Path

from keras_colorize.presets.config import CONFIG_FILE, PresetError, read_config

OUTCOMES = ("vivid", "accurate", "portrait")
"""Presets named by what one gets; all others are named after the network of a paper."""

DEFAULT = OUTCOMES[0]

OLD_NAMES = {
    "dcgan_generator_photos": "dcgan",
    "distribution_unet_faces": "portrait",
    "distribution_unet_photos": "vivid",
    "distribution_unet_photos_distilled": "accurate",
    "distribution_unet_photos_perceptual": "vivid",
    "distribution_unet_photos_recognizable": "vivid",
    "distribution_unet_places": "vivid",
    "eccv16_photos": "eccv16",
    "iizuka16_photos": "iizuka16",
    "resnet18_gray_classifier_places": "resnet18_gray_classifier",
    "resnet18_gray_photos": "resnet18_gray",
    "resnet18_gray_photos_bins": "resnet18_gray_bins",
    "vgg16_residual_encoder_photos": "vgg16_residual_encoder",
    "vgg16_residual_encoder_photos_regression": "vgg16_residual_encoder_regression",
}
"""Names of before, and the preset that took each one's place."""


def presets_folder():
    """Folder of the presets that came with the library: in the wheel, or in the checkout."""
    package = Path(__file__).parents[1]
    installed = package / "saved_models"
    return installed if installed.is_dir() else package.parent / "saved_models"


def shipped_folders():
    """Folders by name of the presets that came with the library, whole or damaged.

    The `OUTCOMES` come first, the others sorted by name.
    """
    names = sorted(path.parent.name for path in presets_folder().glob(f"*/{CONFIG_FILE}"))
    first = [name for name in OUTCOMES if name in names]
    return {name: presets_folder() / name for name in dict.fromkeys([*first, *names])}


def list_presets():
    """Configs by name of the presets that came with the library, ordered as `shipped_folders`."""
    return {name: read_config(folder) for name, folder in shipped_folders().items()}


def default_preset():
    """Name of the preset that is used when none is named; PresetError if it does not ship."""
    return find_preset(DEFAULT).name


def find_preset(name_or_folder):
    """Folder of a preset, see `load_preset`.

    Raises:
        PresetError: if there is none; the message has its name of today, or those that ship.
    """
    name, folder = str(name_or_folder), Path(name_or_folder)
    if (folder / CONFIG_FILE).is_file():
        return folder
    shipped = shipped_folders()
    if name in shipped:
        return shipped[name]
    if name in OLD_NAMES:
        raise PresetError(f"Expected the preset {OLD_NAMES[name]!r}, which replaces {name!r}.")
    newest, _, number = name.partition("@")
    if number and newest in shipped:
        version = read_config(shipped[newest]).version
        if number == str(version):
            return shipped[newest]
        raise PresetError(f"Expected {newest}@{version}, the one that ships, received {name!r}.")
    raise PresetError(
        "Expected the folder of a preset or one of the shipped presets "
        f"({', '.join(shipped) or 'none'}), received {name!r}."
    )
