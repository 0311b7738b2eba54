"""A colorizer that takes no time, and what clips hold."""

import copy
import types

import av
import numpy as np

from keras_colorize.inference.colorizer import BaseColorizer


class Fake(BaseColorizer):
    """Color follows the mean lightness."""

    def __init__(self):
        self.name, self.working_size, self.saturation = "fake", 64, 1.0
        self.config = types.SimpleNamespace(sha256="0", version=1)
        self.options = types.SimpleNamespace(record=lambda: {"saturation": self.saturation})
        self.calls, self.seen, self.counts, self.at_once = 0, [], [], 1

    def predict_ab(self, lightness, hints=None):
        self.calls += 1
        self.seen.append(lightness[0])
        self.counts.append(len(lightness))
        shape = (len(lightness), lightness.shape[1] // 4, lightness.shape[2] // 4, 2)
        ab = np.full(shape, 20.0 + lightness.mean() % 10.0, "float32")
        return ab if hints is None else ab - 50.0 * hints.mask[None, ::4, ::4, None]

    def replace(self, **options):
        # One counts the calls of a run.
        other = copy.copy(self) if "hints" in options else self
        vars(other).update(options)
        return other


def decoded(path):
    """List of the frames of a clip."""
    with av.open(str(path)) as clip:
        return list(clip.decode(video=0))


def packets(path, kind="audio"):
    """What the packets of a stream hold, with their times in seconds."""
    with av.open(str(path)) as clip:
        stream = next(one for one in clip.streams if one.type == kind)
        return [(bytes(one), one.pts * one.time_base) for one in clip.demux(stream) if one.size]
