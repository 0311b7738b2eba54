"""What no module may do, whichever room it is in, and where pages link to."""

import ast
import importlib
import re
import runpy
from pathlib import Path

import pytest
import setuptools

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
EXEMPT = ("call", "get_config", "build", "compute_output_shape")
EXEMPT += ("on_epoch_begin", "on_epoch_end", "on_test_end", "on_train_end")


def public_definitions(body):
    """Yields the public functions and classes, and the public methods in these."""
    for node in body:
        is_definition = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        if is_definition and not node.name.startswith("_"):
            yield node
            if isinstance(node, ast.ClassDef):
                yield from public_definitions(node.body)


def test_public_names_have_docstrings_and_errors_are_raised():
    for path in LIBRARY:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        assert ast.get_docstring(tree), path
        nodes = [node for node in public_definitions(tree.body) if node.name not in EXEMPT]
        assert [node.name for node in nodes if ast.get_docstring(node) is None] == [], path
        assert not any(isinstance(node, ast.Assert) for node in ast.walk(tree)), path


# Holds a lock, throws away what others print, writes, goes on with half a download.
# PyAV says when a disk is full.
WRITERS = {"keras_colorize/apps/bulk/runs.py", "keras_colorize/cli/__init__.py"}
WRITERS |= {"keras_colorize/io/atomic.py", "keras_colorize/presets/download.py"}
OPENS_A_FILE = re.compile(
    r"""\.write_(text|bytes)\(|(?<!av\.)(?<!\(\)\.)\bopen\((.*, *)?["'][rwax+bt]*[wax+]"""
)


def test_files_are_written_by_the_atomic_writer():
    writers = [path for path in LIBRARY if OPENS_A_FILE.search(path.read_text("utf-8"))]
    assert {str(path.relative_to(ROOT)) for path in writers} <= WRITERS


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


PATTERNS = "*.md", "docs/**/*.md", "saved_models/**/*.md"
PAGES = sorted(path for pattern in PATTERNS for path in ROOT.glob(pattern))
LINK = re.compile(r"\]\(([^)\s]+)\)")
CODE = re.compile(r"```.*?```|`[^`]*`", re.DOTALL)


def anchors(page):
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-") for text in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    text = CODE.sub("", page.read_text(encoding="utf-8"))
    for link in LINK.findall(text):
        if link.startswith("http"):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name) if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_what_the_image_copies_is_there():
    lines = re.findall(r"^COPY (.+) \S+$", (ROOT / "Dockerfile").read_text("utf-8"), re.MULTILINE)
    names = [name for line in lines for name in line.split()]
    assert {"setup.py", "keras_colorize"} <= set(names)
    assert all((ROOT / name).exists() for name in names)


def test_the_readme_is_short_and_whole_on_the_package_index(monkeypatch):
    given = {}
    monkeypatch.setattr(setuptools, "setup", given.update)
    runpy.run_path(str(ROOT / "setup.py"))
    description = given["long_description"]
    links = LINK.findall(CODE.sub("", description))
    assert all(link.startswith("http") for link in links)
    assert "![" not in description
    assert "keras-colorize colorize" in description
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 160
