"""What no module may do, whichever room it is in."""

import ast
import importlib
import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = sorted((ROOT / "keras_colorize").rglob("*.py"))
FOLDERS = ("trainers", "tests", "benchmarks", "examples")
EVERYTHING = LIBRARY + [path for one in FOLDERS for path in sorted((ROOT / one).rglob("*.py"))]
PACKAGES = sorted(
    ".".join(path.parent.relative_to(ROOT).parts)
    for path in LIBRARY
    if path.name == "__init__.py" and "__all__" in path.read_text(encoding="utf-8")
)
LONGEST_FILE = 450
DISTRIBUTIONS = {"PIL": "pillow", "absl": "absl-py", "av": "av", "grpc": "grpcio"}
DISTRIBUTIONS |= {"skimage": "scikit-image", "tensorflow_serving": "tensorflow-serving-api"}
"""Distributions that are called otherwise than their module."""


def public_definitions(body, prefix=""):
    """Yields (name, node) of public functions and classes, and of the public methods in these."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{node.name}.")


def test_public_names_have_docstrings_and_errors_are_raised():
    for path in LIBRARY:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [("module", tree), *public_definitions(tree.body)]
        missing = [name for name, node in named if ast.get_docstring(node) is None]
        exempt = ("call", "get_config", "build", "compute_output_shape")
        missing = [name for name in missing if name.rpartition(".")[2] not in exempt]
        assert missing == [], path
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree)), path


# Appends a line that is flushed, and throws away what others print. PyAV says when a disk is full.
OTHER_WRITERS = {"keras_colorize/apps/bulk/manifest.py", "keras_colorize/cli/__init__.py"}
OPENS_A_FILE = re.compile(
    r"""\.write_(text|bytes)\(|(?<!av\.)(?<!\(\)\.)\bopen\((.*, *)?["'][rwax+bt]*[wax+]"""
)


def test_files_are_written_by_the_atomic_writer():
    writers = {
        str(path.relative_to(ROOT))
        for path in LIBRARY
        if OPENS_A_FILE.search(path.read_text("utf-8"))
    }
    assert writers <= OTHER_WRITERS | {"keras_colorize/io/atomic.py"}


def test_files_are_short_enough_to_read():
    lengths = {str(path): len(path.read_text("utf-8").splitlines()) for path in EVERYTHING}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_no_file_name_appears_twice_in_the_package():
    names = [path.name for path in LIBRARY if path.name != "__init__.py"]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_there(package):
    module = importlib.import_module(package)
    assert len(set(module.__all__)) == len(module.__all__)
    for name in module.__all__:
        assert getattr(module, name) is not None


def test_what_is_imported_is_declared_and_what_is_declared_is_imported():
    setup = (ROOT / "setup.py").read_text(encoding="utf-8")
    keywords = next(
        {keyword.arg: keyword.value for keyword in node.keywords}
        for node in ast.walk(ast.parse(setup))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "setup"
    )
    groups = {"": keywords["install_requires"]}
    extras = keywords["extras_require"]
    groups |= {key.value: value for key, value in zip(extras.keys, extras.values, strict=True)}
    declared = {
        name: {re.match(r"[\w-]+", one.value)[0].lower() for one in group.elts}
        for name, group in groups.items()
        if not name.startswith("test")
    }
    ours = {"keras_colorize", *(path.stem for path in (ROOT / "trainers").glob("*.py"))}
    imported = set()
    for path in [*LIBRARY, *(ROOT / "trainers").glob("*.py")]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                names = [node.module]
            elif isinstance(node, ast.Call) and node.args:
                called = ast.unparse(node.func).rpartition(".")[2]
                if called in ("import_module", "find_spec"):
                    names = [getattr(node.args[0], "value", "")]
            imported |= {str(name).partition(".")[0] for name in names}
    imported -= ours | set(sys.stdlib_module_names) | {""}
    imported = {DISTRIBUTIONS.get(name, name.replace("_", "-")) for name in imported}
    assert imported - set().union(*declared.values()) == set()
    assert declared[""] - imported == set()
