import numpy as np
import pytest

from keras_colorize.apps.bulk.runs import export_preset, find_saved_model
from keras_colorize.inference.batch import colorize_files
from keras_colorize.io import plan_jobs, read_photograph
from keras_colorize.presets import CONFIG_FILE, PresetError


def test_pictures_are_those_of_the_colorizer(served, bulk_colorizer, album, tmp_path):
    model = find_saved_model(served)
    assert (model.name, model.working_size, len(model.sha256)) == ("tiny/1", 96, 64)
    jobs = plan_jobs([album], tmp_path / "out")
    # What is left of a broken run is replaced.
    (tmp_path / "out" / "wide.jpg").write_bytes(b"half a picture")
    for outcome in colorize_files(model.load(), jobs, overwrite=True):
        assert outcome.status == "done", outcome.notes
        written = read_photograph(outcome.job.target).pixels
        expected = bulk_colorizer(read_photograph(outcome.job.source)).pixels
        # JPEG loses more by itself, of random colors in particular.
        assert written.dtype == expected.dtype
        if outcome.job.target.suffix != ".jpg":
            step = np.iinfo(written.dtype).max // 255
            assert np.abs(written.astype(int) - expected).max() <= step
        assert written.std() == pytest.approx(expected.std(), rel=0.1)


def test_what_is_no_saved_model(served, tmp_path):
    for folder in ("", "nowhere", "tiny"):
        with pytest.raises(ValueError, match="<name>/<version>"):
            find_saved_model(served.parents[1] / folder)
    (tmp_path / "saved_model.pb").touch()
    with pytest.raises(PresetError, match=CONFIG_FILE):
        find_saved_model(tmp_path)


def test_a_preset_is_exported_once(tiny_preset, tmp_path):
    path = export_preset(tiny_preset, tmp_path / "out", "float32")
    model = find_saved_model(path)
    assert (model.name, model.working_size) == ("tiny/1", 64)
    assert (tmp_path / "out" / ".bulk") in path.parents
    assert export_preset(tiny_preset, tmp_path / "out", "float32") == path
