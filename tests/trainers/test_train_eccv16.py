"""A short run of eccv16's trainer with a prior from a file."""

import json

import numpy as np
import pytest

from keras_colorize import Colorizer, cli, load_preset
from keras_colorize.bins import rebalancing_weights
from keras_colorize.data import read_prior

SIZES = ["--size=32", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2", "--width=0.03125"]
REST = ["--precision=float32", "--validation_share=0.4", "--view=squash", "--noflip", "--best"]


@pytest.fixture(scope="module")
def runs(pictures, begin, tmp_path_factory):
    """The folder of the run, with the prior in it, and the output of a run that cannot be."""
    root = tmp_path_factory.mktemp("eccv16")
    assert cli.main(["prior", str(pictures), "-o", str(root / "prior.json"), "--size", "32"]) == 0
    prior = f"--prior={root / 'prior.json'}"
    cases = {"file": [prior], "unused": [prior, "--uniform_share=1"]}
    shared = [f"--data={pictures}", *SIZES, *REST]
    started = {
        name: begin("train_eccv16.py", f"--run={root / name}", *shared, *own)
        for name, own in cases.items()
    }
    ends = {name: one.end() for name, one in started.items()}
    assert {name: status for name, (status, _) in ends.items()} == {"file": 0, "unused": 1}, ends
    return root, ends["unused"][1]


def test_bins_are_weighed_by_the_prior(runs):
    folder, _ = runs
    config = json.loads((folder / "file" / "preset" / "config.json").read_text())
    expected = rebalancing_weights(read_prior(folder / "prior.json"), 0.5)
    np.testing.assert_allclose(config["class_weights"], expected)
    assert expected.max() > 1.5 * expected.min()


def test_a_prior_that_is_not_used_is_told(runs):
    assert "Expected --uniform_share below 1 with --prior" in runs[1]


def test_the_best_weights_are_those_of_the_preset(runs):
    run = runs[0] / "file"
    note = json.loads((run / "best.json").read_text())
    header, row = (run / "history.csv").read_text().splitlines()
    assert note["val_loss"] == float(row.split(",")[header.split(",").index("val_loss")])
    model, _ = load_preset(run / "preset")
    written = [np.asarray(weight) for weight in model.weights]
    model.load_weights(run / "best.weights.h5")
    # Weights of presets are kept in half precision.
    for preset, best in zip(written, model.weights, strict=True):
        np.testing.assert_allclose(preset, np.asarray(best), rtol=1e-3, atol=1e-4)


def test_the_preset_colorizes(runs):
    colorizer = Colorizer.from_preset(runs[0] / "file" / "preset", precision="float32")
    assert colorizer.config.network == "eccv16"
    grey = np.tile(np.linspace(0, 255, 50).astype("uint8")[None, :, None], (30, 1, 3))
    vivid, undone = (colorizer.replace(rebalancing=share)(grey) for share in (1.0, 0.0))
    assert vivid.shape == grey.shape
    assert not np.array_equal(vivid, undone)
