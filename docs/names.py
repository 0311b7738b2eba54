"""Writes docs/names.md, the public names by room, from `__all__` and the docstrings.

python docs/names.py
"""

import ast
import importlib
import inspect
import pkgutil
from pathlib import Path

import keras_colorize

PAGE = Path(__file__).with_suffix(".md")


def main():
    """Writes the page."""
    rooms = [one.name for one in pkgutil.iter_modules(keras_colorize.__path__) if one.ispkg]
    modules = [f"keras_colorize.{room}" for room in sorted(rooms) if room != "cli"]
    constants = _constants(Path(keras_colorize.__file__).parent)
    modules = [importlib.import_module(name) for name in ("keras_colorize", *modules)]
    sections = [_section(module, constants) for module in modules]
    PAGE.write_text("\n\n".join(["# Public names", _HEAD, *sections]) + "\n", encoding="utf-8")


_HEAD = """What may be relied on, and for how long, is in [stability.md](stability.md). \
This page is written by `python docs/names.py`."""


def _section(module, constants):
    rows = [f"| `{name}` | {_line(module, name, constants)} |" for name in module.__all__]
    lines = [
        f"## {module.__name__}",
        "",
        _first(module.__doc__),
        "",
        "| name | what |",
        "|---|---|",
    ]
    return "\n".join([*lines, *rows])


def _line(module, name, constants):
    if name == "__version__":
        return "The version."
    value = getattr(module, name)
    described = callable(value) or inspect.ismodule(value)
    return _first(value.__doc__ if described else constants.get(name, "")).replace("|", "\\|")


def _first(text):
    """The first sentence or line of a docstring."""
    return " ".join(text.strip().partition("\n\n")[0].split())


def _constants(folder):
    """The texts under the constants of the package."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for before, node in zip(body, body[1:], strict=False):
            text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
            if isinstance(before, ast.Assign) and text:
                found[ast.unparse(before.targets[0])] = node.value.value
    return found


if __name__ == "__main__":
    main()
