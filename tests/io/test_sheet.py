import numpy as np
import pytest
from PIL import Image

from keras_colorize.io import PhotographError, contact_sheet


def flat(color, shape=(20, 40)):
    return np.full((*shape, 3), color, np.uint8)


def sheet(path, **options):
    rows = [
        [flat((90, 90, 90)), flat((200, 30, 30))],
        [flat((9, 9, 9), (40, 20)), flat((0, 0, 255))],
    ]
    contact_sheet(rows, ["first", "second"], path, cell=60, **options)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_pictures_are_letterboxed_and_all_that_is_said_takes_room(tmp_path):
    plain = sheet(tmp_path / "a.png")
    red = np.argwhere((plain == (200, 30, 30)).all(axis=-1))
    assert (np.ptp(red, axis=0) + 1).tolist() == [30, 60]
    full = sheet(tmp_path / "b.png", title="Contact sheet", headings=("grey", "color"))
    assert full.shape[0] > plain.shape[0]
    assert full.shape[1] == plain.shape[1]
    # Letters are lighter than the page and the cells.
    assert (full[:30] > 200).any()
    assert (full[-20:] > 200).any()
    assert sheet(tmp_path / "c.png", more=5).shape[0] > plain.shape[0]


def test_rows_of_different_length_and_long_captions(tmp_path):
    rows = [[flat((1, 2, 3))], [flat((1, 2, 3)), flat((200, 30, 30)), flat((0, 255, 0))]]
    contact_sheet(rows, ["a " * 500, "Zoë\nKey"], tmp_path / "a.jpg", cell=40, title="t " * 500)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.format == "JPEG"
        assert image.width < 3 * 40 + 40


def test_sheets_that_cannot_be_made(tmp_path):
    for rows, captions, name, said in (
        ([], [], "a.png", "received 0 rows"),
        ([[flat(0)]], [], "a.png", "1 rows and 0 captions"),
        ([[flat(0)]], ["a"], "a.tif", ".png or .jpg"),
        ([[flat(0)]], ["a"], "a.doc", "expected one of"),
    ):
        with pytest.raises(PhotographError, match=said):
            contact_sheet(rows, captions, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
