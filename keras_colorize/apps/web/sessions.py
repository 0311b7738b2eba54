"""What each visitor of the page has for themselves, and when it is removed."""

import contextlib
import dataclasses
import os
import re
import secrets
import shutil
import stat
import threading
import time
from pathlib import Path

from keras_colorize.errors import InputError
from keras_colorize.io import (
    PhotographError,
    jpeg_bytes,
    output_path,
    read_photograph,
    small_pixels,
)
from keras_colorize.io.atomic import write_file

VISITOR = 32
"""Characters of the name of a session that are those of its visitor."""

UPLOADS, RESULTS = "uploads", "results"
"""Folders for what has arrived and is not yet taken, and for a session's colorized photographs."""

IDLE, GRACE = 3600.0, 300.0
"""Seconds that files stay without a request, and after the page was closed or hidden."""

PREVIEW_SIDE, THUMBNAIL_SIDE, PALETTE_SIDE = 1280, 240, 256
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
            if not value > 0:
                raise InputError(f"Expected {name} above 0, received {value!r}.")


@dataclasses.dataclass
class Photo:
    """An uploaded photograph with its files, its hints (shares of its sides) and outcome."""

    name: str
    path: Path
    size: tuple
    preview: Path
    thumbnail: Path
    target: Path
    points: list = dataclasses.field(default_factory=list)
    outcome: object = None

    def points_at(self, size):
        """The hints in pixels of a copy of a size (height, width): dicts of x, y and color."""
        height, width = size
        return [
            {"x": min(int(x * width), width - 1), "y": min(int(y * height), height - 1), "color": c}
            for x, y, c in self.points
        ]


@dataclasses.dataclass
class Session:
    """One visitor in one tab of a browser; nobody can guess the name of the folder."""

    folder: Path
    limits: Limits = Limits()
    photos: list = dataclasses.field(default_factory=list)
    shown: int = 0
    palette: object = None
    faults: list = dataclasses.field(default_factory=list)
    expires: float = 0.0

    @property
    def photo(self):
        """The `Photo` that is shown, or None."""
        return self.photos[self.shown] if self.photos else None

    @property
    def archive(self):
        """Path of the ZIP file with all results."""
        return self.folder / RESULTS / "colorized.zip"

    def add(self, paths):
        """Takes uploaded photographs and shows the first; files that are none become faults."""
        before, self.faults = len(self.photos), []
        for path in map(Path, paths or ()):
            if taken := self._take(path):
                kept, photograph = taken
                copies = kept.with_name("preview.jpg"), kept.with_name("thumbnail.jpg")
                for copy, side in zip(copies, (PREVIEW_SIDE, THUMBNAIL_SIDE), strict=True):
                    write_file(copy, jpeg_bytes(small_pixels(photograph, side)))
                size, target = photograph.pixels.shape[:2], self._target(path.name)
                self.photos.append(Photo(path.name, kept, size, *copies, target))
        if len(self.photos) > before:
            self.shown = before

    def set_palette(self, path):
        """Takes an uploaded reference picture, None for none; a file that is none is a fault."""
        self.palette, self.faults = None, []
        if path is not None and (taken := self._take(Path(path))):
            kept, photograph = taken
            self.palette = small_pixels(photograph, PALETTE_SIDE)
            shutil.rmtree(kept.parent)

    def remove_hints(self, start):
        """Removes the hints of the shown photograph from one on."""
        if self.photo:
            del self.photo.points[start:]

    def clear(self):
        """Forgets everything and removes its files."""
        self.photos, self.shown, self.faults, self.palette = [], 0, [], None
        for part in self.folder.iterdir():
            shutil.rmtree(part, ignore_errors=True)

    def _take(self, path):
        """Moves an upload into a folder of its own and reads it; None and a fault if it is bad."""
        # Whatever a path came by, nothing but an upload of this visitor is opened.
        if own_file(str(path), self.folder.parent / UPLOADS) is None:
            self.faults.append(f"{path.name}: expected a file that arrived whole; please add it.")
            return None
        folder = self.folder / secrets.token_hex(4)
        folder.mkdir()
        # The suffix alone: no name that a visitor chose can lead out of the folder.
        kept = path.rename(folder / f"original{path.suffix}")
        try:
            return kept, read_photograph(kept, max_pixels=int(self.limits.megapixels * 1e6))
        except PhotographError as error:
            shutil.rmtree(folder)
            text = _BYTES.sub("other bytes", str(error).removeprefix(f"{kept}: "))
            # Nobody who sees the page can follow the library's own advice.
            advice = f": this page takes {self.limits.megapixels:g} megapixels"
            text = text.replace(", or raise max_pixels where there is memory for it", advice)
            self.faults.append(f"{path.name}: {text}")
            return None

    def _target(self, name):
        target = wanted = output_path(name, name, self.folder / RESULTS)
        taken, number = {photo.target.name.casefold() for photo in self.photos}, 1
        while target.name.casefold() in taken:
            number += 1
            target = wanted.with_stem(f"{wanted.stem}-{number}")
        return target


class Sessions:
    """All sessions, in a folder for each visitor; `clock` returns seconds."""

    def __init__(self, folder, limits=None, clock=time.monotonic):
        self.folder, self.limits, self.clock = Path(folder).resolve(), limits or Limits(), clock
        self._sessions, self._lock = {}, threading.Lock()

    def folder_of(self, visitor):
        """Folder of all files of a visitor, of all their sessions."""
        return self.folder / visitor

    def room(self, visitor):
        """Bytes that a visitor may still upload."""
        sizes = []
        for path in self.folder_of(visitor).rglob("*"):
            # Others are at work in there.
            with contextlib.suppress(OSError):
                sizes.append(path.stat().st_size)
        most = MOST_LARGEST * self.limits.upload_mb * 2**20
        return most - sum(sizes) if len(sizes) < MOST_FILES else 0

    def get(self, key):
        """The `Session` of a name, whose first `VISITOR` characters name its visitor."""
        with self._lock:
            if key not in self._sessions:
                own = self.folder_of(key[:VISITOR]) / secrets.token_urlsafe(16)
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
        """Removes what has expired, what arrived and was not taken, and what gradio leaves."""
        with self._lock:
            now = self.clock()
            old = [key for key, session in self._sessions.items() if session.expires < now]
            removed = [self._sessions.pop(key) for key in old]
        for session in removed:
            shutil.rmtree(session.folder, ignore_errors=True)
        for pattern in (f"*/{UPLOADS}/*/*/*", f"*/{UPLOADS}/*/*", f"*/{UPLOADS}/*", "*"):
            for path in self.folder.glob(pattern):
                with contextlib.suppress(OSError):
                    if path.stat().st_mtime < time.time() - IDLE:
                        path.rmdir() if path.is_dir() else path.unlink()

    def result(self, visitor, token, name):
        """Path of a finished file of a visitor's session, None if there is none of that name."""
        folder = self.folder_of(visitor) / token
        with self._lock:
            for session in self._sessions.values():
                if session.folder == folder:
                    session.expires = self.clock() + IDLE
        return own_file(f"{folder / RESULTS / name}", folder / RESULTS)

    def close(self):
        """Removes everything."""
        with self._lock:
            self._sessions.clear()
        shutil.rmtree(self.folder, ignore_errors=True)


def own_file(path, folder):
    """The path of a regular file inside a folder; None for a link, a device or another spelling."""
    with contextlib.suppress(OSError, ValueError):
        inside = path.startswith(f"{folder}{os.sep}") and os.path.realpath(path) == path
        if inside and stat.S_ISREG(os.lstat(path).st_mode):
            return path
    return None
