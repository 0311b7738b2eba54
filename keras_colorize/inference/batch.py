"""Files and folders: photographs are read, colorized and written side by side."""

import collections
import concurrent.futures
import dataclasses
import os

from keras_colorize.io import Job, PhotographError, read_photograph, write_photograph

GROUP_PIXELS = 1 << 22
"""Most pixels of a group at full size, unless one photograph has more; bounds the memory."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a job: status `"done"`, `"skipped"` or `"failed"`, notes, pictures if done."""

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
    """Colorizes files and yields an `Outcome` per job, in order; a bad file does not stop the rest.

    A thread reads ahead and another predicts, while pictures are composed and written. An existing
    output is skipped or overwritten as asked, and a failure without either.
    """
    marked = {"mark_colorized": mark_colorized, "overwrite": overwrite}

    def finish(group):
        _step(group, "pixels", colorizer.compose, "preprocessed", "ab")
        outcomes = []
        for one in group:
            job, before, pictures = one.job, one.photograph, ()
            try:
                if one.error is not None:
                    raise one.error
                if one.pixels is not None:
                    after = dataclasses.replace(before, pixels=one.pixels)
                    notes = (*before.notes, *write_photograph(job.target, after, **marked))
                    status, pictures = "done", (before, after) if keep else ()
                elif skip_existing:
                    status, notes = "skipped", (f"{job.target} exists",)
                else:
                    advice = "skip or overwrite existing outputs"
                    raise PhotographError(f"{job.target} exists; {advice}")
            except Exception as error:
                status, notes = "failed", (describe(error).removeprefix(f"{job.source}: "),)
            outcomes.append(Outcome(job, status, notes, *pictures))
        return outcomes

    def predicted():
        for group in ahead(read_groups(colorizer, jobs, overwrite)):
            _step(group, "ab", colorizer.predict, "preprocessed")
            yield group

    for group in ahead(predicted()):
        yield from finish(group)


def ahead(items, most=1):
    """Yields items that a thread of their own brings forth, at most so many ahead."""
    items, end = iter(items), object()
    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        coming = collections.deque(thread.submit(next, items, end) for _ in range(most))
        try:
            while (item := coming.popleft().result()) is not end:
                coming.append(thread.submit(next, items, end))
                yield item
                # Large pictures would stay in memory until the next one is there.
                del item
        finally:
            thread.shutdown(cancel_futures=True)


def read_groups(colorizer, jobs, overwrite=True):
    """Yields lists of `InProgress` of one size, in order; the jobs alone decide the groups."""
    group, shapes, pixels = [], set(), 0
    for job in jobs:
        one, shape, size = InProgress(job), set(), 0
        if overwrite or not os.path.lexists(job.target):
            # Whatever goes wrong with one photograph, memory included, must not stop the others.
            try:
                one.photograph = read_photograph(job.source)
                one.preprocessed = seen = colorizer.preprocess(one.photograph.pixels)
                shape, size = {seen.network_input.shape}, seen.lightness.size
            except Exception as error:
                one.error = error
        if group and (len(shapes | shape) > 1 or pixels + size > GROUP_PIXELS):
            yield group
            group, shapes, pixels = [], set(), 0
        group, shapes, pixels = [*group, one], shapes | shape, pixels + size
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


def describe(error):
    """Says an error in one line, with advice where memory ran out."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"out of memory: use a smaller --working-size or a smaller picture ({text[:200]})"
    known = isinstance(error, PhotographError | ValueError | OSError)
    return text if known else f"{type(error).__name__}: {text}"
