"""Short runs of the ResNet-18 trainer: a classifier, and colorizers that take its encoder."""

import json

import numpy as np
import pytest

from keras_colorize import Colorizer, load_preset

SIZES = ["--size=32", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2"]
REST = ["--precision=float32", "--validation_share=0.4", "--learning_rate=1e-9"]
COLORIZERS = {
    "regression": ["--loss=l1"],
    "classes": ["--decoder=B", "--head=ab_channel_logits", "--sigma=5", "--global_features"],
    "wider": ["--width=0.125"],
}


@pytest.fixture(scope="module")
def runs(pictures, begin, tmp_path_factory):
    """The folder of the runs, and the output of the one whose encoder does not fit."""
    root = tmp_path_factory.mktemp("resnet18")
    shared = [f"--data={pictures}", "--width=0.0625", *SIZES, *REST]
    first = begin("train_resnet18.py", "--task=classify", f"--run={root / 'classifier'}", *shared)
    status, output = first.end()
    assert status == 0, output
    shared.append(f"--encoder_preset={root / 'classifier' / 'preset'}")
    started = {
        name: begin("train_resnet18.py", f"--run={root / name}", *shared, *own)
        for name, own in COLORIZERS.items()
    }
    ends = {name: one.end() for name, one in started.items()}
    codes = {name: status for name, (status, _) in ends.items()}
    assert codes == {"regression": 0, "classes": 0, "wider": 1}, ends
    return root, ends["wider"][1]


def _last_epoch(folder):
    header, row = (folder / "history.csv").read_text().splitlines()
    return dict(zip(header.split(","), map(float, row.split(",")), strict=True))


def test_the_classifier_reports_top_1_and_top_5(runs):
    values = _last_epoch(runs[0] / "classifier")
    assert 0 <= values["val_top_1"] <= values["val_top_5"] == 1


def test_the_classifier_is_a_preset_without_colors(runs):
    model, config = load_preset(runs[0] / "classifier" / "preset")
    assert config.network == "resnet18_gray_classifier"
    assert config.class_names == ("forest", "harbour")
    assert list(model.output) == ["class_logits"]
    assert not (runs[0] / "classifier" / "samples").exists()


@pytest.mark.parametrize(("name", "last"), [("regression", 2), ("classes", 4)])
def test_the_encoder_is_taken_over(runs, name, last):
    # The learning rate is so low that nothing moves further.
    folder, _ = runs
    models = [load_preset(folder / run / "preset")[0] for run in (name, "classifier")]
    kernels = [np.asarray(x.get_layer(f"layer{last}_block2_conv2").kernel) for x in models]
    np.testing.assert_allclose(kernels[0], kernels[1], atol=1e-5)


def test_an_encoder_that_does_not_fit_is_told(runs):
    assert "Expected resnet18_gray_classifier to hold the ResNet-18 encoder" in runs[1]
    assert "Traceback" not in runs[1]


def test_the_figures_are_those_of_the_head(runs):
    assert 0 < _last_epoch(runs[0] / "regression")["val_mse"] < 1
    values = _last_epoch(runs[0] / "classes")
    for name in ("accuracy_a", "accuracy_b", "top_1"):
        (found,) = [key for key in values if key.endswith(name)]
        assert 0 <= values[found] <= 1


@pytest.mark.parametrize("name", ["regression", "classes"])
def test_the_preset_colorizes(runs, name):
    folder = runs[0] / name / "preset"
    arguments = json.loads((folder / "config.json").read_text())["arguments"]
    assert arguments["classes"] == (2 if name == "classes" else None)
    grey = np.tile(np.linspace(0, 255, 50).astype("uint8")[None, :, None], (30, 1, 3))
    assert np.asarray(Colorizer.from_preset(folder)(grey)).shape == grey.shape
