"""Where the colorized frames go: into a file of video, or a folder of PNG files."""

import contextlib
import os
import shutil
from pathlib import Path

import numpy as np

from keras_colorize.io import PhotographError
from keras_colorize.io.atomic import atomic_file, atomic_path
from keras_colorize.video.encoding import container_of
from keras_colorize.video.errors import VideoError
from keras_colorize.video.journal import read_arrays
from keras_colorize.video.muxing import Muxer
from keras_colorize.video.segments import EncodedSegment, PictureSegment

TIMESTAMPS = "timestamps.txt"
"""File beside single frames: milliseconds at which each is shown (timestamp format v2)."""


def is_folder(target):
    """Says whether single frames are asked for.

    Args:
        target: str or path of the output.

    Returns:
        bool: True for a name that ends in a slash, has no suffix, or is a folder.
    """
    return str(target).endswith(("/", os.sep)) or not Path(target).suffix or Path(target).is_dir()


class FileTarget:
    """A file of video.

    Args:
        source: the `Source`.
        path: path of the output.
        encoding: the `Encoding`.
        mark: sentence that says that the colors were made, or None.
        drop_unsupported: whether streams that the format cannot hold are left out.
        overwrite: whether an existing file is replaced.

    Raises:
        ValueError: if the output exists or cannot hold what it should.
    """

    def __init__(self, source, path, encoding, mark, drop_unsupported, overwrite):
        self.source, self.path, self.encoding = source, Path(path), encoding
        self.overwrite = overwrite
        self.container = container_of(path)
        _check_new(self.path, overwrite)
        self._muxer = Muxer(source, encoding, self.container, mark, drop_unsupported)
        self._muxer.check()
        self.notes = self._muxer.notes

    def description(self):
        """What a journal must know of it: JSON values."""
        return [self.container, self.encoding.codec, self.encoding.pix_fmt, self.encoding.options]

    def segment(self, journal, frames):
        """The next segment, to be filled."""
        return EncodedSegment(self.source, self.encoding, self.container)

    def finish(self, journal):
        """Makes the file of the segments; it appears whole or not at all."""
        try:
            with atomic_path(self.path, self.overwrite) as part:
                self._muxer.write(part, journal.segments())
        except PhotographError as error:
            raise VideoError(str(error)) from error
        journal.remove()


class FolderTarget:
    """A folder of PNG files of 8 or 16 bits, and the times at which they are shown.

    Args:
        source: the `Source`.
        path: path of the folder.
        mark: whether each says that its colors were made.
        overwrite: whether an existing folder is replaced.

    Raises:
        ValueError: if the folder exists.
    """

    def __init__(self, source, path, mark, overwrite):
        self.source, self.path, self.mark, self.overwrite = source, Path(path), mark, overwrite
        self.notes = ("only pictures are kept in a folder of frames",)
        _check_new(self.path, overwrite)

    def description(self):
        """What a journal must know of it: JSON values."""
        return ["png", self.mark]

    def segment(self, journal, frames):
        """The next segment, to be filled."""
        return PictureSegment(self.source, journal.folder, frames, self.mark)

    def finish(self, journal):
        """Gives the folder its name, with all frames in it."""
        segments = journal.segments()
        pts = np.concatenate([read_arrays(one, "frame_pts") for one in segments])
        times = [f"{float(1000 * int(one) * self.source.time_base):.6f}" for one in pts]
        try:
            with atomic_file(journal.folder / TIMESTAMPS, overwrite=True) as stream:
                stream.write("\n".join(["# timestamp format v2", *times, ""]).encode())
            journal.forget()
            self._publish(journal.folder)
        except (OSError, PhotographError) as error:
            raise VideoError(f"{self.path}: expected a folder to write: {error}.") from error

    def _publish(self, folder):
        old = folder.with_name(f"{folder.name}.old")
        with contextlib.suppress(FileNotFoundError):
            self.path.rename(old)
        folder.rename(self.path)
        shutil.rmtree(old, ignore_errors=True)


def _check_new(path, overwrite):
    if os.path.lexists(path) and not overwrite:
        raise ValueError(f"{path}: expected a new output, but it exists; overwrite it or rename.")
