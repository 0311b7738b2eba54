"""Presets: a trained network, its weights and what they need, in a folder of `saved_models/`."""

import importlib

from .config import (
    CONFIG_FILE,
    WEIGHTS_FILE,
    PresetConfig,
    PresetError,
    check_preset,
    read_config,
    sha256,
)
from .names import DEFAULT, find_preset, list_presets, presets_folder, shipped_folders

_WITH_KERAS = dict.fromkeys(
    ("build_network", "load_preset", "read_weights", "save_preset", "write_weights"), "weights"
)
_WITH_KERAS |= dict.fromkeys(("fetch_preset", "import_checkpoint"), "published")

__all__ = [
    *_WITH_KERAS,
    "CONFIG_FILE",
    "DEFAULT",
    "WEIGHTS_FILE",
    "PresetConfig",
    "PresetError",
    "check_preset",
    "find_preset",
    "list_presets",
    "presets_folder",
    "read_config",
    "sha256",
    "shipped_folders",
]


def __getattr__(name):
    """Imports Keras when a name that needs it is first used: names and configs do not."""
    if name in _WITH_KERAS:
        return getattr(importlib.import_module(f"{__name__}.{_WITH_KERAS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
