"""Which photograph goes where."""

import numpy as np
import pytest
from PIL import Image

from keras_colorize.io import PhotographError, plan_jobs


def _save(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((6, 8), 128, np.uint8)).save(path)


@pytest.fixture
def album(tmp_path):
    """A folder with a folder in it."""
    for name in ("b.png", "a.jpg", "old/c.tif", "old/d.gif"):
        _save(tmp_path / "album" / name)
    (tmp_path / "album" / "notes.txt").write_text("none")
    return tmp_path / "album"


def _targets(jobs, folder):
    return [job.target.relative_to(folder).as_posix() for job in jobs]


def test_folders_are_mirrored(album, tmp_path):
    jobs = plan_jobs([str(album)], tmp_path / "out")
    expected = ["a.jpg", "b.png", "old/c.tif", "old/d.png"]
    assert _targets(jobs, tmp_path / "out") == expected
    assert [job.relative.as_posix() for job in jobs] == expected[:3] + ["old/d.gif"]


def test_patterns_and_files(album, tmp_path):
    out = tmp_path / "out"
    assert _targets(plan_jobs([f"{album}/*.png"], out), out) == ["b.png"]
    assert _targets(plan_jobs([f"{album}/**/*.tif"], out), out) == ["old/c.tif"]
    files = [str(album / "old" / "d.gif"), str(album / "a.jpg")]
    assert _targets(plan_jobs(files, out), out) == ["d.png", "a.jpg"]


def test_one_file_to_one_file(album, tmp_path):
    jobs = plan_jobs([str(album / "a.jpg")], tmp_path / "new" / "color.png")
    assert _targets(jobs, tmp_path) == ["new/color.png"]
    (tmp_path / "x.y").mkdir()
    assert _targets(plan_jobs([album / "a.jpg"], tmp_path / "x.y"), tmp_path) == ["x.y/a.jpg"]


def test_results_of_an_earlier_run_are_no_inputs(album, monkeypatch):
    _save(album / "color" / "a.jpg")
    expected = ["a.jpg", "b.png", "old/c.tif", "old/d.png"]
    assert _targets(plan_jobs([album], album / "color"), album / "color") == expected
    monkeypatch.chdir(album)
    assert len(plan_jobs(["."], "color")) == 4
    with pytest.raises(PhotographError, match="only photographs in it"):
        plan_jobs([f"{album}/c*/*.jpg"], album / "color")


def test_an_input_is_never_an_output(album, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(album)
    (tmp_path / "one.jpg").symlink_to(album / "a.jpg")
    monkeypatch.chdir(album)
    for inputs, output in (
        ([album], album),
        ([album], tmp_path / "link"),
        ([album / "a.jpg"], album / "a.jpg"),
        ([album / "a.jpg"], tmp_path / "one.jpg"),
        (["a.jpg"], "."),
        (["*.jpg"], "."),
    ):
        with pytest.raises(PhotographError, match="no input"):
            plan_jobs(inputs, output)


def test_two_inputs_for_one_output(album, tmp_path):
    _save(album / "old" / "d.png")
    with pytest.raises(PhotographError, match="d.gif and .*d.png"):
        plan_jobs([album], tmp_path / "out")


@pytest.mark.parametrize("output", ["a.gif", "a.xyz"])
def test_formats_that_cannot_be_written(album, tmp_path, output):
    with pytest.raises(PhotographError, match="expected one of"):
        plan_jobs([album / "a.jpg"], tmp_path / output)


def test_a_folder_does_not_go_to_the_name_of_a_photograph(album, tmp_path):
    with pytest.raises(PhotographError, match="out.png: expected a folder"):
        plan_jobs([album], tmp_path / "out.png")


def test_folders_that_cannot_be_written(album, tmp_path):
    with pytest.raises(PhotographError, match="can be written"):
        plan_jobs([album], album / "notes.txt" / "out")


def test_a_sheet_replaces_no_photograph(album, tmp_path):
    for sheet in (album / "a.jpg", tmp_path / "out" / "b.png"):
        with pytest.raises(PhotographError, match="no input or output"):
            plan_jobs([album], tmp_path / "out", sheet)
    with pytest.raises(PhotographError, match=".png or .jpg"):
        plan_jobs([album], tmp_path / "out", tmp_path / "sheet.tif")
    assert plan_jobs([album], tmp_path / "out", tmp_path / "sheet.png")
