"""Checks of the options of a `Colorizer`."""

import numbers

from keras_colorize.bins import DECODERS
from keras_colorize.inference.palette import MODES

STRIDE = 32
"""Sides of the working size are multiples of this, the coarsest stride of the networks."""

_NAMES = {"decoder": DECODERS, "palette_mode": MODES}

RANGES = {
    "working_size": (STRIDE, 4096),
    "temperature": (1e-3, 10.0),
    "saturation": (0.0, 10.0),
    "rebalancing": (0.0, 1.0),
    "sample_seed": (0, 2**31 - 1),
    "palette_strength": (0.0, 1.0),
}


def check_options(options):
    """Checks options.

    Args:
        options: dict of all options of a `Colorizer` by name.

    Raises:
        ValueError: for one outside its range.
    """
    for name, known in _NAMES.items():
        if options[name] not in known:
            raise ValueError(
                f"Expected a {name} among {', '.join(known)}, received {options[name]!r}."
            )
    for name, (low, high) in RANGES.items():
        value = options[name]
        if not (isinstance(value, numbers.Real) and low <= value <= high):
            raise ValueError(f"Expected {name} between {low} and {high}, received {value!r}.")
