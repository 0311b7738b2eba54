"""Clips of a few frames."""

from fractions import Fraction

import av
import numpy as np
import pytest


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
