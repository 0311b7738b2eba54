"""What each visitor of the page has for themselves, and when it is removed."""

import contextlib
import dataclasses
import os
import secrets
import shutil
import stat
import threading
import time
from pathlib import Path

IDLE = 3600.0
"""Seconds without a request after which the files of a visitor are removed."""

GRACE = 300.0
"""The same after the page was closed; a telephone closes it when it looks elsewhere."""

VISITOR = 32
"""Characters of the name of a session that are those of its visitor."""

UPLOADS = "uploads"
"""Folder of a visitor for what has arrived and is not yet taken by a session."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """What may be uploaded.

    Attributes:
        upload_mb: most megabytes (of 1024 x 1024 bytes) of one file.
        megapixels: most million pixels of one photograph.

    Raises:
        ValueError: for values that are not above 0.
    """

    upload_mb: float = 100.0
    megapixels: float = 100.0

    def __post_init__(self):
        """Checks the values."""
        for name, value in vars(self).items():
            if not value > 0:
                raise ValueError(f"Expected {name} above 0, received {value!r}.")


@dataclasses.dataclass
class Photo:
    """One uploaded photograph.

    Attributes:
        name: its file name, as uploaded.
        path: the file, never changed.
        size: `(height, width)` of the upright photograph.
        preview: JPEG of it, small enough for a screen.
        thumbnail: JPEG of it, smaller still.
        target: path of the colorized photograph.
        points: hints, see `point_hints`; pixels of the upright photograph at its full size.
        outcome: what became of it, an `Outcome`, or None.
    """

    name: str
    path: Path
    size: tuple
    preview: Path
    thumbnail: Path
    target: Path
    points: list = dataclasses.field(default_factory=list)
    outcome: object = None


@dataclasses.dataclass
class Session:
    """One visitor.

    Attributes:
        folder: folder of all files of the session; nobody can guess its name.
        photos: list of `Photo`s.
        shown: number of the photograph that the page shows.
        palette: uint8 array (h, w, 3) of the reference picture, or None.
        reference: path of a JPEG of it, or None.
        faults: sentences on files that could not be taken.
        expires: when the files are removed, by the clock of the `Sessions`.
    """

    folder: Path
    photos: list = dataclasses.field(default_factory=list)
    shown: int = 0
    palette: object = None
    reference: object = None
    faults: list = dataclasses.field(default_factory=list)
    expires: float = 0.0

    @property
    def token(self):
        """Name of the folder, the part of an address that is secret."""
        return self.folder.name

    @property
    def uploads(self):
        """Folder of what its visitor has uploaded."""
        return self.folder.parent / UPLOADS

    @property
    def photo(self):
        """The `Photo` that is shown, or None."""
        return self.photos[self.shown] if self.photos else None

    @property
    def archive(self):
        """Path of the ZIP file with all results."""
        return self.folder / "results" / "colorized.zip"

    def clear(self):
        """Forgets everything and removes its files."""
        self.photos, self.shown, self.faults = [], 0, []
        self.palette = self.reference = None
        for part in self.folder.iterdir():
            shutil.rmtree(part, ignore_errors=True)


class Sessions:
    """All visitors, each with a folder of their own.

    Args:
        folder: folder to make theirs in; it is removed by `close`.
        clock: function that returns seconds.
    """

    def __init__(self, folder, clock=time.monotonic):
        self.folder, self.clock = Path(folder).resolve(), clock
        self._sessions, self._lock = {}, threading.Lock()

    def folder_of(self, visitor):
        """Folder of all files of a visitor, of all their sessions."""
        return self.folder / visitor

    def get(self, key):
        """The `Session` of a name, whose first `VISITOR` characters name its visitor."""
        with self._lock:
            if key not in self._sessions:
                own = self.folder_of(key[:VISITOR]) / secrets.token_urlsafe(16)
                own.mkdir(parents=True, mode=0o700)
                self._sessions[key] = Session(own)
            session = self._sessions[key]
            session.expires = self.clock() + IDLE
        return session

    def leave(self, key):
        """Says that a visitor has closed the page."""
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
        # What arrived and was not taken, and what gradio leaves.
        left = [*self.folder.glob(f"*/{UPLOADS}/*/*"), *self.folder.glob(f"*/{UPLOADS}/*")]
        for path in [*left, *self.folder.glob("*")]:
            with contextlib.suppress(OSError):
                if path.stat().st_mtime < time.time() - IDLE:
                    path.rmdir() if path.is_dir() else path.unlink()

    def result(self, token, name):
        """Path of a finished file.

        Args:
            token: of the session that it belongs to.
            name: file name.

        Returns:
            Path, or None if this session has no such result.
        """
        with self._lock:
            found = [one for one in self._sessions.values() if one.token == token]
        for session in found:
            results = {session.archive, *(photo.target for photo in session.photos)}
            for path in results:
                if path.name == name and path.is_file():
                    session.expires = self.clock() + IDLE
                    return path
        return None

    def close(self):
        """Removes everything."""
        with self._lock:
            self._sessions.clear()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.folder)


def own_file(path, folder):
    """Checks that a path is that of a regular file inside a folder.

    Args:
        path: what a request names.
        folder: path of a folder, without symbolic links in it.

    Returns:
        The path, or None for anything else: another spelling, a link, a device, a folder.
    """
    with contextlib.suppress(OSError, ValueError):
        inside = path.startswith(f"{folder}{os.sep}") and os.path.realpath(path) == path
        if inside and stat.S_ISREG(os.lstat(path).st_mode):
            return path
    return None
