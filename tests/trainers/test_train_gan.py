"""Short runs of the adversarial trainer: from nothing, gone on with, and of trained networks."""

import csv
import shutil

import keras
import numpy as np
import pytest

from keras_colorize import load_preset, save_preset
from keras_colorize.models import distribution_unet, iizuka16, resnet18_gray
from keras_colorize.presets import PresetConfig, read_config

SHARED = ["--precision=float32", "--validation_share=0.4", "--steps_per_epoch=2"]
SHARED += ["--level_set=32", "--width=0.0625", "--discriminator_width=0.0625", "--log_every=1"]
# 33 pixels are halved with a rest each time.
PLAIN = ["--size=33", "--batch_size=4", "--pretrain_epochs=1", "--epochs=2"]
PLAIN += ["--dropout_in_inference"]
ONE = ["--size=32", "--batch_size=1", "--epochs=1"]
PRESETS = {"fusion": (iizuka16, "ab"), "bins": (resnet18_gray, "ab_channel_logits")}


@pytest.fixture(scope="module")
def presets(tmp_path_factory):
    """Folders of two presets, one with three scene classes, one with bins."""
    root = tmp_path_factory.mktemp("presets")
    names = ("beach", "city", "forest")
    small = {"fusion": {"classes": 3, "global_size": 32}, "bins": {"head": "ab_channel_logits"}}
    for name, (factory, output) in PRESETS.items():
        keras.utils.set_random_seed(0)
        arguments = {"width": 1 / 32, **small[name]}
        known = names if name == "fusion" else ()
        config = PresetConfig(factory.__name__, arguments, output, class_names=known)
        save_preset(factory(**arguments), root / name, config)
    return root


@pytest.fixture(scope="module")
def runs(pictures, presets, mobilenet_weights, fork, tmp_path_factory):
    """The folder of the runs; outputs and exit statuses by name."""
    root = tmp_path_factory.mktemp("gan")
    shared = ["trainers/train_gan.py", f"--data={pictures}", *SHARED]
    fusion, bins = (f"--generator_preset={presets / name}" for name in PRESETS)
    taught = f"--perceptual_features={mobilenet_weights}"
    discriminator = ["--spectral_norm", "--discriminator_batch_norm=none"]
    perceptual = ["--perceptual_weight=0.5", "--perceptual_logits=0.2", taught]
    cases = {
        "plain": PLAIN,
        "fusion": [*ONE, fusion, "--freeze_through=low_conv2", *discriminator, *perceptual],
        "bins": [*ONE, bins, "--on_collapse=return", "--collapse_patience=1"],
        "seeing": [*_seeing_flags(root), taught],
    }
    # One run is made of graphs, as users' are.
    started = {
        name: fork(*shared, f"--run={root / name}", *own, EAGER="" if name == "plain" else "1")
        for name, own in cases.items()
    }
    ends = {name: one.end() for name, one in started.items()}
    # The second epoch once more, from the end of the first.
    shutil.copytree(root / "plain", root / "again")
    for late in (root / "again" / "checkpoints").glob("ckpt-4.*"):
        late.unlink()
    flags = [*PLAIN, "--resume_from=2"]
    cases = {
        "again": ("again", *flags),
        "other": ("plain", *flags, "--dropout=0.25"),
        # As above in everything but what it writes.
        "older": ("plain", *PLAIN, "--preset_of=2"),
        "none": ("plain", *PLAIN, "--preset_of=3"),
        "blind": ("blind", *ONE, "--perceptual_weight=1"),
    }
    started = {
        name: fork(*shared, f"--run={root / run}", *own, EAGER="1")
        for name, (run, *own) in cases.items()
    }
    return root, ends | {name: one.end() for name, one in started.items()}


def _seeing_flags(root):
    """A network on MobileNetV2 that learns what to see, beside the colors."""
    sizes = {"decoder_widths": (4, 4, 4, 4), "global_units": 4, "classes": None}
    weights = tuple(np.linspace(0.5, 2.0, 313).tolist())
    shown = {"saturation": 1.5, "class_weights": weights, "rebalancing": 0.5}
    config = PresetConfig("distribution_unet", sizes, "ab_logits", weights_in_loss=False, **shown)
    keras.utils.set_random_seed(0)
    save_preset(distribution_unet(**sizes), root / "unseeing", config)
    own = [f"--generator_preset={root / 'unseeing'}", "--freeze_through=block_5_add"]
    own += ["--perceptual_weight=0.5", "--perceptual_as_shown", "--distillation_weight=0.5"]
    # A batch norm of deep features, one pixel in size, hides what is in a single picture.
    return [*own, "--size=32", "--batch_size=4", "--epochs=1"]


def _rows(folder):
    with (folder / "history.csv").open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", ["plain", "fusion", "bins", "seeing", "again"])
def test_the_run_ends_well_and_its_preset_colorizes(runs, colorizes, name):
    status, output = runs[1][name]
    assert status == 0, output
    assert "Traceback" not in output
    colorizes(runs[0] / name)


def test_what_does_not_fit_is_refused(runs):
    said = {"other": "dropout: was 0.5, is 0.25"}
    said["none"] = "Expected a step among [2, 4] of "
    said["blind"] = "received None with weights of 1.0 and 0.0"
    for name, words in said.items():
        status, output = runs[1][name]
        assert (status, "Traceback" in output) == (1, False)
        assert words in output


def test_phases_and_losses_are_in_the_table_and_checkpoints_and_samples_kept(runs):
    first, second = _rows(runs[0] / "plain")
    assert {"epoch", "loss", "val_mse", "val_discriminator_accuracy"} <= set(first)
    assert np.isnan(float(first["adversarial_loss"]))
    assert float(second["adversarial_loss"]) > 0
    assert float(second["discriminator_loss"]) > 0
    # An older checkpoint is gone on from.
    assert [row["epoch"] for row in _rows(runs[0] / "again")] == ["0", "1", "1"]
    kept = sorted(path.stem for path in (runs[0] / "plain" / "checkpoints").glob("*.index"))
    assert kept == ["ckpt-2", "ckpt-4"]
    samples = sorted(path.stem for path in (runs[0] / "plain" / "samples").iterdir())
    assert samples == ["epoch_0001", "epoch_0002"]
    # The preset of an older one leaves all else as it was.
    assert runs[1]["older"][0] == 0, runs[1]["older"][1]
    assert len(_rows(runs[0] / "plain")) == 2
    weights = [load_preset(runs[0] / "plain" / x)[0].get_weights() for x in ("preset_2", "preset")]
    moved = [np.abs(a - b).max() for a, b in zip(*weights, strict=True)]
    assert 1e-5 < np.median(moved) < 1e-2
    assert read_config(runs[0] / "plain" / "preset_2").arguments["dropout_in_inference"]
    # Further losses of other runs are there, too.
    for run, further in (("fusion", ()), ("seeing", ("distillation",))):
        (row,) = _rows(runs[0] / run)
        names = ("reconstruction", "adversarial", "perceptual", *further)
        parts = [float(row[f"{name}_loss"]) for name in names]
        assert min(parts) > 0
        assert float(row["loss"]) == pytest.approx(sum(parts), rel=1e-4)


@pytest.mark.parametrize(
    ("name", "frozen", "moving"),
    [
        ("fusion", ("low_conv1", "low_conv2"), "low_conv3"),
        ("bins", (), "layer2_block2_conv2"),
        # Distillation reaches the last features.
        ("seeing", ("block_5_project",), "Conv_1"),
    ],
)
def test_the_generator_of_a_preset_is_trained_further(runs, presets, name, frozen, moving):
    source = runs[0] / "unseeing" if name == "seeing" else presets / name
    before, after = (load_preset(f)[0] for f in (source, runs[0] / name / "preset"))
    for layer in (*frozen, moving):
        kernels = [model.get_layer(layer).kernel.numpy() for model in (before, after)]
        assert np.array_equal(*kernels) == (layer in frozen)
    pairs = zip(before.trainable_weights, after.trainable_weights, strict=True)
    moved = [np.abs(a.numpy() - b.numpy()).max() for a, b in pairs]
    assert 1e-4 < max(moved) < 1e-2


def test_presets_say_what_was_trained_judged_and_seen(runs):
    configs = [read_config(runs[0] / name / "preset") for name in ("plain", "fusion", "bins")]
    networks = [config.network for config in configs]
    assert networks == ["dcgan_generator", "iizuka16", "resnet18_gray"]
    assert configs[1].class_names == ("beach", "city", "forest")
    assert configs[2].decoder == "mean"
    configs = [read_config(runs[0] / name) for name in ("unseeing", "seeing/preset")]
    for name in ("decoder", "saturation", "class_weights", "weights_in_loss", "rebalancing"):
        assert getattr(configs[0], name) == getattr(configs[1], name)
