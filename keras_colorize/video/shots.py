"""Shots of a film, looked at before their frames are colorized."""

import copy
import itertools

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

    def numbered():
        number, before = 0, None
        for picture in copy.copy(source).pictures(side=SIDE):
            lightness = lightness_of(picture.pixels)
            number += before is not None and is_cut(before, lightness)
            before = lightness
            yield number, picture.pixels

    def flags():
        for _, shot in itertools.groupby(numbered(), key=lambda numbered: numbered[0]):
            pictures = (pixels for _, pixels in shot)
            first = enumerate(itertools.islice(pictures, LOOK))
            votes = [place % EVERY == 0 and not is_near_grey(pixels) for place, pixels in first]
            is_color = 2 * sum(votes) >= len(votes[::EVERY])
            yield from [is_color] * len(votes)
            yield from (is_color for _ in pictures)

    return ahead(flags())
