"""Files that appear whole or not at all."""

import contextlib
import os
import uuid
from pathlib import Path

from keras_colorize.io.photograph import PhotographError


@contextlib.contextmanager
def atomic_file(path, overwrite=False):
    """Opens a file that takes its name only when everything was written to the disk.

    Args:
        path: path of the file; missing folders are created.
        overwrite: whether an existing file is replaced.

    Yields:
        binary file to write, a temporary one in the same folder.

    Raises:
        PhotographError: if the file exists and is not to be replaced, even if it came into
            being meanwhile, or if the folder cannot be written.
    """
    path = Path(path)
    temporary = path.with_name(f".{uuid.uuid4().hex}.part")
    if not overwrite and os.path.lexists(path):
        raise _exists(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # "x" leaves the permissions to the umask, as for any other file that the user writes.
        with temporary.open("x+b") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        _publish(temporary, path, overwrite)
    except OSError as fault:
        raise PhotographError(f"{path}: expected a file that can be written, got: {fault}.") from (
            fault
        )
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _publish(temporary, path, overwrite):
    if overwrite:
        temporary.replace(path)
        return
    try:
        # A link fails where the name is taken; a rename would replace it silently.
        path.hardlink_to(temporary)
    except FileExistsError as fault:
        raise _exists(path) from fault
    except OSError:
        _publish_without_links(temporary, path)


def _publish_without_links(temporary, path):
    # File systems without hard links (FAT, some network shares): take the name, then fill it.
    try:
        path.open("xb").close()
    except FileExistsError as fault:
        raise _exists(path) from fault
    try:
        temporary.replace(path)
    except OSError:
        path.unlink(missing_ok=True)
        raise


def _exists(path):
    return PhotographError(
        f"{path}: expected a new file, but it exists already and overwrite is False."
    )
