"""The options of a `Colorizer`, each with range, choices and help, for all that ask for them.

Python, command, web page, preset config, journal of a video and server client read this one table.
It needs neither Keras nor NumPy, so that `--help` and wrong usage do not wait for them.
"""

import argparse
import dataclasses
import hashlib
import numbers
import os

from keras_colorize.errors import InputError

STRIDE = 32
"""Sides of the working size are multiples of this, the coarsest stride of the networks."""

DECODERS = ("mean", "annealed", "mode", "median", "sample")
PALETTE_MODES = ("transfer", "product")
PRECISIONS = ("auto", "float32", "bfloat16")

FROM_PRESET = ("working_size", "decoder", "temperature", "saturation", "rebalancing")
"""Options whose defaults are those of the preset."""

OF_DISTRIBUTIONS = frozenset({"decoder", "temperature", "rebalancing", "seed"})
"""Options that only networks which predict a distribution can take."""

AFTER_NETWORK = ("working_size", "saturation")
"""Options that act outside the network: all that a network on a server leaves open."""


def check(table, **values):
    """Checks options.

    Args:
        table: `Options` or `Refinement`.
        **values: some of its fields.

    Raises:
        ValueError: for one outside its range or choices.
    """
    fields = {field.name: field.metadata for field in dataclasses.fields(table)}
    for name, value in values.items():
        choices, bounds = fields[name].get("choices"), fields[name].get("range")
        if name == "refine" and isinstance(value, Refinement):
            continue
        if choices and not (isinstance(value, str) and value in choices):
            raise InputError(f"Expected {name} among {', '.join(choices)}, received {value!r}.")
        if bounds and not (isinstance(value, numbers.Real) and bounds[0] <= value <= bounds[1]):
            raise InputError(
                f"Expected {name} between {bounds[0]:g} and {bounds[1]:g}, received {value!r}."
            )


def _option(default, help, **about):
    """A field; about: `range` or `choices`, `metavar`, `group` of the help, no `flag`."""
    return dataclasses.field(default=default, metadata={"help": help, **about})


@dataclasses.dataclass(frozen=True)
class Refinement:
    """Parameters of the Markov random field of Melas-Kyriazi & Han 2017, section 3.2.

    The defaults are the best of those tried, `REFINEMENTS["mrf-paper"]` those of the paper;
    `docs/mrf.md` compares them. The help of the fields says what they are.

    Raises:
        ValueError: for values outside their range.
    """

    sweeps: int = _option(8, "rounds of mean field", range=(1, 1000))
    sigma: float = _option(
        3e-3, "squared change of lightness (0..1) that is an edge", range=(1e-12, 1e6)
    )
    potential: str = _option(
        "log",
        "what is made of a distribution p: log p (the field is its posterior), p as in the paper, "
        "or its square root",
        choices=("log", "probability", "square_root"),
    )
    unary_scale: float = _option(
        1.0, "weight of the potential against the neighbors", range=(1e-12, 1e6)
    )
    compatibility: tuple = _option(
        (2.0, 1.7, 1.2, 0.5),
        "what neighbors gain by equal bins, by bins one apart, two apart, ...",
        metavar="X,Y,...",
    )
    decode: str = _option("mean", "of the refined distributions", choices=("mean", "mode"))
    distribution: str = _option(
        "preset",
        "where the field starts: from the distribution with the preset's temperature and class "
        "weights, or from the network's own p",
        choices=("preset", "network"),
    )

    def __post_init__(self):
        """Checks the values."""
        object.__setattr__(self, "compatibility", tuple(self.compatibility))
        check(type(self), **vars(self))
        if not isinstance(self.sweeps, numbers.Integral):
            raise InputError(f"Expected a whole number of sweeps, received {self.sweeps!r}.")
        if not self.compatibility or not all(0 <= x <= 50 for x in self.compatibility):
            raise InputError(
                f"Expected compatibility of values in 0..50, received {self.compatibility!r}."
            )


REFINEMENTS = {
    "none": None,
    "mrf": Refinement(),
    "mrf-paper": Refinement(
        sigma=1e-4,
        potential="probability",
        unary_scale=10.0,
        compatibility=(10.0, 3.0, 3.0),
        distribution="network",
    ),
}
"""Refinements that have a name."""


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a `Colorizer`; the help of the fields says what they do.

    `refine` may also be a `Refinement`; `style`, `palette` and `hints` are as `Colorizer` says.

    Raises:
        ValueError: for values outside their range.
    """

    working_size: int = _option(
        256, "long side in pixels at which the network sees a photograph", range=(STRIDE, 4096)
    )
    decoder: str = _option(
        "annealed",
        "how a predicted distribution becomes a color. One that is asked for comes as it is: with "
        "saturation 1 and without class weights, unless --saturation or --rebalancing ask for them",
        choices=DECODERS,
    )
    temperature: float = _option(
        0.38,
        "of the decoder annealed and of a refinement: 1 is the mean, lower is more vivid",
        range=(1e-3, 10.0),
    )
    saturation: float = _option(
        1.0, "factor on the chroma: 0 is grey, 1 as predicted", range=(0.0, 10.0)
    )
    rebalancing: float = _option(
        1.0,
        "share of the preset's class weights in the colors: 0 is nearest to the truth, 1 makes "
        "rare colors likelier; presets without class weights do not read it",
        range=(0.0, 1.0),
    )
    seed: int = _option(
        0, "of the decoder sample: another one draws other colors", range=(0, 2**31 - 1)
    )
    style: object = _option(
        None,
        "take the global features (season, time of day) of this photograph; networks with global "
        "features only",
        metavar="PHOTO",
    )
    precision: str = _option(
        "float32",
        "of the network; bfloat16 differs by some levels and by which pictures go together, auto "
        "takes it where the machine is fast in it",
        choices=PRECISIONS,
    )
    palette: object = _option(
        None, "photograph, or JSON of colors and weights", metavar="FILE", group="palette"
    )
    palette_strength: float = _option(
        0.5, "how far the colors go there", range=(0.0, 1.0), group="palette"
    )
    palette_mode: str = _option(
        "transfer",
        "move the mean of the picture to the palette, or multiply by it as in the paper",
        choices=PALETTE_MODES,
        group="palette",
    )
    refine: object = _option(
        "none",
        "neighbors of equal lightness agree; in the place of the decoder, with its temperature "
        "and class weights. mrf-paper has the published constants and starts from the network's p",
        choices=tuple(REFINEMENTS),
        group="refinement",
    )
    hints: object = _option(None, "colors of pixels", flag=False)

    def __post_init__(self):
        """Checks the values."""
        check(type(self), **vars(self))

    @classmethod
    def of(cls, config, **given):
        """Options of a preset, with those that are asked for.

        Args:
            config: `PresetConfig`; its fields named in `FROM_PRESET` are the defaults.
            **given: fields of this class.

        Raises:
            ValueError: for one that does not exist or is outside its range.
        """
        known = [field.name for field in dataclasses.fields(cls)]
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise InputError(f"Expected options among {', '.join(known)}, received {unknown}.")
        values = {name: getattr(config, name) for name in FROM_PRESET}
        if "decoder" in given:
            values |= {"saturation": 1.0, "rebalancing": 0.0}
        return cls(**{**values, **given})

    @property
    def refinement(self):
        """The `Refinement`, or None."""
        return REFINEMENTS[self.refine] if isinstance(self.refine, str) else self.refine

    def record(self):
        """Values for JSON, the same whenever the options are: arrays by their checksum.

        Returns:
            Dict of every option by name; `refine` has all parameters of the field.
        """
        return {**{name: _plain(one) for name, one in vars(self).items()}} | {
            "refine": _plain(self.refinement)
        }


def add_arguments(parser, names=None):
    """Adds an argument for every option and parameter of a refinement.

    Args:
        parser: `argparse.ArgumentParser`; an option that is not given is None in what it parses.
        names: options to add, None for all.
    """
    groups = {
        "palette": "colors that networks of bins lean to",
        "refinement": "a Markov random field; its parameters need --refine",
    }
    groups = {name: parser.add_argument_group(name, text) for name, text in groups.items()}
    for table in (Options, Refinement):
        for field in dataclasses.fields(table):
            about = field.metadata
            if not about.get("flag", True) or (names is not None and field.name not in names):
                continue
            group = about.get("group", "refinement" if table is Refinement else None)
            groups.get(group, parser).add_argument(
                f"--{field.name.replace('_', '-')}",
                type=_parser_of(table, field),
                metavar=about.get("metavar", field.name.upper().rpartition("_")[2]),
                help=_help(table, field),
            )


def given_options(namespace):
    """Options that were given as arguments, for `Colorizer.from_preset` and `replace`.

    Args:
        namespace: what a parser with `add_arguments` parsed.

    Returns:
        Dict of options by name.

    Raises:
        ValueError: for parameters of a refinement without one.
    """
    tables = [
        {
            field.name: getattr(namespace, field.name)
            for field in dataclasses.fields(table)
            if field.metadata.get("flag", True) and getattr(namespace, field.name, None) is not None
        }
        for table in (Options, Refinement)
    ]
    given, parameters = tables
    if parameters:
        refinement = REFINEMENTS[given.get("refine", "none")]
        if refinement is None:
            raise InputError(f"expected --refine mrf with {flags(parameters)}")
        given["refine"] = dataclasses.replace(refinement, **parameters)
    return given


def flags(names):
    """Names of options as the command spells them, for messages."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


def _parser_of(table, field):
    kind = {int: int, float: float, tuple: _numbers}.get(field.type, str)

    def parse(text):
        try:
            value = kind(text)
            check(table, **{field.name: value})
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{error}".replace("Expected", "expected")) from error
        return value

    parse.__name__ = kind.__name__
    return parse


def _numbers(text):
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"expected numbers like 10,3,3, received {text!r}") from error


def _help(table, field):
    about, parts = field.metadata, []
    if "choices" in about:
        parts.append(", ".join(about["choices"]))
    if "range" in about:
        parts.append("{:g} to {:g}".format(*about["range"]))
    if table is Refinement:
        default = "that of --refine"
    elif field.name in FROM_PRESET:
        default = "the preset's"
    else:
        default = field.default
    parts += [] if default is None else [f"default: {default}"]
    text = about["help"] + (f" ({'; '.join(parts)})" if parts else "")
    return text.replace("%", "%%")


def _plain(value):
    if dataclasses.is_dataclass(value):
        return {name: _plain(one) for name, one in vars(value).items()}
    if isinstance(value, numbers.Real | str | None):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return f"sha256:{hashlib.sha256(value.tobytes()).hexdigest()}"
