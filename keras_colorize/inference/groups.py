"""Photographs read one after the other and put together for the network."""

import dataclasses

from keras_colorize.io import read_photograph

GROUP_PIXELS = 1 << 22
"""Most pixels of a group at full size, unless one photograph has more; bounds the memory."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """How far a photograph has come; what was not reached is None.

    Attributes:
        job: its `Job`.
        photograph: the `Photograph` as read.
        view: what the colorizer sees of it.
        color: what it predicts.
        pixels: those of the photograph in color.
        error: what went wrong.
    """

    job: object
    photograph: object = None
    view: object = None
    color: object = None
    pixels: object = None
    error: object = None

    @property
    def size(self):
        """How many pixels it has at full size."""
        return 0 if self.view is None else self.view.lightness.size


def read_groups(colorizer, jobs, leave):
    """Reads photographs.

    Which ones come together depends on them and their order alone, not on who is quicker: a
    network in low precision gives slightly different colors in other company.

    Args:
        colorizer: a `BaseColorizer`.
        jobs: `Job`s.
        leave: function of a `Job` that says whether it is left unread.

    Yields:
        Lists of `Reading`s, in the order of the jobs; the network sees those of a list at one
        size.
    """
    group = []
    for job in jobs:
        reading = Reading(job) if leave(job) else _read(colorizer, job)
        if not _fits(reading, group):
            yield group
            group = []
        group.append(reading)
        del reading
        if _full(group, colorizer.at_once):
            yield group
            group = []
    if group:
        yield group


def take_step(group, name, function, *columns):
    """Takes a group one step further.

    Args:
        group: list of `Reading`s.
        name: attribute that gets what the step makes.
        function: takes a list of every column, of the readings that got so far, and returns
            something for each. Where it fails it is called for each alone.
        columns: names of attributes.

    Returns:
        List of `Reading`s.
    """
    ready = [reading for reading in group if _is_ready(reading)]
    values = [[getattr(reading, column) for reading in ready] for column in columns]
    made = iter(_together_or_alone(function, name, values) if ready else ())
    return [
        dataclasses.replace(reading, **next(made)) if _is_ready(reading) else reading
        for reading in group
    ]


def _is_ready(reading):
    return reading.view is not None and reading.error is None


def _together_or_alone(function, name, values):
    try:
        return [{name: one} for one in function(*values)]
    except Exception as error:
        if len(values[0]) == 1:
            return [{"error": error}]
    rows = zip(*values, strict=True)
    return [_together_or_alone(function, name, [[one] for one in row])[0] for row in rows]


def _read(colorizer, job):
    # Whatever goes wrong with one photograph, memory included, must not stop the others.
    try:
        photograph = read_photograph(job.source)
        return Reading(job, photograph, colorizer.see(photograph.pixels))
    except Exception as error:
        return Reading(job, error=error)


def _fits(reading, group):
    shapes = {one.view.seen.shape for one in (*group, reading) if one.view is not None}
    return not group or (
        len(shapes) < 2 and sum(one.size for one in (*group, reading)) <= GROUP_PIXELS
    )


def _full(group, at_once):
    return len(group) >= at_once or sum(one.size for one in group) >= GROUP_PIXELS
