"""Presets: a trained network, its weights and what they need, in a folder of `saved_models/`."""

import importlib

_NAMES = {
    "config": ("CONFIG_FILE", "WEIGHTS_FILE", "PresetConfig", "PresetError", "check_preset")
    + ("read_config", "sha256"),
    "names": ("DEFAULT", "find_preset", "list_presets", "presets_folder", "shipped_folders"),
    "weights": ("build_network", "load_preset", "read_weights", "save_preset", "write_weights"),
    "published": ("fetch_preset", "import_checkpoint"),
}
_MODULES = {name: module for module, names in _NAMES.items() for name in names}

__all__ = list(_MODULES)


def __getattr__(name):
    """Loads a public name when it is first used: names and configs need no Keras."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
