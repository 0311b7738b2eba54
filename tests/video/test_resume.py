"""A run that dies, and the run that goes on from there."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from keras_colorize.video import colorize_video
from keras_colorize.video.journal import Journal
from ._clips import Fake, decoded, packets

HERE, ROOT = Path(__file__).parent, Path(__file__).parents[2]

# Colors a frame in a tenth of a second, so that there is time to kill it.
SLOW_RUN = """
import sys, time
sys.path.append(sys.argv[3])
from _clips import Fake
from keras_colorize.video import colorize_video
from keras_colorize.video.journal import Journal
Journal.segment_frames = 3
colorize_video(Fake(), *sys.argv[1:3], on_frame=lambda *_: time.sleep(0.1))
"""


@pytest.fixture
def short_segments(monkeypatch):
    monkeypatch.setattr(Journal, "segment_frames", 3)


def test_a_killed_run_is_taken_up(make_clip, tmp_path, short_segments):
    rng = np.random.default_rng(1)
    levels = rng.choice((0, 1, 7), 20).cumsum()
    pts = np.cumsum([0, *rng.integers(1, 3000, 19)]).tolist()
    frames = [np.full((48, 64, 3), 40 + level, np.uint8) for level in levels]
    clip = make_clip(frames=frames, pts=pts, sound=True)
    target = tmp_path / "out.mp4"
    words = [sys.executable, "-c", SLOW_RUN, str(clip), str(target), str(HERE)]
    second = target.with_name(f"{target.name}.unfinished") / "000001.npz"
    with subprocess.Popen(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}) as process:
        limit = time.monotonic() + 60
        while not second.exists() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.02)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert second.exists() and not target.exists()
    colorizer = Fake()
    outcome = colorize_video(colorizer, clip, target)
    assert outcome.frames == 20
    assert 6 <= outcome.resumed < 20
    # Levels that are equal or nearly so are not predicted anew.
    assert 0 < colorizer.calls < 20 - outcome.resumed
    colorize_video(Fake(), clip, tmp_path / "whole.mp4")
    assert packets(target, "video") == packets(tmp_path / "whole.mp4", "video")
    # No seam between segments.
    assert [frame.pts for frame in decoded(target)] == pts
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "out.mp4", "whole.mp4"]


def test_other_settings_begin_anew_and_equal_ones_go_on(make_clip, tmp_path, short_segments):
    def interrupt(done, total):
        if done == 5:
            raise KeyboardInterrupt

    clip, frames = make_clip(), tmp_path / "frames"
    for target, steady in ((tmp_path / "out.mp4", 0.5), (frames, 0.5), (frames, 0.8)):
        with pytest.raises(KeyboardInterrupt):
            colorize_video(Fake(), clip, target, on_frame=interrupt, overwrite=True)
        outcome = colorize_video(Fake(), clip, target, steady=steady, overwrite=True)
        assert outcome.resumed == (3 if steady == 0.8 else 0)
        assert any("began anew" in note for note in outcome.notes) == (steady == 0.5)
    colorize_video(Fake(), clip, tmp_path / "whole")
    files = sorted((tmp_path / "whole").iterdir())
    assert len(files) == 7
    for path in files:
        assert path.read_bytes() == (frames / path.name).read_bytes()


@pytest.mark.parametrize("moment", ["before", "between", "after"])
def test_a_folder_whose_last_rename_was_interrupted(
    make_clip, tmp_path, short_segments, monkeypatch, moment
):
    clip, target = make_clip(), tmp_path / "frames"
    target.mkdir()
    (target / "old.png").touch()
    rename = Path.rename

    def interrupted(path, other):
        if (path == target) == (moment == "before"):
            raise KeyboardInterrupt
        return rename(path, other)

    def killed(journal):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        if moment == "after":
            patch.setattr(Journal, "remove", killed)
        else:
            patch.setattr(Path, "rename", interrupted)
        colorize_video(Fake(), clip, target, overwrite=True)
    # Nothing is lost: neither what was there nor what was done, until the new folder is there.
    replaced = tmp_path / "frames.unfinished" / "replaced"
    assert (target if moment == "before" else replaced).joinpath("old.png").exists()
    colorizer = Fake()
    outcome = colorize_video(colorizer, clip, target, overwrite=True)
    assert (outcome.resumed, colorizer.calls) == ((0, 6) if moment == "after" else (6, 0))
    assert len(list(target.iterdir())) == 7
    assert not (target / "old.png").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.mp4", "frames"]
