"""What each visitor of the page has for themselves, and when it is removed."""

import contextlib
import dataclasses
import os
import re
import secrets
import shutil
import threading
import time
from pathlib import Path

from keras_colorize.errors import InputError, expect
from keras_colorize.inference import point_hints
from keras_colorize.io import output_path, read_photograph
from keras_colorize.io.atomic import atomic_file, write_file
from keras_colorize.io.photograph import jpeg_bytes, small_pixels

VISITOR = 32
"""Characters of the name of a session that are those of its visitor."""

IDLE, GRACE = 3600.0, 300.0
"""Seconds that files stay without a request, and after the page was closed or hidden."""

PREVIEW_SIDE, PALETTE_SIDE = 1280, 256
"""Long sides of what the page shows and of reference pictures, in pixels."""

MOST_FILES, MOST_LARGEST = 10_000, 100
"""What a visitor may have in all: files, and times the largest upload."""

_BYTES = re.compile(r"""b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*\"""")


@dataclasses.dataclass(frozen=True)
class Limits:
    """What may be uploaded: megabytes (of 2^20 bytes) of a file, and its million pixels."""

    upload_mb: float = 100.0
    megapixels: float = 100.0

    def __post_init__(self):
        for name, value in vars(self).items():
            expect(value > 0, f"{name} above 0, received {value!r}")


@dataclasses.dataclass
class Photo:
    """An uploaded photograph with its files, its hints (x and y in 0..1, and color) and outcome.

    What the page shows of it in color is `after`, and what that was `made_of`.
    """

    name: str
    path: Path
    size: tuple
    preview: Path
    target: Path
    points: list = dataclasses.field(default_factory=list)
    outcome: object = None
    after: Path | None = None
    made_of: tuple = ()

    def hints_at(self, size):
        """The `Hints` for a copy of a size (height, width); None without any."""
        height, width = size
        points = [
            {"x": int(x * width), "y": int(y * height), "color": color}
            for x, y, color in self.points
        ]
        return point_hints(points, size) if points else None


@dataclasses.dataclass
class Session:
    """One visitor in one tab of a browser; nobody can guess the name of the folder."""

    folder: Path
    limits: Limits
    photos: list = dataclasses.field(default_factory=list)
    shown: int = 0
    palette: object = None
    expires: float = 0.0

    @property
    def archive(self):
        """Path of the ZIP file with all results."""
        return self.folder / "results" / "colorized.zip"

    def add(self, name, stream, length):
        """Takes a photograph of so many bytes; `InputError` if it is none or too large."""
        # Whatever a visitor calls a file, it stays in the folder and can be written.
        name = re.sub(r"[\x00-\x1f/\\]", "_", name)[-100:].strip(". ") or "photograph"
        path, photograph = self._take(name, stream, length)
        preview = path.with_name("preview.jpg")
        write_file(preview, jpeg_bytes(small_pixels(photograph, PREVIEW_SIDE)))
        target = wanted = output_path(name, name, self.archive.parent)
        taken, number = {self.archive.name, *(photo.target.name for photo in self.photos)}, 1
        while target.name.casefold() in map(str.casefold, taken):
            number += 1
            target = wanted.with_stem(f"{wanted.stem}-{number}")
        self.photos.append(Photo(name, path, photograph.pixels.shape[:2], preview, target))

    def set_palette(self, name, stream, length):
        """Takes a reference picture; raises as `add`."""
        self.palette = None
        path, photograph = self._take(name, stream, length)
        self.palette = small_pixels(photograph, PALETTE_SIDE)
        shutil.rmtree(path.parent)

    def clear(self):
        """Forgets everything and removes its files."""
        self.photos, self.shown, self.palette = [], 0, None
        for part in self.folder.iterdir():
            shutil.rmtree(part, ignore_errors=True)

    def _take(self, name, stream, length):
        """Writes an upload into a folder of its own and reads it."""
        suffix = re.search(r"(\.\w{1,5})?$", name, re.ASCII)[0]
        path = self.folder / secrets.token_hex(4) / f"original{suffix}"
        try:
            with atomic_file(path) as file:
                while length and (part := stream.read(min(length, 1 << 20))):
                    file.write(part)
                    length -= len(part)
                expect(not length, "a file that arrives whole; please add it again", path)
            return path, read_photograph(path, max_pixels=int(self.limits.megapixels * 1e6))
        except InputError as error:
            shutil.rmtree(path.parent, ignore_errors=True)
            # Nobody who sees the page can follow the library's own advice.
            advice = f": this page takes {self.limits.megapixels:g} megapixels"
            text = str(error).replace(f"{path}: ", "")
            text = text.replace(", or raise max_pixels where there is memory for it", advice)
            raise InputError(f"{name}: {_BYTES.sub('other bytes', text)}") from error


class Sessions:
    """All sessions, in a folder for each visitor; `clock` returns seconds."""

    def __init__(self, folder, limits=None, clock=time.monotonic):
        self.folder, self.limits, self.clock = Path(folder).resolve(), limits or Limits(), clock
        self._sessions, self._lock = {}, threading.Lock()

    def room(self, visitor):
        """Bytes that a visitor may still upload."""
        sizes = []
        for path in (self.folder / visitor).rglob("*"):
            # Others are at work in there.
            with contextlib.suppress(OSError):
                sizes.append(path.stat().st_size)
        most = MOST_LARGEST * self.limits.upload_mb * 2**20
        return most - sum(sizes) if len(sizes) < MOST_FILES else 0

    def get(self, key):
        """The `Session` of a name, whose first `VISITOR` characters name its visitor."""
        with self._lock:
            if key not in self._sessions:
                own = self.folder / key[:VISITOR] / secrets.token_urlsafe(16)
                own.mkdir(parents=True, mode=0o700)
                self._sessions[key] = Session(own, self.limits)
            session = self._sessions[key]
            session.expires = self.clock() + IDLE
        return session

    def leave(self, key):
        """Says that the page was closed."""
        with self._lock:
            if key in self._sessions:
                self._sessions[key].expires = self.clock() + GRACE

    def sweep(self):
        """Removes what has expired."""
        with self._lock:
            old = [key for key, one in self._sessions.items() if one.expires < self.clock()]
            removed = [self._sessions.pop(key) for key in old]
        for session in removed:
            shutil.rmtree(session.folder, ignore_errors=True)

    def close(self):
        """Removes everything."""
        with self._lock:
            self._sessions.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


def own_file(path, folder):
    """The path of a regular file inside a folder; None for a link, a device or another spelling."""
    with contextlib.suppress(OSError, ValueError):
        inside = path.startswith(f"{folder}{os.sep}") and os.path.realpath(path) == path
        return path if inside and os.path.isfile(path) else None
    return None
