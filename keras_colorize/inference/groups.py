"""Photographs read one after the other and put together for the network."""

import dataclasses

from keras_colorize.files import read_photograph

GROUP_PIXELS = 1 << 22
"""Most pixels of a group at full size, unless one photograph has more; bounds the memory."""


@dataclasses.dataclass(frozen=True)
class Reading:
    """What became of reading a photograph.

    Attributes:
        job: its `Job`.
        photograph: the `Photograph`, None unless it was read.
        view: what the colorizer sees of it, None unless it was read.
        error: why it could not be read, or None.
    """

    job: object
    photograph: object = None
    view: object = None
    error: object = None

    @property
    def pixels(self):
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
        Lists of `Reading`s, in the order of the jobs; those with a view are seen at one size.
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
        len(shapes) < 2 and sum(one.pixels for one in (*group, reading)) <= GROUP_PIXELS
    )


def _full(group, at_once):
    return len(group) >= at_once or sum(one.pixels for one in group) >= GROUP_PIXELS
