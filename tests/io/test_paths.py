from pathlib import Path

import pytest

from keras_colorize.io import PhotographError, find_photographs, output_path, plan_jobs


@pytest.fixture
def album(tmp_path):
    names = ("b.JPG", "a.png", "notes.txt", ".hidden.jpg", "1932/c.tif", "1932/x/d.jpeg")
    for name in (*names, ".cache/e.jpg", "odd[1].jpg", "empty/readme.md"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def found(*inputs):
    return [path for path, _ in find_photographs(inputs)]


def test_a_folder_is_searched_through(album):
    expected = ["1932/c.tif", "1932/x/d.jpeg", "a.png", "b.JPG", "odd[1].jpg"]
    assert found(album) == [album / name for name in expected]
    assert {root for _, root in find_photographs([str(album)])} == {album}


def test_a_named_file_is_taken_whatever_its_suffix(album):
    assert found(album / "notes.txt", album / ".hidden.jpg") == [
        album / "notes.txt",
        album / ".hidden.jpg",
    ]
    assert find_photographs([album / "odd[1].jpg"]) == [(album / "odd[1].jpg", album)]


def test_patterns(album):
    assert found(f"{album}/*.[pj]*") == [album / "a.png", album / "odd[1].jpg"]
    assert find_photographs([f"{album}/19*/*"]) == [(album / "1932/c.tif", album)]
    assert len(found(f"{album}/**")) == 5
    assert find_photographs([f"{album}/1932/**/*.jpeg"]) == [
        (album / "1932/x/d.jpeg", album / "1932")
    ]


def test_inputs_keep_their_order_and_files_come_once(album):
    paths = found(album / "b.JPG", album, f"{album}/*.png")
    assert paths[0] == album / "b.JPG"
    assert len(paths) == len(set(paths)) == 5


def test_the_same_file_by_another_name_comes_once(album, monkeypatch):
    monkeypatch.chdir(album)
    assert found("a.png", album / "a.png", "1932/../a.png") == [Path("a.png")]


@pytest.mark.parametrize(
    "name, said",
    [
        ("empty", "a folder without any"),
        ("*.webp", "no match"),
        ("missing.jpg", "no such file or folder"),
    ],
)
def test_an_input_without_photographs_is_named(name, said, album):
    with pytest.raises(PhotographError, match="expected photographs") as caught:
        find_photographs([album / "a.png", album / name])
    assert f"{album / name}:" in str(caught.value)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    "source, expected",
    [
        ("in/x/a.jpg", "out/x/a.jpg"),
        ("in/a.TIFF", "out/a.TIFF"),
        ("in/a.gif", "out/a.png"),
        ("in/a.pgm", "out/a.png"),
        ("in/a.pbm", "out/a.png"),
        ("in/a.jp2", "out/a.png"),
        ("in/v1.2/a.b.tga", "out/v1.2/a.b.png"),
        ("in/scan", "out/scan.png"),
        ("in/a.webp", "out/a.webp"),
    ],
)
def test_where_a_copy_goes(source, expected):
    assert output_path(source, "in", Path("out")) == Path(expected)


def test_where_the_copy_of_a_single_file_goes():
    assert output_path("in/a.jpg", "in/a.jpg", "out") == Path("out/a.jpg")


def test_a_photograph_outside_its_root():
    with pytest.raises(PhotographError, match="below other"):
        output_path("in/a.jpg", "other", "out")


def test_links_that_lead_to_each_other(album):
    (album / "x.jpg").symlink_to("y.jpg")
    (album / "y.jpg").symlink_to("x.jpg")
    assert album / "x.jpg" in found(album)
    jobs = plan_jobs([album], album / "out")
    assert {job.relative.name for job in jobs} >= {"x.jpg", "y.jpg", "a.png"}
    with pytest.raises(PhotographError, match="x.jpg: .*a link that leads nowhere"):
        found(album / "x.jpg")
