"""The command that colorizes a video."""

import av
import numpy as np
import pytest

from keras_colorize import cli


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


def _run(capsys, *words):
    code = cli.main(["video", *map(str, words)])
    return code, *capsys.readouterr()


def test_colorizes_a_clip(clip, tiny_preset, tmp_path, capsys):
    target = tmp_path / "out.mp4"
    words = (clip, "-o", target, "--preset", tiny_preset, "--steady", "0.5", "--crf", "20")
    code, out, err = _run(capsys, *words, "--encoder-option", "preset=ultrafast")
    assert (code, out) == (0, f"3 frames: {target}\n")
    assert "3/3" in err
    with av.open(str(target)) as made:
        assert len(list(made.decode(video=0))) == 3
        assert "with tiny" in made.metadata["comment"]
    code, _, err = _run(capsys, *words)
    assert code == 2
    assert "exists" in err


def test_wrong_usage_and_bad_input_have_their_codes(clip, tiny_preset, tmp_path, capsys):
    preset = ("--preset", tiny_preset)
    code, _, err = _run(capsys, tmp_path / "none.mp4", "-o", tmp_path / "out.mp4", *preset)
    assert code == 2
    assert "no such file" in err
    code, _, err = _run(capsys, clip, "-o", tmp_path / "out.gif", *preset)
    assert code == 2
    assert ".webm" in err
    clip.write_bytes(b"no video")
    code, _, err = _run(capsys, clip, "-o", tmp_path / "out.mp4", *preset)
    assert code == 1
    assert "Expected a video" in err
    with pytest.raises(SystemExit):
        _run(capsys, clip, "-o", tmp_path / "out.mp4", "--encoder-option", "slow")
    assert "NAME=VALUE" in capsys.readouterr().err
