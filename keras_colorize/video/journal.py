"""What an interrupted run leaves behind, and how the next one goes on from there.

A folder beside the output, `NAME.unfinished`, holds a description of the run and one file per
segment: some seconds of encoded video, with what the frame after it depends on. Each file is
whole or absent, so a run may die at any moment.
"""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np

from keras_colorize.io import PhotographError
from keras_colorize.io.atomic import atomic_file
from keras_colorize.video.errors import VideoError

_DESCRIPTION = "run.json"
_STATE = "state_"


class Journal:
    """The segments of an unfinished output.

    Args:
        target: path of the output.
        description: dict of JSON values that says what is being made. Segments of another
            description are removed.

    Attributes:
        folder: where they lie.
        restarted: whether segments of another description were found.

    Raises:
        VideoError: if the folder cannot be written.
    """

    def __init__(self, target, description):
        target = Path(target)
        self.folder = target.with_name(f"{target.name}.unfinished")
        self.restarted = False
        # JSON makes tuples lists; what is compared must have gone through it.
        description = json.loads(json.dumps(description))
        with _as_video_error(self.folder):
            if self.folder.exists() and self._described() != description:
                self.restarted = any(self.folder.glob("*.npz"))
                shutil.rmtree(self.folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps(description, indent=1).encode()
            with atomic_file(self.folder / _DESCRIPTION, overwrite=True) as stream:
                stream.write(text)

    def segments(self):
        """Paths of the segments in their order, as far as none is missing."""
        paths = []
        while (path := self._path(len(paths))).exists():
            paths.append(path)
        return paths

    def frames(self):
        """How many frames are done."""
        return sum(len(read_arrays(path, "frame_pts")) for path in self.segments())

    def state(self):
        """What the next frame depends on: dict of arrays, see `SteadyColors.state`."""
        paths = self.segments()
        if not paths:
            return {}
        with np.load(paths[-1]) as arrays:
            return {
                name.removeprefix(_STATE): arrays[name]
                for name in arrays.files
                if name.startswith(_STATE)
            }

    def add(self, arrays, state):
        """Adds the next segment.

        Args:
            arrays: dict of arrays; `frame_pts` has a timestamp per frame.
            state: dict of arrays.
        """
        kept = {f"{_STATE}{name}": value for name, value in state.items()}
        with (
            _as_video_error(self.folder),
            atomic_file(self._path(len(self.segments()))) as stream,
        ):
            np.savez(stream, **arrays, **kept)

    def remove(self):
        """Removes the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def forget(self):
        """Removes all but the pictures that others put into the folder."""
        for path in [*self.segments(), self.folder / _DESCRIPTION]:
            path.unlink()

    def _path(self, number):
        return self.folder / f"{number:06d}.npz"

    def _described(self):
        with contextlib.suppress(OSError, ValueError):
            return json.loads((self.folder / _DESCRIPTION).read_text(encoding="utf-8"))
        return None


def read_arrays(path, name):
    """Reads one array of a segment.

    Args:
        path: one of `Journal.segments`.
        name: name of the array.

    Returns:
        The array.
    """
    with np.load(path) as arrays:
        return arrays[name]


@contextlib.contextmanager
def _as_video_error(folder):
    try:
        yield
    except (OSError, PhotographError) as error:
        raise VideoError(f"{folder}: expected a folder that can be written: {error}.") from error
