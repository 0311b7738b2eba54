"""The one table of options of a `Colorizer`, with range, choices and help; it needs no Keras."""

import argparse
import dataclasses
import functools
import hashlib
import json
import numbers
import os

from keras_colorize.errors import InputError, check, field

STRIDE = 32
"""Sides of the working size are multiples of this, the coarsest stride of the networks."""

DECODERS = ("mean", "annealed", "mode", "median", "sample")

FROM_PRESET = ("working_size", "decoder", "temperature", "saturation", "rebalancing")
"""Options whose defaults are those of the preset."""

OF_DISTRIBUTIONS = frozenset({"decoder", "temperature", "rebalancing", "smoothing"})
"""Options that only networks which predict a distribution can take."""

ORIGINALS = ("negative", "squeeze", "levels", "border")
"""Options that say how an original is shown to the network."""

AFTER_NETWORK = ("working_size", "saturation", *ORIGINALS)
"""Options that act outside the network: all that a network on a server leaves open."""


@dataclasses.dataclass(frozen=True)
class Refinement:
    """Parameters of the Markov random field of Melas-Kyriazi & Han 2017, section 3.2.

    The help of the fields describes them; `REFINEMENTS["mrf-paper"]` are those of the paper.

    Raises:
        InputError: for values outside their range.
    """

    sweeps: int = field(8, (1, 1000), "rounds of mean field")
    sigma: float = field(3e-3, (1e-12, 1e6), "squared change of lightness (0..1) that is an edge")
    potential: str = field(
        "log", ("log", "probability", "square_root"), "of a bin: log p, p as in the paper, or root"
    )
    unary_scale: float = field(1.0, (1e-12, 1e6), "weight of the potential against neighbors")
    compatibility: tuple = field(
        (2.0, 1.7, 1.2, 0.5), (), "gain of equal bins, of bins one apart, ...", metavar="X,Y,..."
    )
    decode: str = field("mean", ("mean", "mode"), "of the refined distributions")
    distribution: str = field(
        "preset", ("preset", "network"), "start: with the preset's temperature and weights, or not"
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


_PAPER = {"sigma": 1e-4, "potential": "probability", "unary_scale": 10.0}
_PAPER |= {"compatibility": (10.0, 3.0, 3.0), "distribution": "network"}
REFINEMENTS = {"none": None, "mrf": Refinement(), "mrf-paper": Refinement(**_PAPER)}
"""Refinements that have a name."""


@dataclasses.dataclass(frozen=True)
class Options:
    """All options of a `Colorizer`, which says what they do.

    Raises:
        InputError: for values outside their range.
    """

    working_size: int = field(256, (STRIDE, 4096), "long side in pixels that the network sees")
    decoder: str = field(
        "annealed",
        DECODERS,
        "how a predicted distribution becomes a color; one that is asked for comes with saturation "
        "1 and without class weights, unless --saturation or --rebalancing ask for them",
    )
    temperature: float = field(
        0.38, (1e-3, 10.0), "of the decoder annealed and of --refine: 1 is the mean, lower vivid"
    )
    saturation: float = field(1.0, (0.0, 10.0), "factor on the chroma: 0 is grey, 1 as predicted")
    negative: bool = field(False, (), "invert it before anything else", group="originals")
    squeeze: float = field(
        1.0, (0.1, 10.0), "anamorphic: how much wider than here it is shown", group="originals"
    )
    levels: bool = field(
        True,
        (),
        "show a flat or dark one to the network with all its range; the lightness of the result "
        "stays that of the original",
        group="originals",
    )
    border: bool = field(
        True, (), "leave an even border or mount out of what is colorized", group="originals"
    )
    rebalancing: float = field(
        1.0, (0.0, 1.0), "share of the preset's class weights: 1 makes rare colors likelier"
    )
    smoothing: float = field(
        0.0, (0.0, 100.0), "sigma in the network's pixels that smooths class scores; 0 for none"
    )
    seed: int = field(0, (0, 2**31 - 1), "of the decoder sample and of --dropout on")
    dropout: str = field(
        "preset",
        ("preset", "on", "off"),
        "of networks that were trained with it: as the preset has it, on as their only noise, "
        "so that each seed gives another picture, or off",
    )
    style: object = field(
        None, (), "photograph whose global features (season, hour) are taken", metavar="PHOTO"
    )
    precision: str = field(
        "float32",
        ("auto", "float32", "bfloat16"),
        "of the network; with bfloat16 colors differ by some levels and by which pictures go "
        "together; auto takes it where the machine is fast in it",
    )
    runtime: str = field(
        "keras",
        ("keras", "openvino"),
        "what computes the network: openvino (extra `openvino`, processors alone) starts in a "
        "third of the time; it makes a file of each preset when that is first used",
    )
    palette: object = field(
        None, (), "photograph, or JSON of colors", metavar="FILE", group="palette"
    )
    palette_strength: float = field(0.5, (0.0, 1.0), "how far colors go there", group="palette")
    palette_mode: str = field(
        "transfer",
        ("transfer", "product"),
        "move the mean of the picture there, or multiply as in the paper",
        group="palette",
    )
    refine: object = field(
        "none",
        tuple(REFINEMENTS),
        "neighbors of equal lightness agree; takes the place of the decoder, keeps its temperature "
        "and class weights. mrf-paper has the published constants and starts from the network's "
        "own distribution",
        group="refinement",
    )
    hint_reach: float = field(
        60.0,
        (1.0, 10_000.0),
        "how far hints spread where the network does not take them: the length of a path, half of "
        "each pixel of the working size and what L* changes beyond 2, squared, on which they fade",
    )
    hints: object = field(None, (), "colors of pixels", group=None)

    def __post_init__(self):
        """Checks the values."""
        check(type(self), **vars(self))

    def record(self):
        """Values for JSON, the same whenever the options are: arrays by their checksum."""

        def plain(value):
            if dataclasses.is_dataclass(value):
                return vars(value)
            if isinstance(value, os.PathLike):
                return os.fspath(value)
            if isinstance(value, numbers.Real):
                return float(value)
            return f"sha256:{hashlib.sha256(value.tobytes()).hexdigest()}"

        refinement = REFINEMENTS[self.refine] if isinstance(self.refine, str) else self.refine
        return json.loads(json.dumps({**vars(self), "refine": refinement}, default=plain))


def add_arguments(parser):
    """Adds an argument for every option; one that is not given is None in what is parsed."""
    groups = {
        "options": parser,
        "originals": parser.add_argument_group("originals", "how the network sees a photograph"),
        "palette": parser.add_argument_group("palette", "what networks of bins lean to"),
        "refinement": parser.add_argument_group("refinement", "a Markov random field"),
    }
    kinds = {int: int, float: float, tuple: _numbers}

    def read(table, one, text):
        try:
            value = kinds.get(one.type, str)(text)
            check(table, **{one.name: value})
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error).replace("Exp", "exp")) from error
        return value

    for table, usual in ((Options, "options"), (Refinement, "refinement")):
        for one in dataclasses.fields(table):
            about, limits = one.metadata, one.metadata["limits"]
            if (group := about.get("group", usual)) is None:
                continue
            flag, default = f"--{one.name.replace('_', '-')}", one.default
            if one.type is bool:
                said = f"{about['help']} (default: {'yes' if default else 'no'})"
                how = {"action": argparse.BooleanOptionalAction, "default": None, "help": said}
                groups[group].add_argument(flag, **how)
                continue
            said = []
            if limits:
                names = isinstance(limits[0], str)
                said = [", ".join(limits) if names else f"{limits[0]:g} to {limits[1]:.10g}"]
            default = "the preset's" if one.name in FROM_PRESET else default
            default = "that of --refine" if table is Refinement else default
            said += [] if default is None else [f"default: {default}"]
            groups[group].add_argument(
                flag,
                type=functools.partial(read, table, one),
                metavar=about.get("metavar", one.name.upper().rpartition("_")[2]),
                help=about["help"] + (f" ({'; '.join(said)})" if said else ""),
            )


def _numbers(text):
    try:
        return tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(f"Expected numbers like 10,3,3, received {text!r}.") from error


def given_options(namespace):
    """Dict of the options that were given as arguments; `InputError` if they do not go together."""
    given = {name: value for name, value in vars(namespace).items() if value is not None}
    given.pop("hints", None)  # is a file that the command reads
    options = {name: given[name] for name in Options.__dataclass_fields__ if name in given}
    parameters = {name: given[name] for name in Refinement.__dataclass_fields__ if name in given}
    if parameters:
        refinement = REFINEMENTS[options.get("refine", "none")]
        if refinement is None:
            raise InputError(f"Expected --refine mrf with {flags(parameters)}.")
        options["refine"] = dataclasses.replace(refinement, **parameters)
    return options


def flags(names):
    """Names of options as the command spells them, for messages."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)
