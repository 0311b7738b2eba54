"""What no module may do, whichever room it is in."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LIBRARY = sorted((ROOT / "keras_colorize").rglob("*.py"))
EVERYTHING = LIBRARY + sorted(
    path
    for folder in ("trainers", "tests", "benchmarks", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
LONGEST_FILE = 350


def public_definitions(body, prefix=""):
    """Yields (name, node) of public functions and classes, and of the public methods in these."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name.startswith("_"):
                continue
            yield prefix + node.name, node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body, f"{node.name}.")


def without_docstring(source):
    """Lists the public names, and the module itself, that have no docstring."""
    tree = ast.parse(source)
    named = [("module", tree), *public_definitions(tree.body)]
    return [name for name, node in named if ast.get_docstring(node) is None]


def assertions(source):
    """Lists the lines with an `assert` statement."""
    return [node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Assert)]


def name_of(path):
    """The path as a test is named after it."""
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_public_names_have_docstrings(path):
    assert without_docstring(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", LIBRARY, ids=name_of)
def test_errors_are_raised_not_asserted(path):
    assert assertions(path.read_text(encoding="utf-8")) == []


def test_files_are_short_enough_to_read():
    lengths = {name_of(path): len(path.read_text("utf-8").splitlines()) for path in EVERYTHING}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_a_missing_docstring_is_caught():
    source = "class Shown:\n    def method(self): ...\n    def _own(self): ...\ndef _hidden(): ..."
    assert without_docstring(source) == ["module", "Shown", "Shown.method"]


def test_an_assertion_is_caught():
    assert assertions("def f(x):\n    if x:\n        assert x > 0\n") == [3]
