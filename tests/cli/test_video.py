"""The command that colorizes a video."""

import av
import numpy as np
import pytest


@pytest.fixture
def clip(tmp_path):
    path = tmp_path / "clip.mp4"
    with av.open(str(path), "w") as made:
        stream = made.add_stream("libx264", rate=25)
        stream.width, stream.height = 64, 48
        for level in (90, 100, 110):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), level, np.uint8), "rgb24")
            made.mux(stream.encode(frame))
        made.mux(stream.encode(None))
    return path


def test_colorizes_a_clip(clip, tiny_preset, tmp_path, command, refused):
    target = tmp_path / "out.mp4"
    words = ("video", clip, "-o", target, "--preset", tiny_preset, "--steady", "0.5")
    code, out, err = command(*words, "--crf", "20", "--encoder-option", "preset=ultrafast")
    assert (code, out) == (0, f"3 frames: {target}\n")
    assert "3/3" in err
    with av.open(str(target)) as made:
        assert len(list(made.decode(video=0))) == 3
        assert "with tiny" in made.metadata["comment"]
    assert "exists" in refused(*words)


def test_wrong_usage_and_bad_input_have_their_codes(clip, tiny_preset, tmp_path, command, refused):
    words = ("video", "--preset", tiny_preset, "-o", tmp_path / "out.mp4")
    assert "no such file" in refused(*words, tmp_path / "none.mp4")
    assert ".webm" in refused(*words, clip, "-o", tmp_path / "out.gif")
    assert "NAME=VALUE" in refused(*words, clip, "--encoder-option", "slow")
    clip.write_bytes(b"no video")
    code, _, err = command(*words, clip)
    assert code == 1
    assert "Expected a video" in err
