"""Which colorized picture belongs to which true one."""

from pathlib import Path

from keras_colorize.errors import InputError
from keras_colorize.io import find_photographs
from keras_colorize.io.reading import picture_size

MOST_NAMES = 5
"""Names of a kind in a message; the others are counted."""


class PairError(InputError):
    """Colorized pictures that do not fit the true ones; the message names some of each kind."""


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
    by_path, by_stem = {}, {}
    for path, root in find_photographs([outputs]):
        by_path[path.relative_to(root)] = path
        by_stem.setdefault(path.relative_to(root).with_suffix(""), []).append(path)

    def candidates(relative):
        exact = by_path.get(relative)
        return [exact] if exact else by_stem.get(relative.with_suffix(""), [])

    pairs, faults = {}, {"missing": [], "more than one of a name": [], "of another size": []}
    for path in paths:
        relative = Path(path).relative_to(truth)
        found = candidates(relative)
        if len(found) != 1:
            kind = "more than one of a name" if found else "missing"
            names = f" ({', '.join(one.name for one in found)})" if found else ""
            faults[kind].append(f"{relative}{names}")
            continue
        pairs[path] = found[0]
        sizes = picture_size(path), picture_size(found[0])
        # A picture that cannot be opened is reported when it is its turn.
        if None not in sizes and sizes[0] != sizes[1]:
            faults["of another size"].append(
                "{} ({}x{} for {}x{})".format(relative, *sizes[1], *sizes[0])
            )
    if any(faults.values()):
        lists = "; ".join(f"{kind}: {_listed(names)}" for kind, names in faults.items() if names)
        raise PairError(
            f"{outputs}: expected a picture of the same name and size for each of the "
            f"{len(paths)} photographs of {truth}, found {lists}"
        )
    wanted = {
        one
        for path, root in find_photographs([truth])
        for one in candidates(path.relative_to(root))
    }
    return pairs, [path for path in by_path.values() if path not in wanted]


def _listed(names):
    more = len(names) - MOST_NAMES
    return ", ".join(names[:MOST_NAMES]) + (f" and {more} more" if more > 0 else "")
