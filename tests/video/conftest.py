"""Clips of a few frames, and a colorizer that takes no time."""

import copy
import types
from fractions import Fraction

import av
import numpy as np
import pytest

from keras_colorize.inference.colorizer import BaseColorizer


class FakeColorizer(BaseColorizer):
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

    def replace(self, hints):
        other = copy.copy(self)
        other.hints = hints
        return other


@pytest.fixture
def fake():
    return FakeColorizer


@pytest.fixture
def make_clip(tmp_path):
    """`make_clip(name, ...)` writes a clip, of a slope of grey that moves on, and returns its path.

    `before_start` gets its stream of video.
    """
    slope = np.linspace(30, 200, 64)[None, :, None]
    levels = [np.broadcast_to(slope + 5 * i, (48, 64, 3)).astype(np.uint8) for i in range(6)]

    def make(
        name="clip.mp4",
        frames=levels,
        pts=None,
        sound=False,
        pix_fmt="yuv420p",
        before_start=lambda stream: None,
    ):
        time_base = Fraction(1, 12800)
        with av.open(str(tmp_path / name), "w") as made:
            video = made.add_stream("libx264", rate=25, options={"crf": "1"})
            video.height, video.width = frames[0].shape[:2]
            video.pix_fmt, video.codec_context.time_base = pix_fmt, time_base
            before_start(video)
            audio = made.add_stream("aac", rate=16000) if sound else None
            for i, pixels in enumerate(frames):
                deep = pixels.dtype == np.uint16
                frame = av.VideoFrame.from_ndarray(pixels, "rgb48le" if deep else "rgb24")
                frame.pts, frame.time_base = 512 * i if pts is None else pts[i], time_base
                made.mux(video.encode(frame))
            made.mux(video.encode(None))
            rng = np.random.default_rng(0)
            for i in range(8 if sound else 0):
                samples = rng.uniform(-0.5, 0.5, (2, 1024)).astype("float32")
                frame = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
                frame.sample_rate, frame.pts = 16000, 1024 * i
                made.mux(audio.encode(frame))
            if sound:
                made.mux(audio.encode(None))
        return tmp_path / name

    return make


@pytest.fixture
def decoded():
    """`decoded(path)`: list of the frames of a clip."""

    def decode(path):
        with av.open(str(path)) as clip:
            return list(clip.decode(video=0))

    return decode


@pytest.fixture
def packets():
    """`packets(path, kind)`: what the packets of a stream hold, with their times in seconds."""

    def read(path, kind="audio"):
        with av.open(str(path)) as clip:
            stream = next(one for one in clip.streams if one.type == kind)
            return [(bytes(one), one.pts * one.time_base) for one in clip.demux(stream) if one.size]

    return read
