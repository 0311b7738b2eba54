"""Files and folders: photographs are read, colorized and written side by side."""

import collections
import concurrent.futures
import dataclasses
import os

from keras_colorize.inference.groups import read_groups, take_step
from keras_colorize.io import Job, PhotographError, write_photograph

AHEAD = 1
"""Groups that wait to be written, as many as are read ahead; bounds the memory."""


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


def colorize_files(
    colorizer, jobs, *, mark_colorized=True, skip_existing=False, overwrite=False, keep=False
):
    """Colorizes files; a bad one is reported and the rest goes on.

    One thread reads and prepares photographs and one puts color on them and writes, while the
    network works on those in between; `Outcome`s come in groups.

    Args:
        colorizer: a `BaseColorizer`.
        jobs: list of `Job`s.
        mark_colorized: see `write_photograph`.
        skip_existing: whether jobs whose output exists are left out.
        overwrite: whether existing outputs are replaced; without either they are failures.
        keep: whether outcomes carry the pictures.

    Yields:
        An `Outcome` per job, in order.
    """

    def leave(job):
        return not overwrite and os.path.lexists(job.target)

    def finish(group):
        return [
            _unread(reading, skip_existing)
            if reading.pixels is None
            else _written(reading, mark_colorized, overwrite, keep)
            for reading in take_step(group, "pixels", colorizer.paint, "view", "color")
        ]

    with (
        concurrent.futures.ThreadPoolExecutor(1) as reader,
        concurrent.futures.ThreadPoolExecutor(1) as writer,
    ):
        writing = collections.deque()
        for group in _ahead(reader, read_groups(colorizer, jobs, leave)):
            writing.append(
                writer.submit(finish, take_step(group, "color", colorizer.predict, "view"))
            )
            # Large pictures would stay in memory with this list, which others hold as well.
            group.clear()
            while len(writing) > AHEAD:
                yield from writing.popleft().result()
        for last in writing:
            yield from last.result()


def _ahead(reader, groups):
    coming = reader.submit(next, groups, None)
    while (group := coming.result()) is not None:
        coming = reader.submit(next, groups, None)
        yield group


def _unread(reading, skip_existing):
    job = reading.job
    if reading.error is not None:
        return _failure(job, reading.error)
    if skip_existing:
        return Outcome(job, "skipped", (f"{job.target} exists",))
    return Outcome(job, "failed", (f"{job.target} exists; skip or overwrite existing outputs",))


def _written(reading, mark_colorized, overwrite, keep):
    job, before = reading.job, reading.photograph
    after = dataclasses.replace(before, pixels=reading.pixels)
    options = {"mark_colorized": mark_colorized, "overwrite": overwrite}
    try:
        notes = (*before.notes, *write_photograph(job.target, after, **options))
    except Exception as error:
        return _failure(job, error)
    return Outcome(job, "done", notes, *((before, after) if keep else ()))


def _failure(job, error):
    return Outcome(job, "failed", (describe(error).removeprefix(f"{job.source}: "),))


def describe(error):
    """Says an error in one line, with advice where memory ran out."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"out of memory: use a smaller --working-size or a smaller picture ({text[:200]})"
    known = isinstance(error, PhotographError | ValueError | OSError)
    return text if known else f"{type(error).__name__}: {text}"
