from pathlib import Path

import numpy as np
from PIL import Image
from skimage.color import rgb2lab

from keras_colorize.evaluation import (
    MeasuredRows,
    Sample,
    SheetRows,
    sheets,
    write_demo_photographs,
)
from keras_colorize.inference.batch import Job, Outcome
from keras_colorize.io import Photograph, read_photograph


def _outcome(name, size=(600, 300), dtype="uint8", level=90):
    before = Photograph(np.full((*size, 3), level, dtype))
    return Outcome(Job(Path(name), Path(name), Path(name)), "done", (), before, before)


def test_rows_with_and_without_truth(tmp_path):
    Image.new("RGB", (500, 400), (200, 10, 30)).save(tmp_path / "a.png")
    rows = SheetRows(tmp_path)
    rows.add(_outcome("a.png"))
    rows.add(_outcome("b.png"))
    assert [len(row) for row in rows.rows] == [3, 2]
    assert rows.rows[0][2].dtype == np.uint8
    assert rows.rows[0][2][0, 0].tolist() == [200, 10, 30]
    assert rows.captions == ["a.png", "b.png"]
    rows.write(tmp_path / "sheet.png", "A title")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 3 * 256


def test_the_first_column_is_grey_whatever_is_given():
    rows = SheetRows()
    before = Photograph(np.full((20, 30, 3), (200, 10, 30), "uint8"))
    rows.add(Outcome(Job(Path("a"), Path("a"), Path("a")), "done", (), before, before))
    ((grey, colorized),) = rows.rows
    assert np.ptp(grey, axis=-1).max() == 0
    # L* of the color and of the grey are those of scikit-image.
    expected = rgb2lab(before.pixels)[0, 0, 0]
    assert abs(rgb2lab(grey)[0, 0, 0] - expected) < 0.3
    assert colorized[0, 0].tolist() == [200, 10, 30]


def test_without_truth_there_are_two_columns(tmp_path):
    rows = SheetRows()
    rows.add(_outcome("a.png", (1, 4000)))
    rows.write(tmp_path / "sheet.jpg", "A title")
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.width < 3 * 256


def test_rows_hold_small_pictures_of_8_bits():
    rows = SheetRows()
    rows.add(_outcome("a.png", (5000, 3000), "uint16", 65535))
    ((given, _),) = rows.rows
    assert max(given.shape) < 1100
    assert given.dtype == np.uint8
    assert given.max() == 255


def test_a_large_folder_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    rows = SheetRows()
    for index in range(5):
        rows.add(_outcome(f"{index}.png", (20, 20)))
    assert rows.captions == ["0.png", "1.png"]
    assert rows.total == 5
    rows.write(tmp_path / "sheet.png", "A title")


def test_sheet_of_a_measurement_has_a_column_per_method(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    rows = MeasuredRows(tmp_path)
    made = {name: np.full((20, 30, 3), 0.5, "float32") for name in ("grey", "mine", "truth")}
    for name in ("a.png", "sub/b.png", "c.png"):
        rows.add(Sample(tmp_path / name, made))
    assert rows.captions == ["a.png", "sub/b.png"]
    assert rows.headings == ("grey", "mine", "truth")
    assert rows.total == 3
    assert rows.rows[0][1].dtype == np.uint8
    assert rows.rows[0][1].max() == 128
    rows.write(tmp_path / "sheet.png", "A title")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert 3 * 256 < sheet.width < 4 * 256


def test_demonstration(tmp_path):
    write_demo_photographs(tmp_path)
    names = sorted(path.name for path in (tmp_path / "grey").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "truth").iterdir())
    assert len(names) == 4
    for name in names:
        grey = read_photograph(tmp_path / "grey" / name).pixels.astype(int)
        assert np.abs(grey - grey[..., :1]).max() <= 1
        assert np.ptp(read_photograph(tmp_path / "truth" / name).pixels, axis=-1).max() > 100
