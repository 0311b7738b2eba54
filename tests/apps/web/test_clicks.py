import numpy as np
import pytest

from keras_colorize.apps.web.clicks import add_point, hints_at, marked, picked_color, to_photograph


@pytest.mark.parametrize(
    ("position", "expected"),
    [((0, 0), (0, 0)), ((640, 320), (2000, 1000)), ((1280, 640), (3999, 1999)), ((-1, 9), (0, 28))],
)
def test_clicks_mean_pixels_of_the_photograph(position, expected):
    assert to_photograph(position, (640, 1280), (2000, 4000)) == expected


def test_clicks_on_a_picture_of_the_same_size_are_its_pixels():
    assert [to_photograph((x, 0), (3, 7), (3, 7))[0] for x in range(7)] == list(range(7))


@pytest.mark.parametrize(
    ("text", "color"),
    [
        ("#A0C030", "#a0c030"),
        ("rgb(160, 192, 48)", "#a0c030"),
        ("rgba(160.4, 191.6, 48.0, 1)", "#a0c030"),
    ],
)
def test_colors_of_the_picker(text, color):
    assert picked_color(text) == color


@pytest.mark.parametrize("text", ["", "red", "#abc", "rgb(1, 2)", "rgb(1, 2, 300)", "rgb(a, b, c)"])
def test_what_is_no_color(add, upload, text):
    photo = add(upload("a.jpg")).photo
    with pytest.raises(ValueError, match="Expected a color like"):
        add_point(photo, (3, 3), (40, 60), text)
    assert photo.points == []


def test_a_hint_lies_at_the_same_place_in_every_copy(add, upload):
    # EXIF orientation 8; upright it is 60 wide and 40 high.
    photo = add(upload("a.jpg", (60, 40), orientation=8)).photo
    assert photo.size == (40, 60)
    assert hints_at(photo, (40, 60)) is None
    add_point(photo, (15, 10), (20, 30), "#ff0000")
    assert (photo.points[0]["x"], photo.points[0]["y"]) == (30, 20)
    for size in ((40, 60), (20, 30), (400, 600)):
        rows, columns = np.nonzero(hints_at(photo, size).mask)
        assert (np.mean(columns) + 0.5) / size[1] == pytest.approx(30.5 / 60, abs=0.6 / size[1])
        assert (np.mean(rows) + 0.5) / size[0] == pytest.approx(20.5 / 40, abs=0.6 / size[0])


def test_marks_show_the_colors(add, upload):
    photo = add(upload("a.jpg", (100, 200))).photo
    pixels = np.full((100, 200, 3), 128, "uint8")
    assert np.array_equal(marked(pixels, photo), pixels)
    add_point(photo, (50, 60), (100, 200), "#102030")
    made = marked(pixels, photo)
    assert made[60, 50].tolist() == [0x10, 0x20, 0x30]
    assert made[60, 58].tolist() == [255, 255, 255]
    assert made[60, 80].tolist() == [128, 128, 128]
    assert pixels.min() == 128
