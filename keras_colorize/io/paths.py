"""Which photographs are meant, and where their colorized copies go."""

import dataclasses
import glob
import itertools
import os
import tempfile
from pathlib import Path

from keras_colorize.io.photograph import PhotographError
from keras_colorize.io.writing import READABLE_SUFFIXES, WRITABLE, writable_format


@dataclasses.dataclass(frozen=True)
class Job:
    """One photograph to colorize: where it is, where its copy goes, its path in the folder."""

    source: Path
    target: Path
    relative: Path


def find_photographs(inputs):
    """Finds photographs by file, folder and glob pattern (`**` crosses folders).

    A file is taken whatever its suffix is; folders with their subfolders, and patterns, give the
    files with the suffix of a photograph. Hidden files and folders are passed over.

    Returns:
        List of pairs (path, root), sorted within each input, each file once. `root` is the
        folder that the copies mirror: see `output_path`.

    Raises:
        PhotographError: if an input matches nothing.
    """
    found = {}
    for given in inputs:
        for path, root in _matches(os.fspath(given)):
            # Unlike `Path.resolve`, this takes links that lead to each other.
            found.setdefault(os.path.realpath(path), (path, root))
    return list(found.values())


def photographs_by_name(folder):
    """Dict of the photographs below a folder: relative POSIX path without suffix to list of paths.

    Colorizing may change the format. Raises PhotographError if there are none.
    """
    found = {}
    for path, root in find_photographs([folder]):
        found.setdefault(path.relative_to(root).with_suffix("").as_posix(), []).append(path)
    return found


def output_path(source_path, source_root, output_root):
    """Path of the colorized copy of a photograph, with the same folder and name below a root.

    Args:
        source_path: path of the photograph.
        source_root: folder that is mirrored, or `source_path` itself.
        output_root: folder of the copies; the suffix becomes `.png` where the format does not hold
            a color photograph well.

    Raises:
        PhotographError: if the photograph is not below `source_root`.
    """
    path, root = Path(source_path), Path(source_root)
    if not path.is_relative_to(root):
        raise PhotographError(f"{path}: expected a file below {root}.")
    copy = Path(output_root) / (path.name if path == root else path.relative_to(root))
    return copy if copy.suffix.lower() in WRITABLE else copy.with_suffix(".png")


def plan_jobs(inputs, output, sheet=None):
    """List of `Job`s that say which photograph goes where.

    Args:
        inputs: files, folders (searched through and mirrored) and glob patterns.
        output: a folder, passed over where it lies inside an input; or a file for one file.
        sheet: path of a contact sheet that will be written as well, or None.

    Raises:
        PhotographError: if an input matches nothing, an output would replace an input, two
            outputs would have the same name, one file is named for several, an output
            has a suffix that cannot be written, or the output folder cannot be written to.
    """
    output = Path(output)
    if len(inputs) == 1 and Path(inputs[0]).is_file() and output.suffix and not output.is_dir():
        path, folder = Path(inputs[0]), output.parent
        jobs = [Job(path, output, Path(path.name))]
    elif output.suffix.lower() in READABLE_SUFFIXES and not output.is_dir():
        raise PhotographError(
            f"{output}: expected a folder for the copies of more than one file, received the "
            "name of a photograph."
        )
    else:
        jobs, folder = _mirrored_jobs(inputs, output), output
    sources, targets = {os.path.realpath(job.source) for job in jobs}, {}
    for job in jobs:
        writable_format(job.target)
        target = os.path.realpath(job.target)
        if target in sources:
            raise PhotographError(
                f"{job.target}: expected an output that is no input; name another folder."
            )
        if target in targets:
            raise PhotographError(
                f"{job.target}: expected one input for it, found {targets[target]} and "
                f"{job.source}; colorize them into different folders."
            )
        targets[target] = job.source
    if sheet is not None:
        if writable_format(sheet).name not in ("PNG", "JPEG"):
            raise PhotographError(f"{sheet}: expected a .png or .jpg contact sheet.")
        if os.path.realpath(sheet) in sources | set(targets):
            raise PhotographError(f"{sheet}: expected a contact sheet that is no input or output.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PhotographError(
            f"{folder}: expected a folder that can be written to: {error.strerror}."
        ) from error
    return jobs


def _matches(given):
    """The photographs of one input, each with the folder that is mirrored."""
    path = Path(given)
    # A file called "[1].jpg" is meant as a file, so names come before patterns.
    if path.is_dir():
        matches = []
        for parent, folders, names in os.walk(path):
            folders[:] = [name for name in folders if not name.startswith(".")]
            matches += [Path(parent, name) for name in names if _is_photograph(name)]
        missing, root = "a folder without any", path
    elif path.exists():
        return [(path, path.parent)]
    elif glob.has_magic(given):
        fixed = itertools.takewhile(lambda part: not glob.has_magic(part), path.parts[:-1])
        found = [Path(match) for match in glob.glob(given, recursive=True)]
        matches = [one for one in found if _is_photograph(one.name) and one.is_file()]
        missing, root = "no match", Path(*fixed)
    else:
        matches, root = [], path
        missing = "a link that leads nowhere" if path.is_symlink() else "no such file or folder"
    if not matches:
        raise PhotographError(f"{given}: expected photographs, received {missing}.")
    return [(match, root) for match in sorted(matches)]


def _is_photograph(name):
    return not name.startswith(".") and Path(name).suffix.lower() in READABLE_SUFFIXES


def _mirrored_jobs(inputs, output):
    jobs, folder = [], Path(os.path.realpath(output))
    for path, root in find_photographs(inputs):
        # Results of an earlier run are no inputs.
        below = folder in Path(os.path.realpath(path)).parents
        if not (below and Path(os.path.realpath(root)) in folder.parents):
            jobs.append(Job(path, output_path(path, root, output), path.relative_to(root)))
    if not jobs:
        raise PhotographError(f"{output}: expected inputs beside it, found only photographs in it.")
    return jobs
