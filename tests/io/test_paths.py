"""Which photographs are meant, and where their copies go."""

import re
from collections import Counter
from pathlib import Path

import pytest

from keras_colorize.io import PhotographError, find_photographs, output_path, plan_jobs


def touch(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


@pytest.fixture
def album(tmp_path):
    names = ("b.JPG", "a.png", "notes.txt", ".hidden.jpg", "1932/c.tif", "1932/x/d.gif")
    for name in (*names, ".cache/e.jpg", "odd[1].jpg", "empty/readme.md"):
        touch(tmp_path / "album" / name)
    return tmp_path / "album"


def found(*inputs):
    return [path for path, _ in find_photographs(inputs)]


def test_folders_are_searched_through_and_files_taken_whatever_their_suffix(album):
    expected = ["1932/c.tif", "1932/x/d.gif", "a.png", "b.JPG", "odd[1].jpg"]
    assert find_photographs([str(album)]) == [(album / name, album) for name in expected]
    files = [album / "notes.txt", album / ".hidden.jpg"]
    assert found(*files) == files
    assert find_photographs([album / "odd[1].jpg"]) == [(album / "odd[1].jpg", album)]


def test_patterns(album):
    assert found(f"{album}/*.[pj]*") == [album / "a.png", album / "odd[1].jpg"]
    assert find_photographs([f"{album}/19*/*"]) == [(album / "1932/c.tif", album)]
    assert len(found(f"{album}/**")) == 5
    below = (album / "1932/x/d.gif", album / "1932")
    assert find_photographs([f"{album}/1932/**/*.gif"]) == [below]


def test_inputs_keep_their_order_and_files_come_once(album, monkeypatch):
    paths = found(album / "b.JPG", album, f"{album}/*.png")
    assert paths[0] == album / "b.JPG"
    assert len(paths) == len(set(paths)) == 5
    monkeypatch.chdir(album)
    assert found("a.png", album / "a.png", "1932/../a.png") == [Path("a.png")]


def test_an_input_without_photographs_is_named(album):
    for name, said in {
        "empty": "a folder without any",
        "*.webp": "no match",
        "missing.jpg": "no such file or folder",
    }.items():
        message = f"{album / name}: expected photographs, received {said}"
        with pytest.raises(PhotographError, match=re.escape(message)):
            find_photographs([album / "a.png", album / name])


def test_where_a_copy_goes():
    for source, expected in {
        "in/x/a.jpg": "out/x/a.jpg",
        "in/a.TIFF": "out/a.TIFF",
        "in/v1.2/a.b.tga": "out/v1.2/a.b.png",
        "in/scan": "out/scan.png",
    }.items():
        assert output_path(source, "in", Path("out")) == Path(expected)
    assert output_path("in/a.jpg", "in/a.jpg", "out") == Path("out/a.jpg")
    assert output_path("in/a.b.tif", "in", "out", "_x") == Path("out/a.b_x.tif")
    with pytest.raises(PhotographError, match="below other"):
        output_path("in/scan", "other", "out")


def test_links_that_lead_to_each_other(album):
    (album / "x.jpg").symlink_to("y.jpg")
    (album / "y.jpg").symlink_to("x.jpg")
    assert album / "x.jpg" in found(album)
    jobs = plan_jobs([album], album / "out")
    assert {job.relative.name for job in jobs} >= {"x.jpg", "y.jpg", "a.png"}
    with pytest.raises(PhotographError, match="x.jpg: .*a link that leads nowhere"):
        found(album / "x.jpg")


def targets(inputs, folder):
    return [job.target.relative_to(folder).as_posix() for job in plan_jobs(inputs, folder)]


def test_jobs_of_folders_patterns_and_files(album, tmp_path):
    out = tmp_path / "out"
    expected = "1932/c.tif 1932/x/d.png a.png b.JPG odd[1].jpg"
    assert targets([str(album)], out) == expected.split()
    assert plan_jobs([str(album)], out)[1].relative == Path("1932/x/d.gif")
    assert targets([f"{album}/**/*.tif"], out) == ["1932/c.tif"]
    assert targets([album / "1932/x/d.gif", str(album / "a.png")], out) == ["d.png", "a.png"]
    # One file to one file.
    (job,) = plan_jobs([str(album / "b.JPG")], tmp_path / "new" / "color.png")
    assert job.target == tmp_path / "new" / "color.png"
    (tmp_path / "x.y").mkdir()
    assert targets([album / "b.JPG"], tmp_path / "x.y") == ["b.JPG"]


def test_results_of_an_earlier_run_are_no_inputs(album, monkeypatch):
    touch(album / "color" / "a.jpg")
    assert len(targets([album], album / "color")) == 5
    monkeypatch.chdir(album)
    assert len(plan_jobs(["."], "color")) == 5
    with pytest.raises(PhotographError, match="only photographs in it"):
        plan_jobs([f"{album}/c*/*.jpg"], album / "color")


def test_an_input_is_never_an_output(album, tmp_path, monkeypatch):
    (tmp_path / "link").symlink_to(album)
    (tmp_path / "one.png").symlink_to(album / "a.png")
    monkeypatch.chdir(album)
    for inputs, output in (
        ([album], album),
        ([album], tmp_path / "link"),
        ([album / "a.png"], album / "a.png"),
        ([album / "a.png"], tmp_path / "one.png"),
        (["*.png"], "."),
    ):
        with pytest.raises(PhotographError, match="no input"):
            plan_jobs(inputs, output)


def test_outputs_that_cannot_be(album, tmp_path):
    for inputs, output, said in (
        ("a.png", "a.gif", "expected one of"),
        ("", "out.png", "out.png: expected a folder"),
        ("a.png", "album/notes.txt/out", "can be written"),
    ):
        with pytest.raises(PhotographError, match=said):
            plan_jobs([album / inputs], tmp_path / output)


def test_copies_of_one_name_are_the_fault_of_their_jobs_alone(album, tmp_path):
    touch(album / "1932/x/d.png")
    jobs = {job.relative.as_posix(): job for job in plan_jobs([album], tmp_path / "out")}
    copy = tmp_path / "out/1932/x/d.png"
    assert jobs["1932/x/d.gif"].fault == f"{copy} would be the copy of {album}/1932/x/d.png, too"
    assert jobs["1932/x/d.png"].fault == f"{copy} would be the copy of {album}/1932/x/d.gif, too"
    assert jobs["a.png"].fault == ""


def test_access_copies_beside_their_originals(album, tmp_path):
    jobs = plan_jobs([album / "1932"], tmp_path, ending="_color", suffix=".jpg")
    names = [job.target.relative_to(tmp_path).as_posix() for job in jobs]
    assert names == ["c_color.jpg", "x/d_color.jpg"]


def test_what_is_passed_over_is_counted_and_linked_folders_are_followed_once(album, tmp_path):
    for name in ("raw.dng", "raw2.DNG", "album.psd", "README"):
        touch(album / name)
    touch(tmp_path / "elsewhere" / "e.png")
    (album / "linked").symlink_to(tmp_path / "elsewhere")
    (album / "linked too").symlink_to(tmp_path / "elsewhere")
    (album / "1932" / "up").symlink_to(album)
    (album / "z.png").symlink_to(album / "a.png")
    passed_over = Counter()
    names = [path.name for path, _ in find_photographs([album], passed_over)]
    assert sorted(names) == ["a.png", "b.JPG", "c.tif", "d.gif", "e.png", "odd[1].jpg"]
    others = {"hidden": 1, ".dng": 2, ".psd": 1, ".txt": 1, ".md": 1, "without suffix": 1}
    assert passed_over == {**others, "found twice": 1}


def test_a_sheet_replaces_no_photograph(album, tmp_path):
    for sheet in (album / "b.JPG", tmp_path / "out" / "a.png"):
        with pytest.raises(PhotographError, match="no input or output"):
            plan_jobs([album], tmp_path / "out", sheet)
    with pytest.raises(PhotographError, match=".png or .jpg"):
        plan_jobs([album], tmp_path / "out", tmp_path / "sheet.tif")
    assert plan_jobs([album], tmp_path / "out", tmp_path / "sheet.png")
