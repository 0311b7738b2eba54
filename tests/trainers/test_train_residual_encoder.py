"""Short runs of the residual encoder's trainer: classification, regression and a new backbone."""

import json

import numpy as np
import pytest

from keras_colorize import Colorizer

SIZES = ["--size=32", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2", "--width=0.03125"]
REST = ["--precision=float32", "--validation_share=0.4", "--decoder_width=0.5"]
RUNS = {
    "classes": ["--smoothing=1", "--aggregation=sum", "--final_widths=16"],
    "regression": ["--head=luv_uv", "--huber=0.1", "--aggregation=finest", "--final_widths="],
    "hsv": ["--head=hs_logits", "--noresidual_units", "--encoder=resnet18_gray"],
}


@pytest.fixture(scope="module")
def runs(pictures, begin, tmp_path_factory):
    """Folders and outputs by name; all run at once."""
    root = tmp_path_factory.mktemp("residual")
    shared = [f"--data={pictures}", *SIZES, *REST]
    started = {
        name: begin("train_residual_encoder.py", f"--run={root / name}", *shared, *flags)
        for name, flags in RUNS.items()
    }
    for status, output in [one.end() for one in started.values()]:
        assert status == 0, output
    return root


def _config(folder):
    return json.loads((folder / "preset" / "config.json").read_text())


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("classes", {"smoothing": 1.0, "aggregation": "sum", "final_widths": [16]}),
        ("regression", {"head": "luv_uv", "aggregation": "finest", "final_widths": []}),
        ("hsv", {"encoder": "resnet18_gray", "residual_units": False}),
    ],
)
def test_the_flags_reach_the_network(runs, name, settings):
    arguments = _config(runs / name)["arguments"]
    assert {key: arguments[key] for key in settings} == settings
    assert (arguments["width"], arguments["decoder_width"]) == (0.03125, 0.5)


@pytest.mark.parametrize("name", RUNS)
def test_the_table_has_both_accuracies(runs, name):
    header, row = (runs / name / "history.csv").read_text().splitlines()
    values = dict(zip(header.split(","), map(float, row.split(",")), strict=True))
    for channel in (0, 1):
        (found,) = [key for key in values if key.endswith(f"accuracy_{channel}")]
        assert 0 <= values[found] <= 1


def test_bin_means_are_stored_for_classes_alone(runs):
    config = _config(runs / "classes")
    means = np.array(config["bin_means"])
    assert means.shape == (2, 50)
    # Within their bins of width 4, and not all at the centers.
    centers = np.arange(-98, 99, 4)
    assert np.abs(means - centers)[:, 1:-1].max() <= 2
    assert np.abs(means - centers).max() > 0.1
    assert config["decoder"] == "mode"
    assert _config(runs / "regression")["bin_means"] == []


@pytest.mark.parametrize("name", RUNS)
def test_the_preset_colorizes(runs, name):
    grey = np.tile(np.linspace(0, 255, 50).astype("uint8")[None, :, None], (30, 1, 3))
    colored = np.asarray(Colorizer.from_preset(runs / name / "preset")(grey))
    assert colored.shape == grey.shape
