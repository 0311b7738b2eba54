"""Which photographs are meant, and where their colorized copies go."""

import dataclasses
import glob
import itertools
import os
import tempfile
from pathlib import Path

from .atomic import remove_leftovers
from .metadata import sidecars
from .photograph import PhotographError
from .writing import READABLE_SUFFIXES, WRITABLE, writable_format


@dataclasses.dataclass(frozen=True)
class Job:
    """One photograph to colorize: where it is, where its copy goes, its path in the folder.

    `fault` says why it cannot be, if so.
    """

    source: Path
    target: Path
    relative: Path
    fault: str = ""


def find_photographs(inputs, passed_over=None):
    """Finds photographs by file, folder and glob pattern (`**` crosses folders).

    A file is taken whatever its suffix is; folders with their subfolders, and patterns, give the
    files with the suffix of a photograph. Hidden files and folders are passed over, links are
    followed, and what is found again is left.

    Args:
        inputs: paths and patterns.
        passed_over: a `Counter` of the files in folders that are no photographs and no sidecars of
            them, by kind, or None.

    Returns:
        List of pairs (path, root), sorted within each input, each file once. `root` is the
        folder that the copies mirror: see `output_path`.

    Raises:
        PhotographError: if an input matches nothing.
    """
    found = {}
    for given in map(os.fspath, inputs):
        path = root = Path(given)
        # A file called "[1].jpg" is meant as a file, so names come before patterns.
        if path.is_dir():
            matches, missing = [], "a folder without any"
            for parent, names in _folders(path):
                here = [Path(parent, name) for name in names if _is_photograph(name)]
                own = {
                    one.name for photograph in here for one in (photograph, *sidecars(photograph))
                }
                matches += here
                if passed_over is not None:
                    passed_over.update(_kind(name) for name in names if name not in own)
        elif path.exists():
            matches, root = [path], path.parent
        elif glob.has_magic(given):
            root = Path(*itertools.takewhile(lambda x: not glob.has_magic(x), path.parts[:-1]))
            named = [Path(match) for match in glob.glob(given, recursive=True)]
            matches = [one for one in named if _is_photograph(one.name) and one.is_file()]
            missing = "no match"
        else:
            matches = []
            missing = "a link that leads nowhere" if path.is_symlink() else "no such file or folder"
        if not matches:
            raise PhotographError(f"{given}: expected photographs, received {missing}.")
        for match in sorted(matches):
            # Unlike `Path.resolve`, this takes links that lead to each other.
            known = found.setdefault(os.path.realpath(match), (match, root))
            if known[0] != match and passed_over is not None:
                passed_over["found twice"] += 1
    return list(found.values())


def _folders(top):
    """Yields each folder once, with its files' names: linked ones, too, but no hidden ones."""
    known = set()
    for parent, folders, names in os.walk(top, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        # Links may lead in a circle.
        if (real := os.path.realpath(parent)) in known:
            folders.clear()
            continue
        known.add(real)
        yield parent, names


def _kind(name):
    return "hidden" if name.startswith(".") else Path(name).suffix.lower() or "without suffix"


def photographs_by_name(folder):
    """Dict of the photographs below a folder: relative POSIX path without suffix to list of paths.

    Colorizing may change the format. Raises PhotographError if there are none.
    """
    found = {}
    for path, root in find_photographs([folder]):
        found.setdefault(path.relative_to(root).with_suffix("").as_posix(), []).append(path)
    return found


def output_path(source_path, source_root, output_root, ending="", suffix=""):
    """Path of the colorized copy of a photograph: below the output root as it is below its own.

    `source_root` may be the photograph itself. `ending` is put behind the name. The suffix is the
    one given, or becomes `.png` where the format does not hold a color photograph well. Raises
    PhotographError if the photograph is not below its root.
    """
    path, root = Path(source_path), Path(source_root)
    if not path.is_relative_to(root):
        raise PhotographError(f"{path}: expected a file below {root}.")
    copy = Path(output_root) / (path.name if path == root else path.relative_to(root))
    usual = copy.suffix if copy.suffix.lower() in WRITABLE else ".png"
    return copy.with_name(copy.stem + ending + (suffix or usual))


def plan_jobs(inputs, output, sheet=None, ending="", suffix="", passed_over=None):
    """List of `Job`s that say which photograph goes where.

    Args:
        inputs: files, folders (searched through and mirrored) and glob patterns.
        output: a folder, passed over where it lies inside an input; or a file for one file.
        sheet: path of a contact sheet that will be written as well, or None.
        ending: put behind the names of copies in a folder.
        suffix: that of all copies in a folder, or empty, see `output_path`.
        passed_over: see `find_photographs`.

    Copies of the same name, in formats or folders that become one, are the fault of their jobs.

    Raises:
        PhotographError: if an input matches nothing, an output would replace an input, one file is
            named for several, an output has a suffix that cannot be written, or the output folder
            cannot be written to.
    """
    output, jobs = Path(output), []
    folder, is_file = output, output.suffix and not output.is_dir()
    if is_file and len(inputs) == 1 and Path(inputs[0]).is_file():
        path, folder = Path(inputs[0]), output.parent
        jobs = [Job(path, output, Path(path.name))]
    elif is_file and output.suffix.lower() in READABLE_SUFFIXES:
        expected = "a folder for the copies of more than one file"
        raise PhotographError(f"{output}: expected {expected}, received the name of a photograph.")
    else:
        mirrored = Path(os.path.realpath(output))
        for path, root in find_photographs(inputs, passed_over):
            # Results of an earlier run are no inputs.
            below = mirrored in Path(os.path.realpath(path)).parents
            if not (below and Path(os.path.realpath(root)) in mirrored.parents):
                target = output_path(path, root, output, ending, suffix)
                jobs.append(Job(path, target, path.relative_to(root)))
        if not jobs:
            expected = "inputs beside it, found only photographs in it"
            raise PhotographError(f"{output}: expected {expected}.")
    sources, targets = {os.path.realpath(job.source) for job in jobs}, {}
    for number, job in enumerate(jobs):
        writable_format(job.target)
        target = os.path.realpath(job.target)
        if target in sources:
            expected = "an output that is no input; name another folder"
            raise PhotographError(f"{job.target}: expected {expected}.")
        targets.setdefault(target, []).append(number)
    for numbers in targets.values():
        for number in numbers if len(numbers) > 1 else ():
            others = ", ".join(str(jobs[other].source) for other in numbers if other != number)
            fault = f"{jobs[number].target} would be the copy of {others}, too"
            jobs[number] = dataclasses.replace(jobs[number], fault=fault)
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
        expected = "a folder that can be written to"
        raise PhotographError(f"{folder}: expected {expected}: {error.strerror}.") from error
    for parent in {job.target.parent for job in jobs}:
        remove_leftovers(parent)
    return jobs


def _is_photograph(name):
    return not name.startswith(".") and Path(name).suffix.lower() in READABLE_SUFFIXES
