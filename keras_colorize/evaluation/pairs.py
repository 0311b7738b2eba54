"""Which colorized picture belongs to which true one."""

from pathlib import Path

from keras_colorize.errors import InputError
from keras_colorize.io import find_photographs
from keras_colorize.io.metadata import read_metadata
from keras_colorize.io.opening import lifted_limit, open_image


class PairError(InputError):
    """Colorized pictures that do not fit the true ones; the message lists them all."""


def pair_outputs(outputs, truth, paths):
    """Finds the colorized picture of each photograph by its path inside the folder.

    A picture of the same path without the suffix will do where it is the only one, because
    colorizing may change the format: `old/a.jpg` is paired with `old/a.jpg`, else `old/a.png`.

    Args:
        outputs: folder of colorized pictures.
        truth: folder of the true ones.
        paths: photographs in `truth` to find the pictures of.

    Returns:
        `(pairs, extra)`: a dict of path to path, and the list of the pictures in `outputs` that
        belong to no photograph in `truth`, neither in `paths` nor elsewhere.

    Raises:
        PairError: if pictures are missing, have more than one candidate or another size.
        PhotographError: if there are no pictures at all.
    """
    made = _Folder(outputs)
    pairs, faults = {}, []
    for path in paths:
        candidates = made.candidates(Path(path).relative_to(truth))
        if len(candidates) == 1:
            pairs[path] = candidates[0]
        faults += _fault(path, candidates)
    extra = _extra(made, truth)
    if faults:
        faults += [f"{path}: belongs to no true picture" for path in extra]
        raise PairError(
            f"{outputs}: expected one colorized picture of the same size for each of the "
            f"{len(paths)} photographs of {truth}, found\n  " + "\n  ".join(faults)
        )
    return pairs, extra


class _Folder:
    """The pictures of a folder by their relative paths."""

    def __init__(self, folder):
        self.paths = {}
        self.stems = {}
        for path, root in find_photographs([folder]):
            relative = path.relative_to(root)
            self.paths[relative] = path
            self.stems.setdefault(relative.with_suffix(""), []).append(path)

    def candidates(self, relative):
        if relative in self.paths:
            return [self.paths[relative]]
        return self.stems.get(relative.with_suffix(""), [])


def _fault(path, candidates):
    if not candidates:
        return [f"{path}: missing"]
    if len(candidates) > 1:
        names = ", ".join(candidate.name for candidate in candidates)
        return [f"{path}: more than one picture of this name: {names}"]
    wanted, found = _size(path), _size(candidates[0])
    # A picture that cannot be opened is reported when it is its turn.
    if None in (wanted, found) or wanted == found:
        return []
    sizes = "{}x{} for a photograph of {}x{}".format(*found, *wanted)
    return [f"{candidates[0]}: another size, {sizes}"]


def _extra(made, truth):
    wanted = {
        candidate
        for path, root in find_photographs([truth])
        for candidate in made.candidates(path.relative_to(root))
    }
    return [path for path in made.paths.values() if path not in wanted]


def _size(path):
    """Width and height of a picture as it is shown, from its header alone, or None."""
    try:
        with open(path, "rb") as stream, lifted_limit():
            image = open_image(stream)
            _, orientation, _ = read_metadata(image)
            return image.size[::-1] if orientation >= 5 else image.size
    except (OSError, ValueError, SyntaxError):
        return None
