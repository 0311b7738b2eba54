"""From a picture to its colors at full size."""

import importlib

_MODULES = {
    "Colorizer": "colorizer",
    "Hints": "hints",
    "Options": "options",
    "Refinement": "options",
    "layer_hints": "hints",
    "point_hints": "hints",
    "predicted_ab": "heads",
    "read_palette": "palette",
}

__all__ = list(_MODULES)


def __getattr__(name):
    """Loads a public name when it is first used: `inference.options` needs no Keras."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)
