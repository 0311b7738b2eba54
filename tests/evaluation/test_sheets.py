from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image
from skimage.color import rgb2lab

from keras_colorize.evaluation import SheetRows, sheets, write_plot
from keras_colorize.evaluation.measure import Measurement, Sample
from keras_colorize.inference.batch import Job, Outcome
from keras_colorize.io import Photograph, PhotographError


def _outcome(name, size=(600, 300), dtype="uint8", color=90):
    before = Photograph(np.full((*size, 3), color, dtype))
    return Outcome(Job(Path(name), Path(name), Path(name)), "done", (), before, before)


def test_rows_with_and_without_truth(tmp_path):
    Image.new("RGB", (500, 400), (200, 10, 30)).save(tmp_path / "a.png")
    rows = SheetRows(tmp_path)
    rows.add(_outcome("a.png", color=(20, 100, 30)))
    rows.add(_outcome("b.png"))
    assert rows.captions == ["a.png", "b.png"]
    (grey, colorized, true), second = rows.rows
    assert len(second) == 2
    assert (true.dtype, true[0, 0].tolist()) == (np.uint8, [200, 10, 30])
    # The first column is grey whatever is given, of the L* that scikit-image finds.
    assert np.ptp(grey, axis=-1).max() == 0
    assert abs(rgb2lab(grey)[0, 0, 0] - rgb2lab(colorized)[0, 0, 0]) < 0.3
    assert colorized[0, 0].tolist() == [20, 100, 30]
    rows.write(tmp_path / "sheet.png", "A title")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 3 * 256


def test_a_large_folder_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(sheets, "MOST_ROWS", 2)
    rows = SheetRows()
    for index, size in enumerate([(5000, 3000), (1, 4000), (20, 20)]):
        rows.add(_outcome(f"{index}.png", size, "uint16", 65535))
    assert (rows.captions, rows.total) == (["0.png", "1.png"], 3)
    given = rows.rows[0][0]
    assert (given.dtype, given.max()) == (np.uint8, 255)
    assert max(given.shape) < 1100
    rows.write(tmp_path / "sheet.jpg", "A title")
    # Without a folder of true colors there are two columns.
    with Image.open(tmp_path / "sheet.jpg") as sheet:
        assert sheet.width < 3 * 256


def test_sheet_of_a_measurement_has_a_column_per_method(tmp_path):
    rows = SheetRows(tmp_path)
    pictures = {name: np.full((20, 30, 3), 0.5, "float32") for name in ("grey", "mine", "truth")}
    rows.add_sample(Sample(tmp_path / "sub/b.png", pictures))
    assert (rows.captions, rows.headings) == (["sub/b.png"], ("grey", "mine", "truth"))
    assert (rows.rows[0][1].dtype, rows.rows[0][1].max()) == (np.uint8, 128)
    rows.write(tmp_path / "sheet.png", "A title")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert 3 * 256 < sheet.width < 4 * 256


def _measurement():
    rng, keys = np.random.default_rng(0), ("colorfulness", "ab_error")
    row = {name: dict.fromkeys(keys, rng.uniform(0, 50)) for name in ("grey", "mine", "truth")}
    return Measurement(dict.fromkeys(range(5), row), {}, {})


def test_a_plot_of_every_picture_and_of_a_training_run(tmp_path, monkeypatch):
    history = tmp_path / "history.csv"
    history.write_text("epoch,loss,ab_error,val_loss\n0,3.0,12.0,3.5\n1,2.0,11.0,2.5\n2,1.5,,2.4\n")
    figures = []
    save = Figure.savefig
    monkeypatch.setattr(
        Figure, "savefig", lambda self, *a, **k: (figures.append(self), save(self, *a, **k))
    )
    write_plot(tmp_path / "plain.png", _measurement())
    write_plot(tmp_path / "run.jpg", _measurement(), history)
    with Image.open(tmp_path / "plain.png") as plain, Image.open(tmp_path / "run.jpg") as run:
        assert (plain.format, run.format) == ("PNG", "JPEG")
        assert run.width > 2.5 * plain.width
    points, loss, error = figures[1].axes
    drawn = {one.get_label(): len(one.get_offsets()) for one in points.collections}
    assert drawn == {"grey": 5, "mine": 5}
    lines = {line.get_label(): list(line.get_ydata()) for line in loss.lines}
    assert lines == {"training": [3.0, 2.0, 1.5], "validation": [3.5, 2.5, 2.4]}
    assert error.get_title() == "ab_error"
    np.testing.assert_array_equal(error.lines[0].get_ydata(), [12.0, 11.0, np.nan])


def test_a_plot_replaces_nothing_and_needs_a_history_that_is_one(tmp_path):
    (tmp_path / "there.png").write_text("precious")
    with pytest.raises(PhotographError, match="exists"):
        write_plot(tmp_path / "there.png", _measurement())
    (tmp_path / "history.csv").write_text("epoch,loss\n0,much\n")
    with pytest.raises(ValueError, match="history of a training run"):
        write_plot(tmp_path / "new.png", _measurement(), tmp_path / "history.csv")
    assert not (tmp_path / "new.png").exists()
