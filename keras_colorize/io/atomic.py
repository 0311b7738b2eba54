"""Files and folders that appear whole or not at all: all writers of the library come here."""

import contextlib
import io
import os
import re
import shutil
import time
import uuid
from pathlib import Path

from .photograph import PhotographError


def write_file(path, content, overwrite=False):
    """Writes bytes, or str as UTF-8, as `atomic_file` does."""
    with atomic_file(path, overwrite) as stream:
        stream.write(content.encode() if isinstance(content, str) else content)


def append_line(path, line):
    """Adds a line of text to a file, whole or not at all; raises as `atomic_file`."""
    content = f"{line}\n".encode()
    with _blame(path):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with Path(path).open("ab", buffering=0) as stream:
            end = stream.tell()
            if stream.write(content) < len(content):
                # A full disk takes a part, and does not say so.
                stream.truncate(end)
                raise OSError("no space left for a line")


@contextlib.contextmanager
def atomic_file(path, overwrite=False):
    """Opens a seekable binary file that takes its name only when all of it is on the disk.

    Missing folders are created. Raises PhotographError if it cannot be written or, unless
    `overwrite`, exists. The file has no number that encoders in C could write to unseen.
    """
    with _part_of(path, overwrite) as part:
        with _blame(path):
            output = _Output(part, "x+")
            _lock(output)
        try:
            with io.BufferedRandom(output) as stream:
                yield stream
                with _blame(path):
                    stream.flush()
                    os.fsync(io.FileIO.fileno(output))
        except Exception:
            if output.fault is None:
                raise
        # Some encoders go on after a write that failed, and some say less than the disk did.
        if output.fault is not None:
            with _blame(path):
                raise output.fault


def remove_leftovers(folder):
    """Removes what killed runs left of an `atomic_file` in a folder; those at work hold locks."""
    for part in Path(folder).glob(".*.part"):
        with contextlib.suppress(OSError):
            # One that was just made is not locked yet.
            is_old = part.is_file() and time.time() - part.stat().st_mtime > 1
            if is_old and re.fullmatch(r"\.[0-9a-f]{32}\.part", part.name):
                with io.FileIO(part, "r+") as file:
                    if _lock(file):
                        part.unlink()


def _lock(file):
    """Whether a file could be locked until it is closed; some systems have no locks."""
    try:
        import fcntl

        fcntl.flock(io.FileIO.fileno(file), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (ImportError, OSError):
        return False
    return True


@contextlib.contextmanager
def atomic_path(path, overwrite=False):
    """Lends a path to a library that opens files itself; the result takes its name when whole.

    It is in the same folder with the same suffix, and nothing is there yet; see `atomic_file`.
    """
    # Keras wants the ending `.weights.h5`.
    suffix = re.search(r"(\.weights)?(\.\w+)?$", Path(path).name)[0]
    with _part_of(path, overwrite, suffix) as part:
        yield part
        with _blame(path):
            for file in [part, *part.rglob("*")]:
                if file.is_file():
                    with file.open("rb") as stream:
                        os.fsync(stream.fileno())


def publish(part, path, overwrite=False):
    """Renames a whole file or folder on the same disk to the name that it is to have.

    Raises PhotographError if that cannot be given or, unless `overwrite`, is taken.
    """
    part, path = Path(part), Path(path)
    with _blame(path):
        if part.is_dir():
            old = path.with_name(f".{uuid.uuid4().hex}.part")
            if taken := os.path.lexists(path):
                if not overwrite:
                    raise FileExistsError
                path.rename(old)
            try:
                part.rename(path)
            except OSError:
                if taken:
                    old.rename(path)
                raise
            shutil.rmtree(old, ignore_errors=True)
        elif overwrite:
            part.replace(path)
        else:
            try:
                # A link fails where the name is taken; a rename would replace it silently.
                path.hardlink_to(part)
            except FileExistsError:
                raise
            except OSError:
                # File systems without hard links (FAT, some network shares): take the name first.
                path.open("xb").close()
                try:
                    part.replace(path)
                except OSError:
                    path.unlink(missing_ok=True)
                    raise


class _Output(io.FileIO):
    """A file that remembers why it could not be written."""

    fault = None

    def write(self, data):
        try:
            return super().write(data)
        except OSError as fault:
            self.fault = self.fault or fault
            raise

    def fileno(self):
        raise io.UnsupportedOperation("fileno")


@contextlib.contextmanager
def _part_of(path, overwrite, suffix=""):
    path = Path(path)
    with _blame(path):
        if not overwrite and os.path.lexists(path):
            raise FileExistsError
        path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{uuid.uuid4().hex}.part{suffix}")
    try:
        yield part
        publish(part, path, overwrite)
    finally:
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


@contextlib.contextmanager
def _blame(path):
    try:
        yield
    except OSError as fault:
        expected = f"a file that can be written, received: {fault}"
        if isinstance(fault, FileExistsError) and os.path.lexists(path):
            expected = "a new file, but it exists already and overwrite is False"
        raise PhotographError(f"{path}: expected {expected}.") from fault
