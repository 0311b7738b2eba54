"""Files and folders: photographs are read, colorized and written side by side."""

import collections
import concurrent.futures
import dataclasses
import functools
import itertools
import json
import os

from keras_colorize import __version__
from keras_colorize.io import Job, PhotographError, read_photograph, writable_format
from keras_colorize.io.metadata import copy_sidecars
from keras_colorize.io.photograph import is_near_grey, scaled_down
from keras_colorize.io.reading import MAX_PIXELS, tiff_pages
from keras_colorize.io.writing import write_pages
from keras_colorize.presets import sha256

GROUP_PIXELS = 1 << 22
"""Most pixels of a group at full size, unless one photograph has more; bounds the memory."""

_IN_COLOR = "in color", "is in color already and was left out"


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
    """How far a photograph or page has come, step by step; what was not reached is None.

    Attributes:
        found: what `os.stat` said of the file before it was read.
        document: number of pixels of all pages, where there are several.
        last: whether this is the last page.
    """

    job: Job
    found: object = None
    photograph: object = None
    preprocessed: object = None
    ab: object = None
    pixels: object = None
    error: object = None
    document: int = 0
    last: bool = True


class _LeftOutError(Exception):
    """A photograph that is not colorized: its status and a note."""


def colorize_files(
    colorizer,
    jobs,
    *,
    mark_colorized=True,
    overwrite=False,
    keep=False,
    records=False,
    quality=None,
    keep_dates=False,
    credentials=None,
    label=None,
    **reading,
):
    """Colorizes files and yields an `Outcome` per job, in order; a bad file does not stop the rest.

    A thread reads ahead and another predicts, while pictures are composed and written. XMP sidecars
    are copied.

    Args:
        colorizer: `BaseColorizer`.
        jobs: list of `Job`.
        mark_colorized: whether XMP says that colors were made, by what, and of which source.
        overwrite: whether existing outputs are replaced.
        keep: whether outcomes keep their pictures; of a document the first.
        records: whether they hold a record.
        quality: see `write_photograph`.
        keep_dates: whether outputs get the times of access and change of their sources.
        credentials: `Credentials` that sign outputs, or None.
        label: function of a finished `Photograph` that returns it with a label, or None.
        reading: options of `read_jobs`.
    """
    maker, marks = made_by(colorizer)

    def outcome(parts):
        one = next(parts)
        job, status, notes, pictures, files = one.job, "done", [], [], {}
        try:
            if one.error is not None:
                raise one.error
            mark = mark_colorized
            if mark_colorized or records:
                files["input_sha256"] = sha256(job.source)
            if mark_colorized:
                mark = {**marks, "colorize:SourceSHA256": files["input_sha256"]}
            sign = credentials and functools.partial(
                credentials.sign,
                source=job.source,
                source_form=one.photograph.format,
                software={"name": "keras_colorize", "version": __version__},
            )
            pages = finished(itertools.chain([one], parts), mark, notes, pictures)
            notes += write_pages(job.target, pages, overwrite, quality, sign, one.document)
            if keep_dates:
                os.utime(job.target, ns=(one.found.st_atime_ns, one.found.st_mtime_ns))
            if records:
                height, width = pictures[1].pixels.shape[:2]
                files["output_sha256"] = sha256(job.target)
                files |= {"width": width, "height": height}
        except _LeftOutError as left:
            status, *notes = left.args
        except Exception as error:
            status, notes = "failed", [describe(error).removeprefix(f"{job.source}: ")]
        record = None
        if records:
            record = {"path": job.relative.as_posix(), "source": os.path.abspath(job.source)}
            record |= {"target": os.path.abspath(job.target), "status": status, **files}
            record |= {"notes": notes, **maker}
        pictures = pictures if keep and status == "done" else (None, None)
        return Outcome(job, status, tuple(notes), *pictures, record)

    def finished(parts, mark, notes, pictures):
        """Yields pictures and whether they are marked; keeps notes and the first picture."""
        made = 0
        for number, one in enumerate(parts, 1):
            page = f"page {number}: " if one.document else ""
            if one.error is not None:
                raise PhotographError(page + describe(one.error)) from one.error
            notes += (page + note for note in one.photograph.notes)
            before = after = one.photograph
            if one.pixels is not None:
                after, made = dataclasses.replace(before, pixels=one.pixels), made + 1
                after = label(after) if label else after
            pictures += () if pictures else (before, after)
            yield after, one.pixels is not None and mark
            if one.last:
                # The next one of another job may be long in coming.
                break
        if not made:
            raise _LeftOutError(*_IN_COLOR)
        notes += copy_sidecars(one.job.source, one.job.target, overwrite)

    read = read_jobs(colorizer, jobs, overwrite, keep, **reading)
    groups = ahead(grouped(read, colorizer.at_once))
    predicted = (_step(group, "ab", colorizer.predict, "preprocessed") for group in groups)
    composed = (
        one
        for group in ahead(predicted)
        for one in _step(group, "pixels", colorizer.compose, "preprocessed", "ab")
    )
    for _, parts in itertools.groupby(composed, lambda one: one.job):
        yield outcome(parts)


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


def read_jobs(
    colorizer,
    jobs,
    overwrite=True,
    keep=True,
    *,
    skip_existing=False,
    keep_color=False,
    max_side=None,
    max_pixels=MAX_PIXELS,
    pages="first",
):
    """Yields `InProgress` of jobs as they are read: one for each, or one for each page.

    An existing output is a failure unless it is to be replaced or skipped. `keep_color` leaves out
    photographs that are in color already, and such pages as they are; `max_pixels` bounds what is
    read, `max_side` the long side of what is written. Of a TIFF that becomes a TIFF `pages` takes
    the "first" or "all"; "auto" does the latter, and takes the first of others. A large picture may
    be overwritten by its colors unless outcomes `keep` it.
    """
    for job in jobs:
        numbers, size, said = [None], 0, ()
        # Whatever goes wrong with one photograph, memory included, must not stop the others.
        try:
            if job.fault:
                raise PhotographError(job.fault)
            if not overwrite and os.path.lexists(job.target):
                if skip_existing:
                    raise _LeftOutError("skipped", f"{job.target} exists")
                advice = "--skip-existing leaves it, --overwrite replaces it"
                raise PhotographError(f"{job.target} exists; {advice}")
            found = os.stat(job.source)
            if pages != "first" and writable_format(job.target).name == "TIFF":
                several, size, said = tiff_pages(job.source)
                numbers, size = (several, size) if len(several) > 1 else ([None], 0)
        except Exception as error:
            yield InProgress(job, error=error)
            continue
        for number in numbers:
            one = InProgress(job, found, document=size, last=number == numbers[-1])
            try:
                photograph = read_photograph(job.source, max_pixels, number)
                if photograph.has_more and pages == "all":
                    expected = "one picture, or a TIFF that becomes a TIFF, with --pages all"
                    advice = "received several pages or frames; --pages first takes the first"
                    raise PhotographError(f"expected {expected}, {advice}")
                is_color = not is_near_grey(photograph.pixels)
                if is_color and keep_color and not size:
                    raise _LeftOutError(*_IN_COLOR)
                said = (*said, *photograph.notes, *["was in color already"] * is_color)
                photograph = scaled_down(photograph, max_side) if max_side else photograph
                one.photograph, said = dataclasses.replace(photograph, notes=said), ()
                if not (is_color and keep_color):
                    seen = colorizer.preprocess(photograph.pixels)
                    # There is one copy of a picture that is large.
                    overwritten = seen.pixels.size // 3 >= GROUP_PIXELS and not keep
                    one.preprocessed = dataclasses.replace(seen, overwritten=overwritten)
            except Exception as error:
                one.error = error
            yield one
            if one.error is not None:
                break


def grouped(photographs, at_once):
    """Yields lists of `InProgress` of one size, in order; these alone decide the groups."""
    group, shapes, pixels = [], set(), 0
    for one in photographs:
        shape, size = set(), 0
        if one.photograph is not None:
            size = one.photograph.pixels[..., 0].size
        if one.preprocessed is not None:
            shape = {one.preprocessed.network_input.shape}
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
