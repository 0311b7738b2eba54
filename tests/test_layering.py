"""Imports run in one direction: the table below is the map of the package.

Every import counts, also those inside functions, those for type checkers, and
`importlib.import_module` with a literal name.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# What each room may import. A new room must be added here.
BINS = {"color", "errors"}
PARTS = BINS | {"bins"}
MODELS = PARTS | {"layers", "losses", "metrics"}
PRESETS = MODELS | {"models", "io"}
INFERENCE = PRESETS | {"presets", "precision"}
ROOMS = {
    "errors": set(),
    "color": {"errors"},
    "io": {"errors"},
    "precision": {"errors"},
    "bins": BINS,
    "layers": PARTS,
    "losses": PARTS,
    "metrics": PARTS,
    "data": PARTS,
    "training": PARTS | {"losses", "metrics", "precision"},
    "models": MODELS,
    "presets": PRESETS,
    "inference": INFERENCE,
    "evaluation": INFERENCE | {"inference"},
    "video": INFERENCE | {"inference"},
    "export": (INFERENCE | {"inference"}) - {"io"},
    "study": {"color", "errors", "io"},
}
ROOMS["serving"] = INFERENCE | {"inference"}
ROOMS["bulk"] = INFERENCE | {"inference", "export"}
ROOMS["web"] = INFERENCE | {"inference"}
# `prior` counts the colors that training sees, with the pipeline that training has.
ROOMS["cli"] = {"bulk", "data", "evaluation", "export", "serving", "study", "video", "web"}
ROOMS["cli"] |= ROOMS["evaluation"] | ROOMS["export"]
# `import keras_colorize` registers classes and offers names on every backend.
ROOMS["__init__"] = set(ROOMS) - {"bulk", "cli", "data", "training", "export", "study", "video"}
ROOMS["__init__"] -= {"serving", "web"}
ROOMS["trainers"] = set(ROOMS) - {"cli"}

# Which rooms may import what from outside; `trainers` is a room here.
TENSORFLOW_ROOMS = {"bulk", "data", "training", "export", "serving", "trainers"}
OUTSIDE = {
    "PIL": {"io"},
    "absl": {"trainers"},
    "apache_beam": {"bulk"},
    "av": {"video"},
    "fastapi": {"web"},
    "gradio": {"web"},
    "grpc": {"serving"},
    "jax": set(),
    "keras.src": set(),
    "matplotlib": {"evaluation", "training"},
    "tensorboard": TENSORFLOW_ROOMS,
    "tensorflow": TENSORFLOW_ROOMS,
    "tensorflow_datasets": TENSORFLOW_ROOMS,
    "tensorflow_serving": TENSORFLOW_ROOMS,
    "torch": set(),
    "uvicorn": {"web"},
}
PRINTING_ROOMS = {"cli"}


def room_of(module):
    """The room of a dotted module name: `keras_colorize.color.lab` is in `color`."""
    parts = module.split(".")
    if parts[0] == "trainers":
        return "trainers"
    if parts[1:2] == ["apps"]:
        parts = parts[1:]
    return parts[1] if len(parts) > 1 else "__init__"


def imported_names(tree, package):
    """Yields (line, dotted name) for every import; `package` resolves the relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join((parents if node.level else []) + ([node.module] * bool(node.module)))
            yield from ((node.lineno, f"{source}.{alias.name}") for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func)
            target = node.args[0]
            dynamic = name in ("__import__", "import_module", "importlib.import_module")
            if dynamic and isinstance(target, ast.Constant):
                yield node.lineno, target.value
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "keras.src":
            yield node.lineno, "keras.src"


def inside_violation(room, name):
    """Says what is wrong with importing a name of this project, or returns None."""
    name = name.replace("keras_colorize.apps.", "keras_colorize.")
    parts = name.split(".")
    if parts[0] == "trainers":
        return "imports the trainers"
    if name == "keras_colorize" or (len(parts) == 2 and parts[1] not in ROOMS):
        allowed = room in ("cli", "trainers") or name == "keras_colorize.__version__"
        return None if allowed else "imports the package as a whole"
    if parts[1] == room or parts[1] in ROOMS[room]:
        return None
    return f"room {room!r} imports {name}"


def outside_violation(room, name):
    """Says what is wrong with importing a third party's name, or returns None."""
    for package, rooms in OUTSIDE.items():
        if f"{name}.".startswith(f"{package}.") and room not in rooms:
            return f"room {room!r} imports {package}"
    return None


def violations(source, module, is_package=False):
    """Lists `module:line: reason` for each import or print that breaks a rule."""
    room = room_of(module)
    if room not in ROOMS:
        return [f"{module}:1: unknown room {room!r}"]
    tree = ast.parse(source)
    package = module if is_package else module.rpartition(".")[0]
    found = []
    for line, name in imported_names(tree, package):
        inside = name.split(".")[0] in ("keras_colorize", "trainers")
        reason = inside_violation(room, name) if inside else outside_violation(room, name)
        found += [(line, reason)] if reason else []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "print":
            found += [(node.lineno, "prints")] if room not in PRINTING_ROOMS else []
    return [f"{module}:{line}: {reason}" for line, reason in found]


def source_files():
    """Every Python file of the library and the trainers."""
    return sorted(
        path for folder in ("keras_colorize", "trainers") for path in (ROOT / folder).rglob("*.py")
    )


@pytest.mark.parametrize("path", source_files(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_follows_the_map(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    is_package = parts[-1] == "__init__"
    module = ".".join(parts[:-1] if is_package else parts)
    assert violations(path.read_text(encoding="utf-8"), module, is_package) == []


def test_the_map_has_no_cycle():
    for room, below in ROOMS.items():
        assert room not in below
        for lower in below:
            assert room not in ROOMS[lower], f"{room} and {lower} import each other"


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("keras_colorize.color.lab", "import keras_colorize.bins"),
        ("keras_colorize.color.lab", "from keras_colorize.bins import gamut"),
        ("keras_colorize.color.lab", "from keras_colorize import bins"),
        ("keras_colorize.color.lab", "from ..bins import gamut"),
        ("keras_colorize.color.lab", "def f():\n    from keras_colorize.models import iizuka16"),
        ("keras_colorize.color.lab", "import keras_colorize"),
        ("keras_colorize.color.lab", "from keras_colorize import rgb_to_lab"),
        ("keras_colorize.layers.fusion", "from keras_colorize.losses import huber_penalty"),
        ("keras_colorize.layers.fusion", "import tensorflow as tf"),
        ("keras_colorize.layers.fusion", "import importlib\nimportlib.import_module('jax.numpy')"),
        ("keras_colorize.models.iizuka16", "def f():\n    import tensorflow.nn"),
        ("keras_colorize.models.iizuka16", "import keras.src.layers"),
        ("keras_colorize.models.iizuka16", "from keras import src"),
        ("keras_colorize.models.iizuka16", "import keras\nkeras.src.ops.abs(1)"),
        ("keras_colorize.presets.names", "from keras_colorize.inference import Colorizer"),
        ("keras_colorize.training.loop", "from keras_colorize.models import iizuka16"),
        ("keras_colorize.training.loop", "from keras_colorize.data import pictures"),
        ("keras_colorize.training.loop", "from absl import flags"),
        ("keras_colorize.inference.colorizer", "from keras_colorize.data import pictures"),
        ("keras_colorize.inference.colorizer", "from keras_colorize.training import loop"),
        ("keras_colorize.inference.colorizer", "from PIL import Image"),
        ("keras_colorize.export.signatures", "from keras_colorize.io import read_photograph"),
        ("keras_colorize.data.pictures", "import PIL.Image"),
        ("keras_colorize.data.pictures", "import matplotlib.pyplot as plt"),
        ("keras_colorize.cli", "from trainers import train_fusion"),
        ("keras_colorize.cli", "import tensorflow"),
        ("keras_colorize.io.reading", "print('reading')"),
        ("keras_colorize.unheard_of.module", ""),
        ("keras_colorize", "from keras_colorize import cli"),
        ("trainers.train_fusion", "from trainers import train_distribution"),
        ("trainers.train_fusion", "print('done')"),
    ],
)
def test_a_violation_is_caught(module, source):
    assert len(violations(source, module, is_package=module.count(".") == 0)) == 1


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("keras_colorize.bins.grid", "from keras_colorize.color import rgb_to_lab"),
        ("keras_colorize.bins.grid", "from . import gamut\nfrom .gamut import GRID"),
        ("keras_colorize.bins.grid", "from keras import ops\nimport numpy as np"),
        ("keras_colorize.data.pictures", "import tensorflow as tf"),
        ("keras_colorize.io.reading", "from PIL import Image"),
        ("keras_colorize.evaluation.sheet", "import matplotlib.pyplot as plt"),
        ("keras_colorize.export.signatures", "from keras_colorize import __version__"),
        ("keras_colorize.cli", "from keras_colorize.evaluation import table\nprint(table)"),
        ("trainers.train_fusion", "from absl import app\nfrom keras_colorize.models import x"),
    ],
)
def test_what_is_allowed_passes(module, source):
    assert violations(source, module) == []
