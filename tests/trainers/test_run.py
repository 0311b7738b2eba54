"""Short runs of the trainers: what flags say reaches networks, tables and presets."""

import csv
import json

import keras
import numpy as np
import pytest

from keras_colorize import cli, load_preset, save_preset
from keras_colorize.bins import rebalancing_weights
from keras_colorize.data import read_prior
from keras_colorize.models import distribution_unet
from keras_colorize.presets import PresetConfig, read_config

SHORT = ["--size=32", "--batch_size=4", "--epochs=1", "--steps_per_epoch=2", "--log_every=1"]
SHORT += ["--precision=float32", "--validation_share=0.4"]
DISTRIBUTION = ["train_distribution.py", "--encoder=residual", "--global_units=4"]
DISTRIBUTION += [f"--residual_widths={width}" for width in (2, 2, 4, 4, 4)]
DISTRIBUTION += [f"--decoder_widths={width}" for width in (4, 4, 4, 4)]
ECCV16 = ["train_eccv16.py", "--width=0.03125", "--prior={root}/prior.json"]
RESIDUAL = ["train_residual_encoder.py", "--width=0.03125", "--decoder_width=0.5"]
RESNET18 = ["train_resnet18.py", "--width=0.0625", "--learning_rate=1e-9"]
TAUGHT = [*RESNET18, "--encoder_preset={root}/classifier/preset"]
PEAKED = [*TAUGHT, "--decoder=B", "--head=ab_channel_logits"]
NEXT = [*DISTRIBUTION, "--init={root}/distribution/preset", "--validation={pictures}"]
NEXT += ["--steps_per_epoch=1", "--learning_rate=1e-12"]
FIRST = {
    "classifier": [*RESNET18, "--task=classify"],
    # One worker is enough to see that nothing comes before the strategy.
    "distribution": [
        *(*DISTRIBUTION, "--data={pictures}=1", "--data={pictures}/forest=2"),
        *("--validation={pictures}", "--uniform_share=0.5", "--epochs=2", "--clip_norm=0"),
        *("--schedule=constant", "--plateau=1", "--early_stop=5", "--ema_momentum=0.5"),
        *("--strategy=multi_worker", "--tensorboard"),
    ],
    "eccv16": [*ECCV16, "--view=squash", "--noflip", "--best"],
    "unused": [*ECCV16, "--uniform_share=1"],
    "classes": [*RESIDUAL, "--smoothing=1", "--aggregation=sum", "--final_widths=16"],
    "regression": [*RESIDUAL, "--head=luv_uv", "--huber=0.1", "--aggregation=finest"]
    + ["--final_widths="],
    "hsv": [*RESIDUAL, "--head=hs_logits", "--noresidual_units", "--encoder=resnet18_gray"],
    "distilled": [
        *("distill_encoder.py", "--network={root}/before/preset"),
        *("--encoder_weights={weights}", "--freeze_through=block_2_add"),
    ],
}
SECOND = {
    "l1": [*TAUGHT, "--loss=l1"],
    "peaked": [*PEAKED, "--sigma=5", "--global_features"],
    "wider": [*TAUGHT, "--width=0.125"],
    "next": [*NEXT, "--export"],
    "other": [*NEXT, "--global_units=8"],
}
REFUSED = {
    "unused": "Expected --uniform_share below 1 with --prior",
    "wider": "Expected the ResNet-18 encoder of resnet18_gray_classifier",
    "other": "Expected --init of the same network",
}
# One run of each is made of graphs, as users' are; distillation has a test of its own.
TRACED = "distribution", "eccv16", "classes", "peaked"
CLUSTER = {"cluster": {"worker": ["127.0.0.1:0"]}, "task": {"type": "worker", "index": 0}}
WIDTHS = {"decoder_widths": (4, 4, 4, 4), "global_units": 4, "classes": 3}


@pytest.fixture(scope="module")
def ends(pictures, mobilenet_weights, fork, tmp_path_factory):
    """The folder of the runs; exit status and output of each."""
    root, ends = tmp_path_factory.mktemp("runs"), {}
    assert cli.main(["prior", str(pictures), "-o", str(root / "prior.json"), "--size", "32"]) == 0
    keras.utils.set_random_seed(0)
    names = ("beach", "city", "forest")
    config = PresetConfig("distribution_unet", WIDTHS, "ab_logits", class_names=names)
    save_preset(distribution_unet(**WIDTHS), root / "before" / "preset", config)
    places = {"root": root, "pictures": pictures, "weights": mobilenet_weights}
    for runs in (FIRST, SECOND):
        started = {}
        for name, (script, *flags) in runs.items():
            flags = [flag.format(**places) for flag in flags]
            data = [] if name == "distribution" else [f"--data={pictures}"]
            variables = {"EAGER": "" if name in TRACED else "1"}
            variables |= {} if data else {"TF_CONFIG": json.dumps(CLUSTER)}
            flags = [*SHORT, *data, f"--run={root / name}", *flags]
            started[name] = fork(f"trainers/{script}", *flags, **variables)
        ends |= {name: one.end() for name, one in started.items()}
    return root, ends


@pytest.fixture(scope="module")
def runs(ends):
    return ends[0]


def _config(folder):
    return json.loads((folder / "preset" / "config.json").read_text())


def _last_epoch(folder):
    with (folder / "history.csv").open() as file:
        return {name: float(value) for name, value in list(csv.DictReader(file))[-1].items()}


def _kernel(folder, layer):
    return load_preset(folder / "preset")[0].get_layer(layer).kernel.numpy()


@pytest.mark.parametrize("name", [*FIRST, *SECOND])
def test_a_run_ends_with_a_preset_that_colorizes_or_with_a_line(ends, colorizes, name):
    status, output = ends[1][name]
    assert status == (name in REFUSED), output
    assert REFUSED.get(name, "preset: ") in output
    assert "Traceback" not in output
    if name not in (*REFUSED, "classifier"):
        colorizes(ends[0] / name)


BY_CHANNEL = ("accuracy_0", "accuracy_1")


@pytest.mark.parametrize(
    ("name", "arguments", "metrics"),
    [
        ("distribution", {"residual_widths": [2, 2, 4, 4, 4], "classes": 2}, ["ab_error", "top_5"]),
        ("classes", {"smoothing": 1.0, "aggregation": "sum", "final_widths": [16]}, BY_CHANNEL),
        ("regression", {"head": "luv_uv", "final_widths": []}, BY_CHANNEL),
        ("hsv", {"encoder": "resnet18_gray", "residual_units": False}, BY_CHANNEL),
        ("l1", {"classes": None, "head": "ab"}, ["val_mse", "ab_error"]),
        ("peaked", {"classes": 2, "decoder": "B"}, ["accuracy_a", "accuracy_b", "top_1"]),
        ("classifier", {}, ["val_top_1", "val_top_5"]),
        ("distilled", {}, ["val_agreement"]),
    ],
)
def test_flags_reach_the_network_and_the_table_has_its_metrics(runs, name, arguments, metrics):
    assert arguments.items() <= _config(runs / name)["arguments"].items()
    values = _last_epoch(runs / name)
    for metric in metrics:
        (found,) = [key for key in values if key.endswith(metric)]
        assert 0 <= values[found] <= (200 if metric == "ab_error" else 1)
    assert 0 < values["val_loss"] < np.inf


def test_a_mixture_is_counted_and_settings_and_events_are_kept(ends):
    folder = ends[0] / "distribution"
    assert "18 training and 12 validation pictures" in ends[1]["distribution"][1]
    settings = json.loads((folder / "training.json").read_text())
    assert (settings["clip_norm"], settings["ema_momentum"]) == (None, 0.5)
    assert _last_epoch(folder)["epoch"] == 1
    assert list((folder / "tensorboard").glob("*tfevents*"))
    weights = _config(folder)["class_weights"]
    assert len(weights) == 313
    assert max(weights) > 2 * min(weights) > 0


def test_training_goes_on_from_a_preset_and_its_encoder(runs):
    assert (runs / "next" / "served" / "next" / "1" / "saved_model.pb").is_file()
    before, after = (_kernel(runs / name, "ab_logits") for name in ("distribution", "next"))
    np.testing.assert_allclose(after, before, atol=1e-6)
    # The learning rate is so low that nothing moves further.
    for name, last in (("l1", 2), ("peaked", 4)):
        kernels = [_kernel(runs / run, f"layer{last}_block2_conv2") for run in (name, "classifier")]
        np.testing.assert_allclose(*kernels, atol=1e-5)


def test_bins_are_weighed_by_the_prior_and_the_best_epoch_is_noted(runs, colorizes):
    expected = rebalancing_weights(read_prior(runs / "prior.json"), 0.5)
    np.testing.assert_allclose(_config(runs / "eccv16")["class_weights"], expected)
    assert expected.max() > 1.5 * expected.min()
    vivid, undone = (colorizes(runs / "eccv16", rebalancing=share) for share in (1.0, 0.0))
    assert not np.array_equal(vivid, undone)
    note = json.loads((runs / "eccv16" / "best.json").read_text())
    assert note["val_loss"] == _last_epoch(runs / "eccv16")["val_loss"]


def test_bin_means_are_stored_for_classes_alone_and_a_classifier_has_no_colors(runs):
    config = _config(runs / "classes")
    means, centers = np.array(config["bin_means"]), np.arange(-98, 99, 4)
    assert means.shape == (2, 50)
    # Within their bins of width 4, and not all at the centers.
    assert np.abs(means - centers)[:, 1:-1].max() <= 2
    assert np.abs(means - centers).max() > 0.1
    assert config["decoder"] == "mode"
    assert _config(runs / "regression")["bin_means"] == []
    config = read_config(runs / "classifier" / "preset")
    assert config.network == "resnet18_gray_classifier"
    assert config.class_names == ("forest", "harbour")
    assert not (runs / "classifier" / "samples").exists()


def test_a_distilled_encoder_begins_with_the_teacher_and_only_it_learns(runs, mobilenet_weights):
    def weights(model, *names):
        return [w for name in names for w in model.get_layer(name).get_weights()]

    before, after = (load_preset(runs / x / "preset")[0] for x in ("before", "distilled"))
    start = distribution_unet(encoder_weights=str(mobilenet_weights), **WIDTHS)
    rest = ["decoder16_conv", "fusion", "ab_logits", "class_logits"]
    for one, other in zip(weights(before, *rest), weights(after, *rest), strict=True):
        np.testing.assert_array_equal(one, other)
    # Weights of presets are kept in half precision.
    frozen = ["Conv1", "bn_Conv1", "block_2_project"]
    for one, other in zip(weights(start, *frozen), weights(after, *frozen), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    one, other = (weights(model, "block_14_project")[0] for model in (start, after))
    assert 0 < np.abs(one - other).max() < 1e-2
    assert read_config(runs / "distilled" / "preset").class_names == ("beach", "city", "forest")
