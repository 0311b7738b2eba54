"""Colors that stay where the picture stays, since a network that sees frames alone flickers."""

import numpy as np
from keras import ops

from keras_colorize.errors import expect

# Default share of the color before: at rest, changes are spread over five frames.
STEADY = 0.8
# Square of the change of L* at which the color before has lost all but 1/e of its weight.
SIGMA = 16.0
# Frames less alike than this belong to different shots.
CUT_SIMILARITY = 0.5
# Mean change of L* that is a cut, however alike the frames are otherwise.
CUT_CHANGE = 25.0


class SteadyColors:
    """Takes the flicker out of the colors of frames: a pixel's lean on those of the frame before.

    They lean the more, the less its lightness changed; a cut starts anew.

    Args:
        strength: 0 leaves every frame alone; towards 1 colors of what stands still last longer.

    Raises:
        ValueError: for a strength outside 0..1.
    """

    def __init__(self, strength=STEADY):
        expect(0 <= strength <= 1, f"a strength between 0 and 1, received {strength!r}")
        self.strength = strength
        # L* and ab of the frame before, all that the next one depends on.
        self.last = {}

    def __call__(self, lightness, ab):
        """Filters the next frame; returns its a and b, float32 (h, w, 2).

        Args:
            lightness: float array (H, W, 1), L* in 0..100, the network's input.
            ab: float array (h, w, 2), a and b predicted from it.
        """
        ab = np.asarray(ab, "float32")
        past = self.last.get("lightness")
        if self.strength and past is not None and not is_cut(past, lightness):
            pair = np.stack([past, lightness])
            before, now = ops.convert_to_numpy(ops.image.resize(pair, ab.shape[:2], antialias=True))
            weights = self.strength * np.exp(-np.square(now - before) / SIGMA)
            ab = ab + weights * (self.last["ab"] - ab)
        self.last = {"lightness": np.asarray(lightness, "float32"), "ab": ab}
        return ab


def is_cut(before, after):
    """Says whether a new shot begins between two frames (H, W, 1), L* in 0..100.

    It takes no notice of exposure, which flickers in old films: frames are compared by the
    covariance of their lightness over its mean variance.
    """
    if np.mean(np.abs(after - before)) > CUT_CHANGE:
        return True
    first, second = before - np.mean(before), after - np.mean(after)
    variance = 0.5 * (np.mean(np.square(first)) + np.mean(np.square(second)))
    # A unit of variance more keeps the grain of even frames from being compared.
    return (np.mean(first * second) + 1.0) / (variance + 1.0) < CUT_SIMILARITY
