"""A short run of the distribution trainer with most of what the flags offer."""

import json

import numpy as np
import pytest

from keras_colorize import Colorizer, load_preset

WIDTHS = [
    *("--encoder=residual", "--global_units=4"),
    *(f"--residual_widths={width}" for width in (2, 2, 4, 4, 4)),
    *(f"--decoder_widths={width}" for width in (4, 4, 4, 4)),
]
SIZES = ["--uniform_share=0.5", "--size=32", "--batch_size=4", "--epochs=2", "--steps_per_epoch=2"]
STEERING = ["--schedule=constant", "--plateau=1", "--early_stop=5", "--ema_momentum=0.5"]
REST = ["--strategy=multi_worker", "--precision=float32", "--clip_norm=0", "--tensorboard"]


@pytest.fixture(scope="module")
def run(pictures, begin, tmp_path_factory):
    """The run's folder and the trainer's output."""
    folder = tmp_path_factory.mktemp("distribution") / "run"
    data = [f"--data={pictures}=1", f"--data={pictures / 'forest'}=2", f"--validation={pictures}"]
    flags = [*data, f"--run={folder}", *WIDTHS, *SIZES, *STEERING, *REST]
    # One worker is enough to see that nothing comes before the strategy.
    cluster = {"cluster": {"worker": ["127.0.0.1:0"]}, "task": {"type": "worker", "index": 0}}
    status, output = begin("train_distribution.py", *flags, TF_CONFIG=json.dumps(cluster)).end()
    assert status == 0, output
    return folder, output


def test_it_tells_what_it_trains_on(run):
    assert "18 training and 12 validation pictures" in run[1]
    assert "float32" in run[1]


def test_settings_are_kept(run):
    settings = json.loads((run[0] / "training.json").read_text())
    assert settings["clip_norm"] is None
    assert settings["ema_momentum"] == 0.5


def test_the_table_has_the_metrics_of_the_network(run):
    header, *rows = (run[0] / "history.csv").read_text().splitlines()
    assert len(rows) == 2
    assert {"epoch", "loss", "val_loss"} < set(header.split(","))
    assert any("ab_error" in name for name in header.split(","))


def test_events_are_written(run):
    assert list((run[0] / "tensorboard").glob("*tfevents*"))


def test_the_preset_colorizes(run):
    config = json.loads((run[0] / "preset" / "config.json").read_text())
    assert config["arguments"]["residual_widths"] == [2, 2, 4, 4, 4]
    assert config["arguments"]["classes"] == 2
    assert len(config["class_weights"]) == 313
    assert max(config["class_weights"]) > 2 * min(config["class_weights"]) > 0
    grey = np.tile(np.linspace(0, 255, 50).astype("uint8")[None, :, None], (30, 1, 3))
    colored = np.asarray(Colorizer.from_preset(run[0] / "preset")(grey))
    assert colored.shape == grey.shape


def test_training_goes_on_from_a_preset(run, pictures, begin, tmp_path):
    data, still = [f"--data={pictures}", f"--validation={pictures}"], "--learning_rate=1e-12"
    init, folder = f"--init={run[0] / 'preset'}", f"--run={tmp_path / 'next'}"
    short = ["--size=32", "--batch_size=4", "--epochs=1", "--steps_per_epoch=1"]
    shared = [*data, init, *short, "--precision=float32", still]
    same = begin("train_distribution.py", *shared, folder, *WIDTHS, "--export")
    other = begin("train_distribution.py", *shared, folder + "-other", *WIDTHS, "--global_units=8")
    status, output = same.end()
    assert status == 0, output
    assert (tmp_path / "next" / "served" / "next" / "1" / "saved_model.pb").is_file()
    before, after = (
        load_preset(path)[0].get_layer("ab_logits").kernel
        for path in (run[0] / "preset", tmp_path / "next" / "preset")
    )
    np.testing.assert_allclose(np.asarray(after), np.asarray(before), atol=1e-6)
    status, output = other.end()
    assert status == 1
    assert "Expected --init of the same network" in output
