"""What an interrupted run leaves behind: `NAME.unfinished`, a folder with a file per segment."""

import contextlib
import json
import shutil
from pathlib import Path

import av
import numpy as np

from keras_colorize.io import PhotographError
from keras_colorize.io.atomic import atomic_file, write_file
from .reader import VideoError


class Journal:
    """The segments of an unfinished output, each whole or absent; those of other options go.

    An interrupted run repeats at most `segment_frames`.
    """

    segment_frames = 120

    def __init__(self, target, description):
        target = Path(target)
        self.folder = target.with_name(f"{target.name}.unfinished")
        self._description, self.restarted, known = json.dumps(description, indent=1), False, None
        with contextlib.suppress(OSError, ValueError):
            known = (self.folder / "run.json").read_text(encoding="utf-8")
        if known != self._description:
            self.restarted = any(self.folder.glob("*.npz"))
            self.restart()

    def restart(self):
        """Removes what was done, and begins anew."""
        with writing(self.folder):
            if self.folder.exists():
                shutil.rmtree(self.folder)
            write_file(self.folder / "run.json", self._description)

    def segments(self):
        """Paths of the segments in their order, as far as none is missing."""
        paths = []
        while (path := self.folder / f"{len(paths):06d}.npz").exists():
            paths.append(path)
        return paths

    def frame_pts(self):
        """The timestamps of the frames that are done."""
        return [pts for path in self.segments() for pts in np.load(path)["frame_pts"].tolist()]

    def last(self):
        """The arrays by name of the last segment, with what the next frame depends on."""
        return dict(np.load(paths[-1])) if (paths := self.segments()) else {}

    def add(self, arrays):
        """Adds a segment; `frame_pts` of its arrays has a timestamp per frame."""
        path = self.folder / f"{len(self.segments()):06d}.npz"
        with writing(self.folder), atomic_file(path) as stream:
            np.savez(stream, **arrays)

    def remove(self):
        """Removes the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@contextlib.contextmanager
def writing(path):
    """Raises VideoError for what goes wrong while a file or folder is written."""
    try:
        yield
    except (OSError, PhotographError, av.error.FFmpegError) as error:
        raise VideoError(f"{path}: expected an output that can be written: {error}.") from error
