import av
import cv2
import numpy as np


def test_a_clip_wrong_usage_and_bad_input(tiny_preset, tmp_path, command, refused):
    clip, target = tmp_path / "clip.mp4", tmp_path / "out.mp4"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter_fourcc(*"mp4v"), 25, (64, 48))
    for level in (90, 100, 110):
        writer.write(np.full((48, 64, 3), level, np.uint8))
    writer.release()
    words = ("video", "--preset", tiny_preset, "-o", target)
    options = ("--steady", "0.5", "--crf", "20", "--encoder-option", "preset=ultrafast")
    code, out, err = command(*words, clip, *options)
    assert (code, out) == (0, f"3 frames: {target}\n")
    assert "3/3" in err
    with av.open(str(target)) as made:
        assert len(list(made.decode(video=0))) == 3
        assert "with tiny" in made.metadata["comment"]
    excerpt = ("--start", "0:00.04", "--duration", "9", "--frames", "1", "--overwrite")
    assert command(*words, clip, *excerpt)[:2] == (0, f"1 frames: {target}\n")
    assert "exists" in refused(*words, clip)
    assert "H:M:S" in refused(*words, clip, "--start", "soon")
    assert "from 1/1000 to 1000" in refused(*words, clip, "--rate", "0")
    (tmp_path / "a.jpg").touch()
    assert "received a photograph" in refused(*words, tmp_path / "a.jpg")
    target.unlink()
    assert "no such file" in refused(*words, tmp_path / "none.mp4")
    assert ".webm" in refused(*words, clip, "-o", tmp_path / "out.gif")
    assert "NAME=VALUE" in refused(*words, clip, "--encoder-option", "slow")
    clip.write_bytes(b"no video")
    code, _, err = command(*words, clip)
    assert code == 1
    assert "expected a video" in err
