"""What an interrupted run leaves behind: `NAME.unfinished`, a folder with a file per segment."""

import contextlib
import json
import shutil
from pathlib import Path

import numpy as np

from keras_colorize.io import PhotographError
from keras_colorize.io.atomic import atomic_file, write_file
from keras_colorize.video.reader import VideoError, load_av

_DESCRIPTION, _STATE = "run.json", "state_"


class Journal:
    """The segments of an unfinished output, each whole or absent; those of other options go."""

    def __init__(self, target, description):
        target = Path(target)
        self.folder = target.with_name(f"{target.name}.unfinished")
        # JSON makes tuples lists; what is compared must have gone through it.
        self._description = json.loads(json.dumps(description))
        self.restarted, known = False, None
        with contextlib.suppress(OSError, ValueError):
            known = json.loads((self.folder / _DESCRIPTION).read_text(encoding="utf-8"))
        if known == self._description:
            return
        self.restarted = any(self.folder.glob("*.npz"))
        self.restart()

    def restart(self):
        """Removes what was done, and begins anew."""
        with writing(self.folder):
            if self.folder.exists():
                shutil.rmtree(self.folder)
            write_file(self.folder / _DESCRIPTION, json.dumps(self._description, indent=1))

    def segments(self):
        """Paths of the segments in their order, as far as none is missing."""
        paths = []
        while (path := self.folder / f"{len(paths):06d}.npz").exists():
            paths.append(path)
        return paths

    def frames(self):
        """How many frames are done."""
        return sum(len(read_array(path, "frame_pts")) for path in self.segments())

    def state(self):
        """What the next frame depends on: dict of arrays, see `SteadyColors.state`."""
        paths = self.segments()
        if not paths:
            return {}
        with np.load(paths[-1]) as arrays:
            names = [name for name in arrays if name.startswith(_STATE)]
            return {name.removeprefix(_STATE): arrays[name] for name in names}

    def add(self, arrays, state):
        """Adds a segment; `frame_pts` of its arrays has a timestamp per frame."""
        state = {f"{_STATE}{name}": value for name, value in state.items()}
        path = self.folder / f"{len(self.segments()):06d}.npz"
        with writing(self.folder), atomic_file(path) as stream:
            np.savez(stream, **arrays, **state)

    def remove(self):
        """Removes the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def read_array(path, name):
    """Reads one array of a segment by its name."""
    with np.load(path) as arrays:
        return arrays[name]


@contextlib.contextmanager
def writing(path):
    """Raises VideoError for what goes wrong while a file or folder is written."""
    try:
        yield
    except (OSError, PhotographError, load_av().error.FFmpegError) as error:
        raise VideoError(
            f"{path}: Expected an output that can be written, received: {error}."
        ) from error
