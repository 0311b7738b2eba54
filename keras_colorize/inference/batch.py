"""Files and folders: photographs are read, colorized and written side by side."""

import collections
import concurrent.futures
import dataclasses
import functools
import json
import os

from keras_colorize import __version__
from keras_colorize.io import Job, PhotographError, read_photograph, write_photograph
from keras_colorize.io.metadata import copy_sidecars
from keras_colorize.io.photograph import is_near_grey, scaled_down
from keras_colorize.io.reading import MAX_PIXELS
from keras_colorize.presets import sha256

GROUP_PIXELS = 1 << 22
"""Most pixels of a group at full size, unless one photograph has more; bounds the memory."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of a job.

    Attributes:
        job: the `Job`.
        status: `"done"`, `"skipped"` for what exists, `"in color"` for what had color, `"failed"`.
        notes: sentences about it.
        before: `Photograph` that was read, and
        after: that was written, if done and asked for.
        record: dict for a line of JSON, if asked for.
    """

    job: Job
    status: str
    notes: tuple = ()
    before: object = None
    after: object = None
    record: dict | None = None


@dataclasses.dataclass
class InProgress:
    """How far a photograph has come, step by step; what was not reached is None."""

    job: Job
    photograph: object = None
    preprocessed: object = None
    ab: object = None
    pixels: object = None
    error: object = None
    is_color: bool = False
    dates: tuple | None = None


def colorize_files(
    colorizer,
    jobs,
    *,
    mark_colorized=True,
    skip_existing=False,
    overwrite=False,
    keep=False,
    records=False,
    keep_color=False,
    max_side=None,
    max_pixels=MAX_PIXELS,
    quality=None,
    keep_dates=False,
    credentials=None,
):
    """Colorizes files and yields an `Outcome` per job, in order; a bad file does not stop the rest.

    A thread reads ahead and another predicts, while pictures are composed and written. An existing
    output is skipped or overwritten as asked, and a failure without either. `mark_colorized` says
    in XMP that colors were made, by what, and of which source; outcomes `keep` their pictures and
    hold `records` if asked; `keep_color` leaves out photographs that are in color already;
    `max_pixels` bounds the pixels of what is read, `max_side` the long side of what is written,
    and `keep_dates` gives that the times of access and change of its source; `Credentials` sign
    it. XMP sidecars are copied, too.
    """
    maker, marks = made_by(colorizer)

    def outcome(one):
        job, before, pictures, files = one.job, one.photograph, (), {}
        try:
            if one.error is not None:
                raise one.error
            if one.pixels is not None:
                after, mark = dataclasses.replace(before, pixels=one.pixels), mark_colorized
                if mark_colorized or records:
                    files["input_sha256"] = sha256(job.source)
                if mark_colorized:
                    mark = {**marks, "colorize:SourceSHA256": files["input_sha256"]}
                sign = credentials and functools.partial(
                    credentials.sign,
                    source=job.source,
                    source_form=before.format,
                    software={"name": "keras_colorize", "version": __version__},
                )
                how = {
                    "sign": sign,
                    "mark_colorized": mark,
                    "overwrite": overwrite,
                    "quality": quality,
                }
                seen = ("was in color already",) if one.is_color else ()
                notes = (*before.notes, *seen, *copy_sidecars(job.source, job.target, overwrite))
                notes += write_photograph(job.target, after, **how)
                if one.dates:
                    os.utime(job.target, ns=one.dates)
                status, pictures = "done", (before, after) if keep else ()
                if records:
                    height, width = one.pixels.shape[:2]
                    files["output_sha256"] = sha256(job.target)
                    files |= {"width": width, "height": height}
            elif one.is_color:
                status, notes = "in color", ("is in color already and was left out",)
            elif skip_existing:
                status, notes = "skipped", (f"{job.target} exists",)
            else:
                advice = "skip or overwrite existing outputs"
                raise PhotographError(f"{job.target} exists; {advice}")
        except Exception as error:
            status, notes = "failed", (describe(error).removeprefix(f"{job.source}: "),)
        record = None
        if records:
            record = {"path": job.relative.as_posix(), "source": os.path.abspath(job.source)}
            record |= {"target": os.path.abspath(job.target), "status": status, **files}
            record |= {"notes": list(notes), **maker}
        return Outcome(job, status, notes, *(pictures or (None, None)), record)

    def read(job):
        one = InProgress(job)
        if job.fault:
            one.error = PhotographError(job.fault)
        elif overwrite or not os.path.lexists(job.target):
            # Whatever goes wrong with one photograph, memory included, must not stop the others.
            try:
                if keep_dates:
                    # Reading changes the first.
                    found = os.stat(job.source)
                    one.dates = found.st_atime_ns, found.st_mtime_ns
                photograph = read_photograph(job.source, max_pixels)
                one.is_color = not is_near_grey(photograph.pixels)
                if not (one.is_color and keep_color):
                    if max_side:
                        photograph = scaled_down(photograph, max_side)
                    one.photograph = photograph
                    seen = colorizer.preprocess(photograph.pixels)
                    # There is one copy of a picture that is large.
                    overwritten = seen.pixels.size // 3 >= GROUP_PIXELS and not keep
                    one.preprocessed = dataclasses.replace(seen, overwritten=overwritten)
            except Exception as error:
                one.error = error
        return one

    groups = ahead(grouped(map(read, jobs), colorizer.at_once))
    predicted = (_step(group, "ab", colorizer.predict, "preprocessed") for group in groups)
    for group in ahead(predicted):
        yield from map(outcome, _step(group, "pixels", colorizer.compose, "preprocessed", "ab"))


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


def made_by(colorizer):
    """What colorizes: a dict for JSON, and properties of XMP, see `mark_made_colors`."""
    record = {"versions": {"keras_colorize": __version__}, "model": getattr(colorizer, "name", "")}
    marks = {"Iptc4xmpExt:AISystemUsed": "keras_colorize"}
    marks |= {"Iptc4xmpExt:AISystemVersionUsed": __version__, "colorize:Preset": record["model"]}
    if (config := getattr(colorizer, "config", None)) is not None:
        record |= {"model_version": config.version, "model_sha256": config.sha256}
        marks["colorize:Preset"] += f"@{config.version}"
    if (options := getattr(colorizer, "options", None)) is not None:
        record["options"] = options.record()
        marks["colorize:Options"] = json.dumps(record["options"], sort_keys=True)
    return record, marks


def grouped(photographs, at_once):
    """Yields lists of `InProgress` of one size, in order; these alone decide the groups."""
    group, shapes, pixels = [], set(), 0
    for one in photographs:
        seen, shape, size = one.preprocessed, set(), 0
        if seen is not None:
            shape, size = {seen.network_input.shape}, seen.pixels.size // 3
        if group and (len(shapes | shape) > 1 or pixels + size > GROUP_PIXELS):
            yield group
            group, shapes, pixels = [], set(), 0
        group, shapes, pixels = [*group, one], shapes | shape, pixels + size
        if len(group) >= at_once or pixels >= GROUP_PIXELS:
            yield group
            group, shapes, pixels = [], set(), 0
    if group:
        yield group


def _step(group, name, function, *columns):
    """Takes those that got so far one step further, alone where together fails; the group."""
    ready = [one for one in group if one.preprocessed is not None and one.error is None]
    if not ready:
        return group
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
    return group


def describe(error):
    """Says an error in one line, with advice where memory ran out."""
    text = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":
        return f"out of memory: use a smaller --working-size or a smaller picture ({text[:200]})"
    known = isinstance(error, PhotographError | ValueError | OSError)
    return text if known else f"{type(error).__name__}: {text}"
