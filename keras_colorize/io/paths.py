"""Which photographs are meant, and where their colorized copies go."""

import glob
import os
from pathlib import Path

from keras_colorize.io.formats import READABLE_SUFFIXES, WRITABLE
from keras_colorize.io.photograph import PhotographError


def find_photographs(inputs):
    """Finds photographs by file, folder and glob pattern.

    Args:
        inputs: iterable of paths. A file is taken whatever its suffix is; a folder is searched
            through with all its folders, and a pattern (`**` crosses folders) is expanded, both
            for files with the suffix of a photograph. Hidden files and folders are passed over.

    Returns:
        List of pairs (path, root), sorted within each input, each file once. `root` is the
        folder that the copies mirror: see `output_path`.

    Raises:
        PhotographError: if an input matches nothing.
    """
    found = {}
    for given in inputs:
        for path, root in _matches(os.fspath(given)):
            found.setdefault(path.resolve(), (path, root))
    return list(found.values())


def output_path(source_path, source_root, output_root):
    """Names the colorized copy of a photograph.

    Args:
        source_path: path of the photograph.
        source_root: folder that is mirrored, or `source_path` itself.
        output_root: folder of the copies.

    Returns:
        Path below `output_root` with the same relative folder and name. The suffix is the same
        where its format holds a colour photograph well, else `.png`.

    Raises:
        PhotographError: if the photograph is not below `source_root`.
    """
    source_path, source_root = Path(source_path), Path(source_root)
    if source_path == source_root:
        relative = Path(source_path.name)
    elif source_path.is_relative_to(source_root):
        relative = source_path.relative_to(source_root)
    else:
        raise PhotographError(f"{source_path}: expected a file below {source_root}.")
    copy = Path(output_root) / relative
    return copy if copy.suffix.lower() in WRITABLE else copy.with_suffix(".png")


def _matches(given):
    path = Path(given)
    # A file called "[1].jpg" is meant as a file, so names come before patterns.
    if path.is_dir():
        matches = [(found, path) for found in _walk(path)]
    elif path.exists():
        matches = [(path, path.parent)]
    else:
        matches = _expand(given)
    if not matches:
        raise PhotographError(f"{given}: expected photographs, found {_what(path, given)}.")
    return matches


def _what(path, given):
    if path.is_dir():
        return "a folder without any"
    return "no match" if glob.has_magic(given) else "no such file or folder"


def _walk(folder):
    photographs = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        photographs += [Path(parent, name) for name in names if _is_photograph(name)]
    return sorted(photographs)


def _expand(pattern):
    if not glob.has_magic(pattern):
        return []
    root = _fixed_folder(Path(pattern))
    matches = sorted(Path(match) for match in glob.glob(pattern, recursive=True))
    return [(match, root) for match in matches if _is_photograph(match.name) and match.is_file()]


def _fixed_folder(pattern):
    fixed = []
    for part in pattern.parts[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return Path(*fixed)


def _is_photograph(name):
    return not name.startswith(".") and Path(name).suffix.lower() in READABLE_SUFFIXES
