"""Imports run in one direction: the table below is the map of the package.

Every import counts, also those inside functions, those for type checkers, and
`importlib.import_module` with a literal name.
"""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FILES = [
    path
    for folder in ("keras_colorize", "trainers")
    for path in sorted((ROOT / folder).rglob("*.py"))
]

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
    "data": PARTS | {"io"},
    "training": PARTS | {"io", "losses", "metrics", "precision"},
    "models": MODELS,
    "presets": PRESETS,
    "inference": INFERENCE,
    "evaluation": INFERENCE | {"inference"},
    "video": INFERENCE | {"inference"},
    "export": INFERENCE | {"inference"},
    "study": {"color", "errors", "io"},
}
ROOMS["serving"] = INFERENCE | {"inference"}
ROOMS["bulk"] = INFERENCE | {"inference", "export"}
ROOMS["web"] = INFERENCE | {"inference"}
# `prior` counts the colors that training sees, with the pipeline that training has.
ROOMS["cli"] = {"bulk", "data", "evaluation", "export", "serving", "study", "video", "web"}
ROOMS["cli"] |= ROOMS["evaluation"] | ROOMS["export"]
# Its names are loaded when they are first used, from the rooms that run on every backend.
ROOMS["__init__"] = set()
ROOMS["trainers"] = set(ROOMS) - {"cli"}

# Which rooms may import what from outside; `trainers` is a room here.
TENSORFLOW_ROOMS = {"bulk", "data", "training", "export", "serving", "trainers"}
OUTSIDE = {
    "PIL": {"io", "trainers"},
    "absl": {"trainers"},
    "apache_beam": {"bulk"},
    "av": {"video"},
    "fastapi": {"web"},
    "gradio": {"web"},
    "grpc": {"serving"},
    "jax": {"trainers"},
    "keras.src": set(),
    "matplotlib": {"evaluation", "training"},
    "requests": {"serving"},
    "tensorboard": TENSORFLOW_ROOMS,
    "tensorflow": TENSORFLOW_ROOMS,
    "tensorflow_datasets": TENSORFLOW_ROOMS,
    "tensorflow_serving": TENSORFLOW_ROOMS,
    "torch": {"models", "presets"},
    "urllib3": {"serving"},
    "uvicorn": {"web"},
}
PRINTING_ROOMS = {"cli"}


def room_of(module):
    """The room of a dotted module name: `keras_colorize.color.lab` is in `color`."""
    parts = module.split(".")
    if parts[0] == "trainers":
        return "trainers"
    if parts[1:2] == ["__main__"]:
        return "cli"
    if parts[1:2] == ["apps"]:
        parts = parts[1:]
    return parts[1] if len(parts) > 1 else "__init__"


def imported_names(tree, package):
    """Yields every imported dotted name; `package` resolves the relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: len(package.split(".")) - node.level + 1]
            source = ".".join((parents if node.level else []) + ([node.module] * bool(node.module)))
            yield from (f"{source}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and node.args:
            dynamic = ast.unparse(node.func).rpartition(".")[2] in ("__import__", "import_module")
            if dynamic and isinstance(node.args[0], ast.Constant):
                yield node.args[0].value
        elif isinstance(node, ast.Attribute) and ast.unparse(node) == "keras.src":
            yield "keras.src"


def is_allowed(room, name):
    """Whether a room may import a dotted name."""
    parts = name.replace("keras_colorize.apps.", "keras_colorize.").split(".")
    if parts[0] == "trainers":
        return False
    if parts[0] != "keras_colorize":
        found = [rooms for one, rooms in OUTSIDE.items() if f"{name}.".startswith(f"{one}.")]
        return all(room in rooms for rooms in found)
    if len(parts) == 1 or (len(parts) == 2 and parts[1] not in ROOMS):
        return room in ("cli", "trainers") or parts[1:] == ["__version__"]
    return parts[1] == room or parts[1] in ROOMS[room]


@pytest.mark.parametrize("room", ROOMS)
def test_imports_follow_the_map(room):
    offenses = []
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        assert room_of(module) in ROOMS
        if room_of(module) != room:
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        package = module if is_package else module.rpartition(".")[0]
        names = [name for name in imported_names(tree, package) if not is_allowed(room, name)]
        offenses += [f"{module} imports {name}" for name in names]
        calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        if "print" in calls and room not in PRINTING_ROOMS:
            offenses.append(f"{module} prints")
    assert offenses == []


def test_the_map_has_no_cycle():
    for room, below in ROOMS.items():
        assert room not in below
        for lower in below:
            assert room not in ROOMS[lower], f"{room} and {lower} import each other"
