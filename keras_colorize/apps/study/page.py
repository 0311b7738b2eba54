"""One self-contained page, and the key that stays with whoever asks."""

import base64
import dataclasses
import hashlib
import json
from importlib import resources
from pathlib import Path

from keras_colorize import __version__
from keras_colorize.io import jpeg_bytes
from keras_colorize.io.atomic import atomic_file

KEY_FORMAT = "keras-colorize study key 1"
VOTES_FORMAT = "keras-colorize study votes 1"

MOST_BYTES = 100_000_000
"""Largest page; browsers of phones fail on larger ones."""

_TITLES = {"naturalness": "Natural or not?", "real-or-colorized": "Real or colorized?"}


@dataclasses.dataclass(frozen=True)
class Study:
    """A study before it is written.

    Attributes:
        kind: `naturalness` or `real-or-colorized`.
        data: what the page needs beside its pictures; it names nothing but opaque ids.
        pictures: dict of opaque id to JPEG bytes.
        meaning: dict of opaque id to dict with the method, the relative path and the part.
        settings: dict of what the study was made with, the seed among it.
    """

    kind: str
    data: dict
    pictures: dict
    meaning: dict
    settings: dict


class Pictures:
    """Gives pictures opaque ids and keeps what they mean apart.

    Args:
        generator: numpy.random.Generator that draws the ids.

    Attributes:
        encoded: dict of id to JPEG bytes.
        meaning: dict of id to dict with method, path and part.
        longest_side: of all pictures, in pixels; the place that the page keeps for them.
    """

    def __init__(self, generator):
        self.generator = generator
        self.encoded = {}
        self.meaning = {}
        self.longest_side = 0

    def add(self, pixels, method, path, part="test"):
        """Adds a picture.

        Args:
            pixels: uint8 array (h, w, 3), sRGB.
            method: name of the method.
            path: relative path of the photograph.
            part: `test`, `practice` or `catch`.

        Returns:
            Opaque id.
        """
        picture = self.generator.bytes(8).hex()
        self.encoded[picture] = jpeg_bytes(pixels)
        self.longest_side = max(self.longest_side, *pixels.shape[:2])
        self.meaning[picture] = {"method": method, "path": path, "part": part}
        check_size(sum(map(len, self.encoded.values())) * 4 // 3)
        return picture


def check_size(size):
    """Refuses a page that is too large.

    Args:
        size: bytes.

    Raises:
        ValueError: if browsers would not show it.
    """
    if size > MOST_BYTES:
        raise ValueError(
            f"expected a page of at most {MOST_BYTES / 1e6:.0f} MB, got more: lower --size or the "
            "number of pictures"
        )


def render(study):
    """Builds the page and its key.

    Args:
        study: Study.

    Returns:
        The page as text and the key as a dict. The page's id is a digest of all that it shows.
    """
    # Sorted by their random ids, pictures come in an order that says nothing.
    pictures = {
        name: base64.b64encode(study.pictures[name]).decode() for name in sorted(study.pictures)
    }
    data = {"kind": study.kind, "format": VOTES_FORMAT, **study.data, "pictures": pictures}
    page = hashlib.sha256(_json(data).encode()).hexdigest()[:16]
    key = {"format": KEY_FORMAT, "page": page, "kind": study.kind, "version": __version__}
    key |= study.settings | {"pictures": study.meaning}
    return _fill(study.kind, _json({"page": page, **data})), key


def _fill(kind, data):
    style = _part("study.css")
    script = _part("session.js") + _part(f"{kind.replace('-', '_')}.js")
    parts = {
        "title": _TITLES[kind],
        # Nothing may be loaded, sent or run but what stands in the page.
        "policy": f"default-src 'none'; img-src data:; style-src {_digest(style)}; "
        f"script-src {_digest(script)}; base-uri 'none'; form-action 'none'",
        "style": style,
        "script": script,
        "data": data,
    }
    page = _part("study.html")
    for name, text in parts.items():
        page = page.replace(f"[[{name}]]", text)
    return page


def _part(name):
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")


def _digest(text):
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _json(value):
    # "</script>" inside a string would end the element that holds it.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")


def check_paths(path, overwrite=False):
    """Says where page and key go, before the pictures are read.

    Args:
        path: path of the page, `.html`; `page.html` has the key `page.key.json`.
        overwrite: whether existing files are replaced.

    Returns:
        Path of the page and Path of its key.

    Raises:
        ValueError: if the page is not called `.html`, or one exists and is not to be replaced.
    """
    path = Path(path)
    if path.suffix.lower() not in (".html", ".htm"):
        raise ValueError(f"{path}: expected a page that ends in .html")
    paths = path, path.with_suffix(".key.json")
    for existing in paths:
        if existing.exists() and not overwrite:
            raise ValueError(f"{existing}: expected a new file, but it exists (--overwrite)")
    return paths


def write_study(study, path, overwrite=False):
    """Writes the page and, beside it, its key.

    Args:
        study: Study.
        path: path of the page, `.html`.
        overwrite: whether existing files are replaced.

    Returns:
        Path of the key and the size of the page in bytes.

    Raises:
        PhotographError: if a file cannot be written.
        ValueError: if the page is too large, or its path is refused by `check_paths`.
    """
    page, key = render(study)
    check_size(len(page))
    page_path, key_path = check_paths(path, overwrite)
    # Both files are open before one appears: a page without its key would be of no use.
    with atomic_file(page_path, overwrite) as stream, atomic_file(key_path, overwrite) as beside:
        stream.write(page.encode())
        beside.write(json.dumps(key, indent=1).encode())
    return key_path, len(page)
