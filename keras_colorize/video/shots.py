"""Shots of a film, looked at before their frames are colorized."""

import copy

from keras_colorize.inference.batch import ahead
from keras_colorize.inference.pixels import lightness_of
from keras_colorize.io.photograph import is_near_grey
from .steady import is_cut

# Long side in pixels at which frames are looked at.
SIDE = 320
# Frames of a shot that are looked at, and how many of them are asked for color.
LOOK, EVERY = 240, 8


def shots_in_color(source):
    """Yields for each frame of a source whether its shot is in color already.

    The frames are read a second time, small. A shot, which begins where `is_cut` finds it, is in
    color if half of its first frames or more are; a toned one is not.
    """

    def seen():
        waiting, votes, known, before = 0, [], None, None
        for picture in copy.copy(source).pictures(side=SIDE):
            lightness = lightness_of(picture.pixels)
            if before is not None and is_cut(before, lightness):
                yield from [_most(votes)] * waiting
                waiting, votes, known = 0, [], None
            before = lightness
            if known is not None:
                yield known
                continue
            if waiting % EVERY == 0:
                votes.append(not is_near_grey(picture.pixels))
            waiting += 1
            if waiting == LOOK:
                known = _most(votes)
                yield from [known] * waiting
                waiting = 0
        yield from [_most(votes)] * waiting

    return ahead(seen())


def _most(votes):
    return 2 * sum(votes) >= max(1, len(votes))
