"""Clips of a few frames, and a colorizer that takes no time."""

import types
from fractions import Fraction

import av
import numpy as np
import pytest

from keras_colorize.inference.colorizer import BaseColorizer

FRAMES = 6


class FakeColorizer(BaseColorizer):
    """Color follows the mean lightness, with a flicker from one call to the next if asked for."""

    def __init__(self, flicker=0.0):
        self.name, self.working_size, self.saturation = "fake", 64, 1.0
        self.config = types.SimpleNamespace(sha256="0")
        self.options = types.SimpleNamespace(record=lambda: {"saturation": self.saturation})
        self.flicker, self.calls, self.seen = flicker, 0, []

    def predict_ab(self, lightness, hints=None):
        """(N, h, w, 2) of a and b."""
        self.calls += 1
        self.seen.append(lightness[0])
        shape = (len(lightness), lightness.shape[1] // 4, lightness.shape[2] // 4, 2)
        color = 20.0 + lightness.mean() % 10.0 + self.flicker * (self.calls % 2)
        return np.full(shape, color, "float32")


@pytest.fixture
def fake():
    return FakeColorizer


def grey_frames(count=FRAMES, width=64, height=48):
    """Frames with a slope of grey that moves on."""
    slope = np.linspace(30, 200, width)
    return [
        np.repeat(np.tile(slope + 5 * i, (height, 1))[..., None], 3, -1).astype(np.uint8)
        for i in range(count)
    ]


@pytest.fixture
def make_clip(tmp_path):
    """`make_clip(name, frames, pts, sound, ...)` writes a clip and returns its path."""

    def make(
        name="clip.mp4",
        frames=None,
        pts=None,
        sound=False,
        codec="libx264",
        pix_fmt="yuv420p",
        time_base=Fraction(1, 12800),
        before_start=lambda stream: None,
        metadata=(),
    ):
        frames = grey_frames() if frames is None else frames
        path = tmp_path / name
        with av.open(str(path), "w") as made:
            video = made.add_stream(codec, rate=25, options={"crf": "1"} if "x26" in codec else {})
            video.height, video.width = frames[0].shape[:2]
            video.pix_fmt, video.codec_context.time_base = pix_fmt, time_base
            before_start(video)
            made.metadata.update(metadata)
            audio = made.add_stream("aac", rate=16000) if sound else None
            step = int(1 / (25 * time_base))
            for i, pixels in enumerate(frames):
                deep = pixels.dtype == np.uint16
                frame = av.VideoFrame.from_ndarray(pixels, "rgb48le" if deep else "rgb24")
                frame.pts = i * step if pts is None else pts[i]
                frame.time_base = time_base
                made.mux(video.encode(frame))
            made.mux(video.encode(None))
            if audio:
                _add_sound(made, audio)
        return path

    return make


def _add_sound(made, audio):
    rng = np.random.default_rng(0)
    for i in range(8):
        samples = rng.uniform(-0.5, 0.5, (2, 1024)).astype("float32")
        frame = av.AudioFrame.from_ndarray(samples, "fltp", "stereo")
        frame.sample_rate, frame.pts = 16000, 1024 * i
        made.mux(audio.encode(frame))
    made.mux(audio.encode(None))


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
