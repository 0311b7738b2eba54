"""Folders of colorized pictures, one for each method, paired by relative path."""

from pathlib import Path

from keras_colorize.io import (
    PhotographError,
    find_photographs,
    read_photograph,
    small_pixels,
)

TRUTH = "truth"
"""Name of the true colors among the methods."""


def method_folders(words, truth=None):
    """Reads which folder is which method.

    Args:
        words: list of `NAME=DIR` or `DIR`, which is called like its folder.
        truth: folder of true colors, which joins the methods as `truth`, or None.

    Returns:
        dict of name to Path, in the given order.

    Raises:
        ValueError: if two methods have the same name, or one is called `truth` beside `truth`.
    """
    pairs = [_named(word) for word in words] + ([(TRUTH, Path(truth))] if truth else [])
    methods = dict(pairs)
    if len(methods) < len(pairs):
        names = ", ".join(name for name, _ in pairs)
        raise ValueError(f"expected a name of its own for each folder (NAME=DIR), got {names}")
    return methods


def _named(word):
    name, equals, folder = word.partition("=")
    if equals and name and not Path(word).is_dir():
        return name, Path(folder)
    return Path(word).resolve().name, Path(word)


def paired_photographs(methods):
    """Finds the photographs that every method has.

    Suffixes may differ, because colorizing may change the format.

    Args:
        methods: dict of name to folder.

    Returns:
        dict of relative path without suffix, in POSIX spelling and sorted, to dict of method to
        Path.

    Raises:
        PhotographError: if a folder is none, has no photographs, lacks one that another has, or
            has two of one name.
    """
    found = {name: _by_name(folder) for name, folder in methods.items()}
    everything = sorted(set().union(*found.values()))
    for name, paths in found.items():
        lacking = [relative for relative in everything if relative not in paths]
        if lacking:
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            raise PhotographError(
                f"{methods[name]}: expected the same photographs as in the other folders, "
                f"found no {', '.join(lacking[:3])}{more}."
            )
    return {one: {name: paths[one] for name, paths in found.items()} for one in everything}


def _by_name(folder):
    if not folder.is_dir():
        raise PhotographError(f"{folder}: expected a folder of photographs, found none.")
    paths = {}
    for path, root in find_photographs([folder]):
        first = paths.setdefault(path.relative_to(root).with_suffix("").as_posix(), path)
        if first is not path:
            raise PhotographError(f"{path}: expected one picture of this name, got {first} too.")
    return paths


def read_versions(paths, size):
    """Reads one photograph as every method made it.

    Args:
        paths: dict of method to Path.
        size: long side of what is returned, in pixels.

    Returns:
        dict of method to uint8 array (h, w, 3), all of one shape.

    Raises:
        PhotographError: if one cannot be read, or their sizes differ.
    """
    versions, first = {}, None
    for name, path in paths.items():
        photograph = read_photograph(path)
        height, width = photograph.pixels.shape[:2]
        first = first or (height, width)
        # Another size would be scaled another way, and its sharpness would tell the method.
        if (height, width) != first:
            raise PhotographError(
                f"{path}: expected {first[1]} x {first[0]} pixels as in the other folders, got "
                f"{width} x {height}."
            )
        versions[name] = small_pixels(photograph, size)
    return versions
