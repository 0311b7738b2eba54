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
def runs(pictures, presets, mobilenet_weights, begin, tmp_path_factory):
    """The folder of the runs; outputs and exit statuses by name."""
    root = tmp_path_factory.mktemp("gan")
    shared = ["train_gan.py", f"--data={pictures}", *SHARED]
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
    started = {name: begin(*shared, f"--run={root / name}", *own) for name, own in cases.items()}
    ends = {name: one.end() for name, one in started.items()}
    # The second epoch once more, from the end of the first.
    shutil.copytree(root / "plain", root / "again")
    for late in (root / "again" / "checkpoints").glob("ckpt-4.*"):
        late.unlink()
    flags = [*PLAIN, "--resume_from=2"]
    started = {
        "again": begin(*shared, f"--run={root / 'again'}", *flags),
        "other": begin(*shared, f"--run={root / 'plain'}", *flags, "--dropout=0.25"),
        "blind": begin(*shared, f"--run={root / 'blind'}", *ONE, "--perceptual_weight=1"),
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


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("other", "dropout: was 0.5, is 0.25"),
        ("blind", "received None with weights of 1.0 and 0.0"),
    ],
)
def test_what_does_not_fit_is_refused(runs, name, said):
    status, output = runs[1][name]
    assert (status, "Traceback" in output) == (1, False)
    assert said in output


def test_two_phases_are_in_the_table(runs):
    first, second = _rows(runs[0] / "plain")
    expected = {"loss", "reconstruction_loss", "adversarial_loss", "discriminator_loss"}
    expected |= {"discriminator_accuracy", "val_loss", "val_mse", "val_colorfulness"}
    assert expected | {"val_diversity", "val_discriminator_accuracy", "epoch"} <= set(first)
    assert np.isnan(float(first["adversarial_loss"]))
    assert float(second["adversarial_loss"]) > 0
    assert float(second["discriminator_loss"]) > 0


def test_samples_and_checkpoints_are_kept(runs):
    names = {path.relative_to(runs[0]).as_posix() for path in (runs[0] / "plain").rglob("*")}
    assert {"plain/samples/epoch_0001.png", "plain/samples/epoch_0002.png"} < names
    kept = sorted(path.stem for path in (runs[0] / "plain" / "checkpoints").glob("*.index"))
    assert kept == ["ckpt-2", "ckpt-4"]


def test_an_older_checkpoint_is_gone_on_from(runs):
    folders = [runs[0] / name for name in ("plain", "again")]
    assert len(_rows(folders[1])) == 3
    assert _rows(folders[1])[2]["epoch"] == "1"
    kernels = [load_preset(f / "preset")[0].get_layer("ab_tanh").kernel.numpy() for f in folders]
    assert np.isfinite(kernels).all()


@pytest.mark.parametrize(("name", "further"), [("fusion", ()), ("seeing", ("distillation",))])
def test_further_losses_are_in_the_table(runs, name, further):
    (row,) = _rows(runs[0] / name)
    names = ("reconstruction", "adversarial", "perceptual", *further)
    parts = [float(row[f"{name}_loss"]) for name in names]
    assert min(parts) > 0
    assert float(row["loss"]) == pytest.approx(sum(parts), rel=1e-4)


def test_distillation_reaches_the_last_features(runs):
    before, after = (load_preset(runs[0] / x)[0] for x in ("unseeing", "seeing/preset"))
    for layer, stays in (("block_5_project", True), ("Conv_1", False)):
        kernels = [model.get_layer(layer).kernel.numpy() for model in (before, after)]
        # Weights of presets are kept in half precision.
        assert (np.abs(kernels[0] - kernels[1]).max() < 1e-7) == stays


@pytest.mark.parametrize("name", list(PRESETS))
def test_the_generator_of_a_preset_is_trained_further(runs, presets, name):
    before, after = (load_preset(f)[0] for f in (presets / name, runs[0] / name / "preset"))
    pairs = zip(before.trainable_weights, after.trainable_weights, strict=True)
    moved = [np.abs(a.numpy() - b.numpy()).max() for a, b in pairs]
    assert 1e-4 < max(moved) < 1e-2


def test_frozen_layers_stay_as_they_were(runs, presets):
    before, after = (load_preset(f)[0] for f in (presets / "fusion", runs[0] / "fusion" / "preset"))
    for name, stays in (("low_conv1", True), ("low_conv2", True), ("low_conv3", False)):
        kernels = [model.get_layer(name).kernel.numpy() for model in (before, after)]
        assert np.array_equal(*kernels) == stays


def test_presets_say_what_was_trained_judged_and_seen(runs):
    configs = [read_config(runs[0] / name / "preset") for name in ("plain", "fusion", "bins")]
    networks = ["dcgan_generator", *(factory.__name__ for factory, _ in PRESETS.values())]
    assert [config.network for config in configs] == networks
    assert configs[1].class_names == ("beach", "city", "forest")
    assert configs[2].decoder == "mean"
    configs = [read_config(runs[0] / name) for name in ("unseeing", "seeing/preset")]
    for name in ("decoder", "saturation", "class_weights", "weights_in_loss", "rebalancing"):
        assert getattr(configs[0], name) == getattr(configs[1], name)
