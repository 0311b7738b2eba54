"""Files and folders: photographs are read, colorized and written side by side."""

import collections
import concurrent.futures
import dataclasses
import tempfile
from pathlib import Path

from keras_colorize.files import (
    PhotographError,
    find_photographs,
    output_path,
    read_photograph,
    write_photograph,
)

AHEAD = 2
"""Photographs that are read ahead, and as many that wait to be written; bounds the memory."""


@dataclasses.dataclass(frozen=True)
class Job:
    """One photograph to colorize: where it is, where its copy goes, its path in the folder."""

    source: Path
    target: Path
    relative: Path


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: the `Job`.
        status: `"done"`, `"skipped"` or `"failed"`.
        notes: sentences for people: why it failed, or what could not be kept.
        before: the photograph as read, None unless done.
        after: the colorized photograph, None unless done.
    """

    job: Job
    status: str
    notes: tuple = ()
    before: object = None
    after: object = None


def plan_jobs(inputs, output):
    """Says which photograph goes where.

    Args:
        inputs: files, folders (searched through and mirrored) and glob patterns.
        output: a folder; or a file, when there is one input and it is a file.

    Returns:
        List of `Job`s.

    Raises:
        PhotographError: if an input matches nothing, an output would replace an input, two
            outputs would have the same name, or the output folder cannot be written to.
    """
    found = find_photographs(inputs)
    output = Path(output)
    if len(inputs) == 1 and Path(inputs[0]).is_file() and output.suffix and not output.is_dir():
        path = found[0][0]
        jobs, folder = [Job(path, output, Path(path.name))], output.parent
    else:
        jobs, folder = [_mirrored(path, root, output) for path, root in found], output
    _check_jobs(jobs)
    _check_writable(folder)
    return jobs


def colorize_files(
    colorizer, jobs, *, mark_colorized=True, skip_existing=False, overwrite=False, keep=False
):
    """Colorizes files; a bad one is reported and the rest goes on.

    Args:
        colorizer: a `Colorizer`.
        jobs: list of `Job`s.
        mark_colorized: see `write_photograph`.
        skip_existing: whether jobs whose output exists are left out.
        overwrite: whether existing outputs are replaced; without either they are failures.
        keep: whether outcomes carry the pictures.

    Yields:
        An `Outcome` per job, in order.
    """
    with (
        concurrent.futures.ThreadPoolExecutor(1) as reader,
        concurrent.futures.ThreadPoolExecutor(1) as writer,
    ):
        writing = collections.deque()
        for job, reading in _read_ahead(reader, jobs, skip_existing):
            if reading is None:
                future = writer.submit(Outcome, job, "skipped", ("the output exists",))
            else:
                work = _colorized(colorizer, reading)
                future = writer.submit(_write, job, work, mark_colorized, overwrite, keep)
            writing.append(future)
            while len(writing) > AHEAD:
                yield writing.popleft().result()
        while writing:
            yield writing.popleft().result()


def _read_ahead(reader, jobs, skip_existing):
    waiting = collections.deque()
    for job in jobs:
        skip = skip_existing and job.target.exists()
        waiting.append((job, None if skip else reader.submit(read_photograph, job.source)))
        if len(waiting) > AHEAD:
            yield waiting.popleft()
    yield from waiting


def _colorized(colorizer, reading):
    # Whatever goes wrong with one photograph, memory included, must not stop the others.
    try:
        before = reading.result()
        return before, colorizer(before)
    except Exception as error:
        return error


def _write(job, work, mark_colorized, overwrite, keep):
    try:
        if isinstance(work, Exception):
            raise work
        before, after = work
        notes = write_photograph(
            job.target, after, mark_colorized=mark_colorized, overwrite=overwrite
        )
    except Exception as error:
        return Outcome(job, "failed", (describe(error),))
    pictures = (before, after) if keep else (None, None)
    return Outcome(job, "done", (*before.notes, *notes), *pictures)


def describe(error):
    """Says an error in one line, with advice where memory ran out."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"out of memory: use a smaller --working-size or a smaller picture ({text[:200]})"
    known = isinstance(error, PhotographError | ValueError | OSError)
    return text if known else f"{type(error).__name__}: {text}"


def _mirrored(path, root, output):
    return Job(path, output_path(path, root, output), path.relative_to(root))


def _check_jobs(jobs):
    sources = {job.source.resolve() for job in jobs}
    targets = {}
    for job in jobs:
        target = job.target.resolve()
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


def _check_writable(folder):
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise PhotographError(
            f"{folder}: expected a folder that can be written to: {error.strerror}."
        ) from error
