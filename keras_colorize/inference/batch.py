"""Files and folders: photographs are read, colorized and written side by side."""

import collections
import concurrent.futures
import dataclasses
import os

from keras_colorize.io import Job, PhotographError, read_photograph, write_photograph

AHEAD = 1
"""Groups that wait to be written, as many as are read ahead; bounds the memory."""

GROUP_PIXELS = 1 << 22
"""Most pixels of a group at full size, unless one photograph has more; bounds the memory."""


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


@dataclasses.dataclass
class InProgress:
    """How far a photograph has come, step by step; what was not reached is None."""

    job: Job
    photograph: object = None
    preprocessed: object = None
    ab: object = None
    pixels: object = None
    error: object = None


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

    def finish(group):
        _step(group, "pixels", colorizer.compose, "preprocessed", "ab")
        return [_outcome(one, mark_colorized, skip_existing, overwrite, keep) for one in group]

    groups = read_groups(colorizer, jobs, overwrite)
    with (
        concurrent.futures.ThreadPoolExecutor(1) as reader,
        concurrent.futures.ThreadPoolExecutor(1) as writer,
    ):
        writing, coming = collections.deque(), reader.submit(next, groups, None)
        while (group := coming.result()) is not None:
            coming = reader.submit(next, groups, None)
            _step(group, "ab", colorizer.predict, "preprocessed")
            writing.append(writer.submit(finish, group))
            # Large pictures would stay in memory with it.
            del group
            while len(writing) > AHEAD:
                yield from writing.popleft().result()
        while writing:
            yield from writing.popleft().result()


def read_groups(colorizer, jobs, overwrite=True):
    """Reads photographs and puts those together that the network sees at one size.

    Which ones come together depends on them and their order alone, not on who is quicker: a
    network in low precision gives slightly different colors in other company.

    Args:
        colorizer: a `BaseColorizer`.
        jobs: `Job`s.
        overwrite: whether those whose output exists are read.

    Yields:
        Lists of `InProgress`, in the order of the jobs.
    """
    group, shapes, pixels = [], set(), 0
    for job in jobs:
        one = InProgress(job)
        if overwrite or not os.path.lexists(job.target):
            # Whatever goes wrong with one photograph, memory included, must not stop the others.
            try:
                one.photograph = read_photograph(job.source)
                one.preprocessed = colorizer.preprocess(one.photograph.pixels)
            except Exception as error:
                one.error = error
        ready = one.preprocessed
        shape = set() if ready is None else {ready.network_input.shape}
        size = 0 if ready is None else ready.lightness.size
        if group and (len(shapes | shape) > 1 or pixels + size > GROUP_PIXELS):
            yield group
            group, shapes, pixels = [], set(), 0
        group, shapes, pixels = [*group, one], shapes | shape, pixels + size
        del one, ready
        if len(group) >= colorizer.at_once or pixels >= GROUP_PIXELS:
            yield group
            group, shapes, pixels = [], set(), 0
    if group:
        yield group


def _step(group, name, function, *columns):
    """Takes those of a group that got so far one step further; alone where together fails."""
    ready = [one for one in group if one.preprocessed is not None and one.error is None]
    if not ready:
        return
    try:
        results = function(*([getattr(one, column) for one in ready] for column in columns))
        for one, result in zip(ready, results, strict=True):
            setattr(one, name, result)
    except Exception as error:
        if len(ready) == 1:
            ready[0].error = error
        else:
            for one in ready:
                _step([one], name, function, *columns)


def _outcome(one, mark_colorized, skip_existing, overwrite, keep):
    job, before = one.job, one.photograph
    if one.error is None and one.pixels is None:
        if skip_existing:
            return Outcome(job, "skipped", (f"{job.target} exists",))
        return Outcome(job, "failed", (f"{job.target} exists; skip or overwrite existing outputs",))
    try:
        if one.error is not None:
            raise one.error
        after = dataclasses.replace(before, pixels=one.pixels)
        written = write_photograph(
            job.target, after, mark_colorized=mark_colorized, overwrite=overwrite
        )
    except Exception as error:
        return Outcome(job, "failed", (describe(error).removeprefix(f"{job.source}: "),))
    return Outcome(job, "done", (*before.notes, *written), *((before, after) if keep else ()))


def describe(error):
    """Says an error in one line, with advice where memory ran out."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"out of memory: use a smaller --working-size or a smaller picture ({text[:200]})"
    known = isinstance(error, PhotographError | ValueError | OSError)
    return text if known else f"{type(error).__name__}: {text}"
