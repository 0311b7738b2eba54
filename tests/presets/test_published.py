"""Published checkpoints: what the authors' code gives for weights that a formula fills.

The numbers come from piddnad/DDColor at 2adb63f (`ddcolor/model.py`), its input the grey RGB that
scikit-image makes of L*, and from `colorizers/` of richzhang/colorization (as in the copy
clibdev/colorization at ba536f0), run in PyTorch 2.13 with float64 on the state dicts and inputs
that are made here.
"""

import re
import sys
import zlib
from unittest import mock

import keras
import numpy as np
import pytest
import torch

from keras_colorize import Colorizer, cli
from keras_colorize.color import unscale_ab
from keras_colorize.models import ddcolor, eccv16, siggraph17
from keras_colorize.presets import PresetError, layouts, sha256
from keras_colorize.presets.layouts import LAYOUTS
from keras_colorize.presets.published import fill, identify, load_published, read_state


def uniform(name, shape):
    """Numbers in [-1, 1) that a name and their places alone decide (xor, shift, multiply)."""
    x = np.arange(np.prod(shape, dtype=int), dtype="uint32") * np.uint32(2654435761)
    x += np.uint32(zlib.crc32(name.encode()))
    for shift, factor in ((15, 2246822519), (13, 3266489917)):
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    x ^= x >> np.uint32(16)
    return (x.astype("float64") / 2**31 - 1.0).reshape(shape)


STATISTICS = {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}


def formula(shapes, variance=3.0):
    """A state dict in which no sum grows or dies, while every epsilon shows in the result."""
    state = {}
    for name, shape in shapes.items():
        prefix, _, part = name.rpartition(".")
        x = uniform(name, shape)
        if part in ("weight_u", "weight_v"):
            continue
        if part == "num_batches_tracked":
            x = np.array(7)
        elif name in STATISTICS:
            x = np.reshape(STATISTICS[name], shape)
        elif part == "gamma":
            x = 0.3 + 0.1 * x
        elif part == "running_var":
            x = 1e-3 * (1.0 + 0.5 * x)
        elif prefix.endswith(("query_feat", "query_embed")):
            x = 3.0 * x
        elif len(shape) > 1 and not prefix.endswith("level_embed"):
            x = x * np.sqrt(variance / np.prod(shape[1:]))
            # Kernels without a mean, or that of what a ReLU leaves would hide all else.
            x -= x.mean(axis=(1, 2, 3), keepdims=True) if x.ndim == 4 else 0.0
        elif part == "weight" and len(shape) == 1:
            x = (1.0 + 0.3 * x) * (0.03 if f"{prefix}.running_var" in shapes else 1.0)
        elif len(shape) == 1:
            x = 0.1 * x
        # What a layer normalization sees is small after these.
        small = prefix.endswith(("dwconv", "transformer_ffn_layers.8.norm"))
        state[name] = np.asarray(0.01 * x if small else x, x.dtype if x.ndim == 0 else "float32")
        if part == "weight_orig":
            # Vectors of a power iteration that has only begun: u^T W v is not the norm of W.
            u = uniform(f"{name}.u", shape[:1])
            u /= np.linalg.norm(u)
            v = state[name].reshape(shape[0], -1).T @ u
            state[f"{prefix}.weight_u"] = u.astype("float32")
            state[f"{prefix}.weight_v"] = (v / np.linalg.norm(v)).astype("float32")
    return state


# Layers of DDColor with spectral normalization, and what files have beside the tensors of a layout.
SPECTRAL = re.compile(r"(.*\.(shuf|last_shuf)\.conv|decoder\.layers\.\d\.conv|refine_net\.0)\.0")
FURTHER = {
    "ddcolor": {"mean": (1, 3, 1, 1), "std": (1, 3, 1, 1), "encoder.arch.norm.weight": (768,)},
    "siggraph17": {"model_class.0.weight": (529, 256, 1, 1), "model_class.0.bias": (529,)},
    "eccv16": {"model_out.weight": (2, 313, 1, 1)},
}


def shapes_of(model, published):
    """The state dict that a layout reads: names and shapes.

    Numbers follow from names: where a name or a shape is not the authors', results are others.
    """
    shapes, levels = dict(FURTHER[published.config.network]), "color_decoder.level_embed.weight."

    def take(_, name, shape):
        prefix, _, part = name.rpartition(".")
        if SPECTRAL.fullmatch(prefix) and part == "weight":
            shapes[f"{name}_orig"], shapes[f"{name}_u"] = shape, shape[:1]
            shapes[f"{name}_v"] = (int(np.prod(shape[1:])),)
        elif levels in name:
            shapes[prefix] = (3, *shape)
        else:
            shapes[name] = shape
            if part == "running_var":
                shapes[f"{prefix}.num_batches_tracked"] = ()
        return np.zeros(shape, "float32")

    with mock.patch.object(layouts, "take", take):
        fill(model, {}, published)
    return shapes


# By layer: the largest absolute value, and five values, `step` apart.
DDCOLOR = {
    "stage3_norm": (4.06, [0.707937, -0.69104, -0.272014, -1.49075, -0.335035]),
    "up2_merge_bn": (1.5368, [0.0230023, 0.124424, 0.0785026, 0.130608, 0.310789]),
    "color2": (1.4583, [0.0225373, 1.06963, 0.519276, 0.97845, -0.213476]),
    "ab": (0.36175, [0.163874, 0.0791446, 0.182674, 0.0446606, -0.172171]),
}
SIGGRAPH17 = {"ab": (105.24, [3.68316, -85.2275, 49.5889, -69.7365, 50.5161])}
SIGGRAPH17_HINTS = {
    "conv4_bn": (2.4642, [0.136944, -0.158216, 0.101572, 0.011837, 0.229636]),
    "conv8_bn": (2.8181, [-0.0687802, -0.0690917, -0.010667, 0.216841, -0.104947]),
    "ab": (109.68, [-45.511, -23.602, 100.108, -45.3193, 72.7359]),
}
ECCV16 = {
    "conv4_bn": (2.2871, [0.360529, 0.136544, 0.0236349, 0.638409, 0.272941]),
    "conv7_bn": (1.3923, [-0.135424, 0.212029, -0.078742, 0.00562051, -0.0582268]),
    "ab_logits": (1.1936, [0.0715961, 0.202857, -0.385092, -0.239046, 0.0398081]),
}
SIZE = (32, 96)
# L* in 0..100, and hints for a fifth of the pixels; what is outside of the mask is not looked at.
LIGHTNESS = (50.0 + 50.0 * uniform("lightness", (1, *SIZE, 1))).astype("float32")
MASK = (uniform("mask", (1, *SIZE, 1)) > 0.8).astype("float32")
HINTED = {
    "lightness": LIGHTNESS,
    "hint_ab": np.where(MASK, 100.0 * uniform("ab", (1, *SIZE, 2)), 77.0).astype("float32"),
    "hint_mask": MASK,
}


def save(state, path):
    """Writes a state dict as PyTorch does."""
    torch.save({name: torch.tensor(value) for name, value in state.items()}, path)
    return path


def check_against(expected, model, inputs=LIGHTNESS, tolerance=1e-4):
    """Compares outputs of layers with those of the authors' code."""
    every = keras.Model(model.input, {name: model.get_layer(name).output for name in expected})
    # One by one: a graph of these sizes takes longer than its one call.
    outputs = every(inputs, training=False)
    for name, (largest, values) in expected.items():
        output = unscale_ab(outputs[name]) if name == "ab" else outputs[name]
        output = keras.ops.convert_to_numpy(output)
        np.testing.assert_allclose(np.abs(output).max(), largest, rtol=tolerance, err_msg=name)
        # The step is odd, so that the values are of different channels.
        found = output.ravel()[:: output.size // 5 | 1][:5]
        np.testing.assert_allclose(found, values, atol=tolerance * largest, err_msg=name)


def test_ddcolor_equals_the_authors_code():
    model, published = ddcolor(), LAYOUTS["ddcolor_tiny"]
    state = formula(shapes_of(model, published))
    assert identify(state) == "ddcolor_tiny"
    assert identify({published.tell[0]: np.zeros((192, 3, 4, 4))}) == "ddcolor"
    fill(model, state, published)
    check_against(DDCOLOR, model)


def test_siggraph17_equals_the_authors_code_with_and_without_hints():
    plain, hinted, published = siggraph17(), siggraph17(hints=True), LAYOUTS["siggraph17"]
    state = formula(shapes_of(hinted, published), variance=9.0)
    assert identify(state) == "siggraph17"
    for model in (plain, hinted):
        fill(model, state, published)
    check_against(SIGGRAPH17, plain)
    check_against(SIGGRAPH17_HINTS, hinted, HINTED)


def test_eccv16_equals_the_authors_code_and_the_command_makes_a_preset_of_it(
    tmp_path, capsys, picture
):
    shapes = shapes_of(eccv16(), LAYOUTS["eccv16_release"])
    path = save(formula(shapes, variance=9.0), tmp_path / "release-1234.pth")
    words = ["import", str(path), "-o", str(tmp_path / "imported")]
    assert cli.main(words) == 0
    assert "eccv16, BSD-2-Clause" in capsys.readouterr().out
    card = (tmp_path / "imported" / "MODEL_CARD.md").read_text()
    assert sha256(path) in card
    assert "https://github.com/richzhang/colorization" in card
    assert cli.main(words) == 2
    assert "--overwrite replaces" in capsys.readouterr().err
    colorizer = Colorizer.from_preset(tmp_path / "imported", precision="float32")
    assert (colorizer.working_size, colorizer.options.decoder) == (256, "mean")
    assert colorizer(picture).shape == picture.shape
    check_against(ECCV16, load_published(path)[0])
    # Weights in half precision.
    check_against(ECCV16, colorizer.model, tolerance=1e-2)


@pytest.fixture(scope="module")
def small():
    """A small network and a state dict that fits it."""
    model = ddcolor(width=1 / 32, queries=4)
    return model, formula(shapes_of(model, LAYOUTS["ddcolor_tiny"]))


def test_every_weight_is_filled_and_every_file_reads_alike(small, tmp_path):
    model, state = small
    from safetensors.numpy import save_file

    save_file(state, tmp_path / "small.safetensors")
    plain = torch.load(save(state, tmp_path / "small.pth"))
    torch.save({"params": plain}, tmp_path / "small.bin")
    filled = []
    for path in sorted(tmp_path.iterdir()):
        model.set_weights([np.full(w.shape, np.nan, "float32") for w in model.get_weights()])
        fill(model, read_state(path), LAYOUTS["ddcolor_tiny"])
        filled.append(model.get_weights())
    for values in zip(*filled, strict=True):
        assert np.isfinite(values[0]).all()
        assert all((other == values[0]).all() for other in values[1:])


def test_a_checkpoint_that_does_not_fit_is_refused(small):
    model, whole = small
    for name, value, message in (
        ("extra.weight", np.zeros(3), r"no more tensors, received extra\.weight, 1 in all"),
        ("decoder.layers.0.bn.running_var", None, r"running_var of shape \(12,\), received none"),
        ("refine_net.0.0.bias", np.zeros(3), r"0\.bias of shape \(2,\), received \(3,\)"),
        ("refine_net.0.0.weight_u", np.zeros(2), r"a norm above 0 by refine_net\.0\.0\.weight_u"),
    ):
        state = {key: one for key, one in {**whole, name: value}.items() if one is not None}
        with pytest.raises(PresetError, match=message):
            fill(model, state, LAYOUTS["ddcolor_tiny"])


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_files_that_are_no_checkpoint_are_refused(small, tmp_path, monkeypatch):
    whole = save(small[1], tmp_path / "whole.pth")
    half = whole.read_bytes()[:20000]
    for name, content, message in (
        ("half.pth", half, "received a damaged file"),
        ("half.safetensors", half, "received a damaged file"),
        ("text.pth", b"no checkpoint at all", "Expected a file of tensors|damaged file"),
        ("empty.pth", b"", "received a damaged file"),
        ("none.pth", None, "received no such file"),
        ("nan.pth", {"b": torch.tensor(np.nan)}, "finite numbers, received others in b"),
        ("other.pth", {"epoch": 3}, "Expected tensors by name, received other objects"),
        ("list.pth", [3], "Expected tensors by name"),
        ("whole.pth", None, "whole.pth: Expected a checkpoint of ddcolor_tiny"),
    ):
        if isinstance(content, bytes):
            (tmp_path / name).write_bytes(content)
        elif content is not None:
            torch.save(content, tmp_path / name)
        with pytest.raises(PresetError, match=message):
            load_published(tmp_path / name)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"the package torch.*keras-colorize\[import\]"):
        load_published(whole)


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_not_run(tmp_path, zipped):
    state = {"a": torch.zeros(3), "b": Touch(tmp_path / "touched")}
    torch.save(state, tmp_path / "code.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(PresetError, match="code or other objects, which were not run"):
        load_published(tmp_path / "code.pth")
    assert not (tmp_path / "touched").exists()
