"""Names of presets: what ships, and which is the default.

A name stands for its newest version; `vivid@1` asks for one by its number, while it ships.
"""

import re
from pathlib import Path

from keras_colorize.errors import expect
from .config import CONFIG_FILE, PresetError, read_config
from .download import PUBLISHED, cached_preset, is_cached

OUTCOMES = ("vivid", "accurate", "portrait")
"""Presets named by what one gets; all others are named after the network of a paper."""

DEFAULT = OUTCOMES[0]
"""Name of the preset that is used when none is named."""

OLD_NAMES = {
    "dcgan_generator": "dcgan",
    "distribution_unet": "vivid",
    "distribution_unet_distilled": "accurate",
    "distribution_unet_faces": "portrait",
    "distribution_unet_perceptual": "vivid",
    "distribution_unet_recognizable": "vivid",
}
"""Names of before, less `_photos` or `_places`, that are more than a name of today."""


def presets_folder():
    """Folder of the presets that came with the library: in the wheel, or in the checkout."""
    package = Path(__file__).parents[1]
    installed = package / "saved_models"
    return installed if installed.is_dir() else package.parent / "saved_models"


def shipped_folders():
    """Folders by name of the presets that came with the library, `OUTCOMES` first."""
    names = sorted(path.parent.name for path in presets_folder().glob(f"*/{CONFIG_FILE}"))
    first = [name for name in OUTCOMES if name in names]
    return {name: presets_folder() / name for name in dict.fromkeys([*first, *names])}


def list_presets():
    """Configs by name of the presets that came with the library, `OUTCOMES` first."""
    return {name: read_config(folder) for name, folder in shipped_folders().items()}


def find_preset(name_or_folder):
    """Folder of a preset, see `load_preset`; PresetError, which lists the names, if none.

    Published weights are found in the user's cache; only the command and `fetch_preset` fetch them.
    """
    name, folder = str(name_or_folder), Path(name_or_folder)
    if (folder / CONFIG_FILE).is_file():
        return folder
    shipped = shipped_folders()
    newest, _, number = name.partition("@")
    before = re.sub("_(photos|places)", "", name)
    if name in shipped:
        return shipped[name]
    if name in PUBLISHED:
        folder, how = cached_preset(name), f"`keras-colorize import {name}` first, which fetches it"
        expect(is_cached(name), f"{how}, received none in {folder.parent}", kind=PresetError)
        return folder
    if (today := OLD_NAMES.get(before, before)) in shipped:
        expected = f"the preset {today!r}, which replaces {name!r}"
    elif number and newest in shipped:
        version = read_config(shipped[newest]).version
        if number == str(version):
            return shipped[newest]
        expected = f"{newest}@{version}, the one that ships, received {name!r}"
    else:
        known = f"one of the shipped presets ({', '.join(shipped) or 'none'})"
        known += f" or of those that others published ({', '.join(PUBLISHED)})"
        expected = f"the folder of a preset or {known}, received {name!r}"
    raise PresetError(f"Expected {expected}.")
