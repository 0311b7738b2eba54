"""One self-contained page, and the key that stays with whoever asks."""

import base64
import hashlib
import json
from importlib import resources
from pathlib import Path

from keras_colorize import __version__
from keras_colorize.errors import InputError
from keras_colorize.io.atomic import atomic_file

KEY_FORMAT = "keras-colorize study key 1"
VOTES_FORMAT = "keras-colorize study votes 1"

_TITLES = {"naturalness": "Natural or not?", "real-or-colorized": "Real or colorized?"}


def check_paths(path, overwrite=False):
    """Returns the paths of page and key: `page.html` has the key `page.key.json`.

    Raises InputError if the page is not called `.html`, or one exists and none is replaced.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise InputError(f"{path}: expected a page that ends in .html")
    paths = path, path.with_suffix(".key.json")
    for existing in paths:
        if existing.exists() and not overwrite:
            raise InputError(f"{existing}: expected a new file, but it exists (--overwrite)")
    return paths


def write_study(study, path, overwrite=False):
    """Writes the page of a `Study` and its key; the page's id is a digest of all that it shows.

    Returns the path of the key and the size of the page in bytes. Raises InputError as
    `check_paths`, and PhotographError if a file cannot be written.
    """
    # Sorted by their random ids, pictures come in an order that says nothing.
    pictures = {
        name: base64.b64encode(content).decode() for name, content in sorted(study.pictures.items())
    }
    data = {"kind": study.kind, "format": VOTES_FORMAT, **study.data, "pictures": pictures}
    number = hashlib.sha256(_json(data).encode()).hexdigest()[:16]
    key = {"format": KEY_FORMAT, "page": number, "kind": study.kind, "version": __version__}
    key |= study.settings | {"pictures": study.meaning}
    page = _filled(study.kind, _json({"page": number, **data}))
    page_path, key_path = check_paths(path, overwrite)
    # Both files are open before one appears: a page without its key would be of no use.
    with atomic_file(page_path, overwrite) as stream, atomic_file(key_path, overwrite) as beside:
        stream.write(page.encode())
        beside.write(json.dumps(key, indent=1).encode())
    return key_path, len(page)


def _filled(kind, data):
    folder = resources.files(__package__)
    names = ("study.html", "study.css", "session.js", f"{kind.replace('-', '_')}.js")
    page, style, *scripts = (folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    parts = {
        "title": _TITLES[kind],
        # Nothing may be loaded, sent or run but what stands in the page.
        "policy": f"default-src 'none'; img-src data:; style-src {_digest(style)}; "
        f"script-src {_digest(''.join(scripts))}; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": "".join(scripts),
        "data": data,
    }
    for name, text in parts.items():
        page = page.replace(f"[[{name}]]", text)
    return page


def _digest(text):
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _json(value):
    # "</script>" inside a string would end the element that holds it.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
