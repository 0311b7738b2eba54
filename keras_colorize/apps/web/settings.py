"""What the controls of the page stand at, and which of them a network can take."""

import dataclasses

from keras_colorize.inference.refine import check_distribution


@dataclasses.dataclass(frozen=True)
class Settings:
    """Arguments of `Colorizer.replace` that the page offers; `refine` is `"none"` or `"mrf"`."""

    working_size: int
    saturation: float
    decoder: str
    temperature: float
    seed: int
    refine: str
    palette_strength: float

    @classmethod
    def of(cls, colorizer):
        """Those that a `Colorizer` has."""
        values = {field.name: getattr(colorizer, field.name) for field in dataclasses.fields(cls)}
        return cls(**{**values, "refine": "mrf" if colorizer.refinement else "none"})


def takes_distribution(config):
    """Whether a network can take a decoder, a refinement and a palette."""
    try:
        check_distribution(config.output)
    except ValueError:
        return False
    return True


def configured(colorizer, settings, palette=None, hints=None):
    """A `Colorizer` as the controls say.

    Args:
        colorizer: the `Colorizer` that the page was started with.
        settings: `Settings`; what the network cannot take is left out.
        palette: uint8 array (h, w, 3), or None.
        hints: `Hints`, or None.

    Returns:
        A `Colorizer`.

    Raises:
        ValueError: for values outside their range.
    """
    options = {**dataclasses.asdict(settings), "hints": hints}
    if palette is not None:
        options["palette"] = palette
    if settings.decoder == colorizer.decoder:
        # One that is asked for comes without the class weights of the preset.
        del options["decoder"]
    if not takes_distribution(colorizer.config):
        options = {name: options[name] for name in ("working_size", "saturation", "hints")}
    elif settings.refine == "mrf" and colorizer.refinement:
        # The field that the page was started with, with its own parameters.
        options["refine"] = colorizer.refinement
    return colorizer.replace(**options)
