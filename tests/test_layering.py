"""Imports run in one direction: the table below is the map of the package.

Every import counts, also those inside functions, those for type checkers, and
`importlib.import_module` with a literal name.
"""

import ast
import re
import runpy
import sys
from pathlib import Path

import setuptools

ROOT = Path(__file__).parents[1]
FILES = [*sorted((ROOT / "keras_colorize").rglob("*.py")), *(ROOT / "trainers").glob("*.py")]

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
    **dict.fromkeys(("evaluation", "export", "serving", "video", "web"), INFERENCE | {"inference"}),
    "study": {"color", "errors", "io"},
}
ROOMS["bulk"] = INFERENCE | {"inference", "export"}
# `prior` counts the colors that training sees, with the pipeline that training has.
ROOMS["cli"] = {"bulk", "data", "evaluation", "export", "serving", "study", "video", "web"}
ROOMS["cli"] |= ROOMS["evaluation"] | ROOMS["export"]
# Its names are loaded when they are first used, from the rooms that run on every backend.
ROOMS["__init__"] = set()
ROOMS["trainers"] = set(ROOMS) - {"cli"}

# Which rooms may import what from outside; `trainers` is a room here.
OUTSIDE = {
    "PIL": {"io", "trainers"},
    "absl": {"trainers"},
    "apache_beam": {"bulk"},
    "av": {"video"},
    "cv2": {"video"},
    "grpc": {"serving"},
    "jax": {"trainers"},
    "keras.src": set(),
    "matplotlib": {"evaluation", "training"},
    "numba": {"inference"},
    "requests": {"presets", "serving"},
    "torch": {"models", "presets"},
    "urllib3": {"serving"},
}
for name in ("tensorboard", "tensorflow", "tensorflow_serving"):
    OUTSIDE[name] = {"bulk", "data", "training", "export", "serving", "trainers"}
PRINTING_ROOMS = {"cli"}

# Distributions that are called otherwise than their module.
DISTRIBUTIONS = {"PIL": "pillow", "absl": "absl-py", "grpc": "grpcio"}
DISTRIBUTIONS["cv2"] = "opencv-python-headless"
DISTRIBUTIONS |= {
    "c2pa": "c2pa-python",
    "skimage": "scikit-image",
    "tensorflow_serving": "tensorflow-serving-api",
}


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
            called = ast.unparse(node.func).rpartition(".")[2]
            dynamic = called in ("__import__", "import_module", "find_spec")
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


def test_imports_follow_the_map_which_runs_in_one_direction():
    rooms, offenses = list(ROOMS), []
    assert all(below <= set(rooms[:i]) for i, below in enumerate(ROOMS.values()))
    for path in FILES:
        parts = path.relative_to(ROOT).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        module = ".".join(parts[:-1] if is_package else parts)
        room = room_of(module)
        assert room in ROOMS
        tree = ast.parse(path.read_text(encoding="utf-8"))
        package = module if is_package else module.rpartition(".")[0]
        names = [name for name in imported_names(tree, package) if not is_allowed(room, name)]
        offenses += [f"{module} imports {name}" for name in names]
        calls = [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]
        if "print" in calls and room not in PRINTING_ROOMS:
            offenses.append(f"{module} prints")
    assert offenses == []


def test_what_is_imported_is_declared_and_what_is_declared_is_imported(monkeypatch):
    setup = {}
    monkeypatch.setattr(setuptools, "setup", setup.update)
    runpy.run_path(str(ROOT / "setup.py"))
    groups = {"": setup["install_requires"], **setup["extras_require"]}
    declared = {
        name: {re.match(r"[\w-]+", one)[0].lower() for one in group}
        for name, group in groups.items()
        if not name.startswith("test")
    }
    imported = set()
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        imported |= {name.partition(".")[0] for name in imported_names(tree, "keras_colorize")}
    ours = {"keras_colorize", *(path.stem for path in (ROOT / "trainers").glob("*.py"))}
    imported -= ours | set(sys.stdlib_module_names)
    imported = {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in imported}
    assert imported - set().union(*declared.values()) == set()
    assert declared[""] - imported == set()
