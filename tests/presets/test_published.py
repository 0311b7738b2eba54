"""Published checkpoints: what the authors' code gives for weights that a formula fills.

The numbers come from piddnad/DDColor at 2adb63f (`ddcolor/model.py`), its input the grey RGB that
scikit-image makes of L*, and from `colorizers/` of richzhang/colorization (as in the copy
clibdev/colorization at ba536f0), run in PyTorch 2.13 with float64 on the state dicts and inputs
that are made here.
"""

import sys
import zlib

import keras
import numpy as np
import pytest
import torch

from keras_colorize import Colorizer, cli
from keras_colorize.color import unscale_ab
from keras_colorize.models import ddcolor, eccv16, siggraph17
from keras_colorize.presets import PresetError, sha256
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
        elif name in ("mean", "std"):
            x = np.reshape(
                {"mean": (0.485, 0.456, 0.406), "std": (0.229, 0.224, 0.225)}[name], shape
            )
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


class Shapes(dict):
    """Names and shapes of a state dict."""

    def layer(self, name, *kernel, bias=True, spectral=False, inverse=False):
        """Weight and bias of a layer; `inverse` for a transposed convolution."""
        if spectral:
            self[f"{name}.weight_orig"] = kernel
            self[f"{name}.weight_u"] = kernel[:1]
            self[f"{name}.weight_v"] = (int(np.prod(kernel[1:])),)
        else:
            self[f"{name}.weight"] = kernel
        if bias:
            self[f"{name}.bias"] = kernel[1:2] if inverse else kernel[:1]

    def batch_norm(self, name, width):
        """Weight, bias and statistics of a batch normalization."""
        self.layer(name, width)
        self[f"{name}.running_mean"] = self[f"{name}.running_var"] = (width,)
        self[f"{name}.num_batches_tracked"] = ()


def zhang_shapes(inputs, blocks):
    """The state dict of richzhang/colorization: blocks of (first index, channels, has norm)."""
    shapes = Shapes()
    before = inputs
    for name, (index, channels, norm) in blocks.items():
        for width in channels:
            shapes.layer(f"{name}.{index}", width, before, 3, 3)
            index, before = index + 2, width
        if norm:
            shapes.batch_norm(f"{name}.{index}", before)
    return shapes


_ENCODER = {
    "model1": (0, (64, 64), True),
    "model2": (0, (128, 128), True),
    "model3": (0, (256,) * 3, True),
    **{f"model{block}": (0, (512,) * 3, True) for block in range(4, 8)},
}


def siggraph17_shapes():
    """The state dict of `colorizers.siggraph17`."""
    shapes = zhang_shapes(4, _ENCODER)
    for block, above, width, below, skip in (
        (8, 512, 256, 3, 256),
        (9, 256, 128, 2, 128),
        (10, 128, 128, 1, 64),
    ):
        shapes.layer(f"model{block}up.0", above, width, 4, 4, inverse=True)
        shapes.layer(f"model{below}short{block}.0", width, skip, 3, 3)
    shapes |= zhang_shapes(256, {"model8": (1, (256, 256), True)})
    shapes |= zhang_shapes(128, {"model9": (1, (128,), True), "model10": (1, (128,), False)})
    shapes.layer("model_class.0", 529, 256, 1, 1)
    shapes.layer("model_out.0", 2, 128, 1, 1)
    return shapes


def eccv16_shapes():
    """The state dict of `colorizers.eccv16`."""
    shapes = zhang_shapes(1, _ENCODER)
    shapes.layer("model8.0", 512, 256, 4, 4, inverse=True)
    shapes |= zhang_shapes(256, {"model8": (2, (256, 256), False)})
    shapes.layer("model8.6", 313, 256, 1, 1)
    shapes.layer("model_out", 2, 313, 1, 1, bias=False)
    return shapes


def ddcolor_shapes(depths, widths, length=256, decoder=(512, 512, 256), dense=2048, queries=100):
    """The state dict of DDColor."""
    shapes = Shapes(mean=(1, 3, 1, 1), std=(1, 3, 1, 1))
    layer, batch_norm = shapes.layer, shapes.batch_norm
    arch = "encoder.arch"
    for stage, (depth, width) in enumerate(zip(depths, widths, strict=True)):
        down = f"{arch}.downsample_layers.{stage}"
        if stage == 0:
            layer(f"{down}.0", width, 3, 4, 4)
            layer(f"{down}.1", width)
        else:
            layer(f"{down}.0", widths[stage - 1])
            layer(f"{down}.1", width, widths[stage - 1], 2, 2)
        for block in range(depth):
            name = f"{arch}.stages.{stage}.{block}"
            shapes[f"{name}.gamma"] = (width,)
            layer(f"{name}.dwconv", width, 1, 7, 7)
            layer(f"{name}.norm", width)
            layer(f"{name}.pwconv1", 4 * width, width)
            layer(f"{name}.pwconv2", width, 4 * width)
        layer(f"{arch}.norm{stage}", width)
    layer(f"{arch}.norm", widths[-1])
    before = widths[-1]
    for number, (width, skip) in enumerate(zip(decoder, widths[2::-1], strict=True)):
        name = f"decoder.layers.{number}"
        layer(f"{name}.shuf.conv.0", 4 * width, before, 1, 1, bias=False, spectral=True)
        batch_norm(f"{name}.shuf.conv.1", 4 * width)
        batch_norm(f"{name}.bn", skip)
        layer(f"{name}.conv.0", width, width + skip, 3, 3, bias=False, spectral=True)
        batch_norm(f"{name}.conv.2", width)
        before = width
    layer("decoder.last_shuf.conv.0", 16 * length, before, 1, 1, spectral=True)
    color = "decoder.color_decoder"
    for name, count in (("query_feat", queries), ("query_embed", queries), ("level_embed", 3)):
        layer(f"{color}.{name}", count, length, bias=False)
    for number, width in enumerate(decoder):
        layer(f"{color}.input_proj.{number}", length, width, 1, 1)
    for step in range(9):
        for kind, part in (("self", "self_attn"), ("cross", "multihead_attn")):
            name = f"{color}.transformer_{kind}_attention_layers.{step}"
            shapes[f"{name}.{part}.in_proj_weight"] = (3 * length, length)
            shapes[f"{name}.{part}.in_proj_bias"] = (3 * length,)
            layer(f"{name}.{part}.out_proj", length, length)
            layer(f"{name}.norm", length)
        name = f"{color}.transformer_ffn_layers.{step}"
        layer(f"{name}.linear1", dense, length)
        layer(f"{name}.linear2", length, dense)
        layer(f"{name}.norm", length)
    layer(f"{color}.decoder_norm", length)
    for number in range(3):
        layer(f"{color}.color_embed.layers.{number}", length, length)
    layer("refine_net.0.0", 2, queries + 3, 1, 1, spectral=True)
    return shapes


TINY = ((3, 3, 9, 3), (96, 192, 384, 768))
ON_JAX = keras.backend.backend() == "jax"
# The same at a width of 1/32.
SMALL = ((3, 3, 9, 3), (3, 6, 12, 24), 16, (16, 16, 8), 128, 4)

# By layer and size: the largest absolute value, and five values, `step` apart.
DDCOLOR = {
    (64, 64): {
        "stage3_norm": (3.9428, [-0.0402584, -0.280056, 0.965007, -0.159799, -1.34613]),
        "up2_merge_bn": (1.5273, [-0.140089, -0.101259, 0.193296, 0.0208328, 0.690933]),
        "color2": (1.4898, [0.0355337, 1.05671, 0.604655, 0.939629, -0.154663]),
        "ab": (0.44553, [0.276334, 0.0699031, -0.0217564, 0.104875, 0.0897636]),
    },
    (32, 96): {
        "stage3_norm": (4.06, [0.707937, -0.69104, -0.272014, -1.49075, -0.335035]),
        "up2_merge_bn": (1.5368, [0.0230023, 0.124424, 0.0785026, 0.130608, 0.310789]),
        "color2": (1.4583, [0.0225373, 1.06963, 0.519276, 0.97845, -0.213476]),
        "ab": (0.36175, [0.163874, 0.0791446, 0.182674, 0.0446606, -0.172171]),
    },
}
SIGGRAPH17 = {
    (64, 64): {"ab": (108.04, [-42.0756, -26.8919, 87.7159, -76.4214, 65.8339])},
    (32, 96): {"ab": (105.24, [3.68316, -85.2275, 49.5889, -69.7365, 50.5161])},
}
SIGGRAPH17_HINTS = {
    (64, 64): {
        "conv4_bn": (2.331, [0.0128661, 0.011837, -0.0930015, -0.118072, 0.0964957]),
        "conv8_bn": (2.8597, [-0.13412, 0.139155, 0.0313979, 0.653796, -0.0446362]),
        "ab": (109.88, [-44.4358, -80.47, 79.641, -90.1675, 86.4875]),
    },
    (32, 96): {
        "conv4_bn": (2.4642, [0.136944, -0.158216, 0.101572, 0.011837, 0.229636]),
        "conv8_bn": (2.8181, [-0.0687802, -0.0690917, -0.010667, 0.216841, -0.104947]),
        "ab": (109.68, [-45.511, -23.602, 100.108, -45.3193, 72.7359]),
    },
}
ECCV16 = {
    (64, 64): {
        "conv4_bn": (2.771, [0.36414, 0.157344, 0.312892, -0.118072, 1.08432]),
        "conv7_bn": (2.046, [-0.135424, -0.0472616, 0.0329709, -0.0539608, 0.943726]),
        "ab_logits": (2.1159, [0.0504697, -0.268723, 0.0979585, -0.445951, 0.466796]),
    },
    (32, 96): {
        "conv4_bn": (2.2871, [0.360529, 0.136544, 0.0236349, 0.638409, 0.272941]),
        "conv7_bn": (1.3923, [-0.135424, 0.212029, -0.078742, 0.00562051, -0.0582268]),
        "ab_logits": (1.1936, [0.0715961, 0.202857, -0.385092, -0.239046, 0.0398081]),
    },
}


def step(value):
    """Odd, so that the values that are compared are of different channels."""
    return value.size // 5 | 1


def lightness(size):
    """L* in 0..100, (1, H, W, 1)."""
    return (50.0 + 50.0 * uniform("lightness", (1, *size, 1))).astype("float32")


def save(state, path, key=None):
    """Writes a state dict as PyTorch does."""
    state = {name: torch.tensor(value) for name, value in state.items()}
    torch.save({key: state} if key else state, path)
    return path


def saved_and_loaded(state, folder, key=None):
    """What `load_published` makes of a state dict; the file, which may be large, is deleted."""
    path = save(state, folder / "published.pth", key)
    try:
        return load_published(path)
    finally:
        path.unlink()


def hinted(size):
    """Inputs of a network that takes hints, a fifth of the pixels hinted."""
    mask = (uniform("mask", (1, *size, 1)) > 0.8).astype("float32")
    # What is outside of the mask is not looked at.
    ab = np.where(mask, 100.0 * uniform("ab", (1, *size, 2)), 77.0).astype("float32")
    return {"lightness": lightness(size), "hint_ab": ab, "hint_mask": mask}


def check_against(expected, model, inputs=lightness, tolerance=1e-4):
    """Compares outputs of layers with those of the authors' code."""
    sizes = list(expected)[: 1 if ON_JAX else None]  # JAX compiles every size anew
    for size, layers in ((size, expected[size]) for size in sizes):
        every = keras.Model(model.input, {name: model.get_layer(name).output for name in layers})
        outputs = (every.predict_on_batch if ON_JAX else every)(inputs(size))
        for name, (largest, values) in layers.items():
            output = unscale_ab(outputs[name]) if name == "ab" else outputs[name]
            output = keras.ops.convert_to_numpy(output)
            np.testing.assert_allclose(np.abs(output).max(), largest, rtol=tolerance, err_msg=name)
            found = output.ravel()[:: step(output)][:5]
            np.testing.assert_allclose(found, values, atol=tolerance * largest, err_msg=name)


def test_ddcolor_equals_the_authors_code(tmp_path):
    state = formula(ddcolor_shapes(*TINY))
    model, published = saved_and_loaded(state, tmp_path, key="params")
    assert published is LAYOUTS["ddcolor_tiny"]
    check_against(DDCOLOR, model)


def test_siggraph17_equals_the_authors_code_with_and_without_hints(tmp_path):
    state = formula(siggraph17_shapes(), variance=9.0)
    model, published = saved_and_loaded(state, tmp_path)
    assert published is LAYOUTS["siggraph17"]
    check_against(SIGGRAPH17, model)
    guided = siggraph17(hints=True)
    fill(guided, state, published)
    check_against(SIGGRAPH17_HINTS, guided, hinted)


def test_eccv16_equals_the_authors_code():
    state = formula(eccv16_shapes(), variance=9.0)
    published = identify(state)
    assert published is LAYOUTS["eccv16_release"]
    model = eccv16()
    fill(model, state, published)
    check_against(ECCV16, model)


def test_the_command_makes_a_preset_that_colorizes(tmp_path, capsys, picture):
    path = save(formula(eccv16_shapes(), variance=9.0), tmp_path / "release-1234.pth")
    words = ["import", str(path), "-o", str(tmp_path / "imported")]
    assert cli.main(words) == 0
    assert "eccv16, BSD-2-Clause" in capsys.readouterr().out
    card = (tmp_path / "imported" / "MODEL_CARD.md").read_text()
    assert sha256(path) in card
    assert "https://github.com/richzhang/colorization" in card
    assert cli.main(words) == 2
    assert "--overwrite replaces" in capsys.readouterr().err
    path.unlink()
    colorizer = Colorizer.from_preset(tmp_path / "imported", precision="float32")
    assert (colorizer.working_size, colorizer.options.decoder) == (256, "mean")
    assert colorizer(picture).shape == picture.shape
    # Weights in half precision.
    check_against(ECCV16, colorizer.model, tolerance=1e-2)


@pytest.fixture(scope="module")
def small():
    """A small network and a state dict that fits it."""
    return ddcolor(width=1 / 32, queries=4), formula(ddcolor_shapes(*SMALL))


def test_the_large_layout_is_told_apart():
    name, _ = LAYOUTS["ddcolor"].tell
    assert identify({name: np.zeros((192, 3, 4, 4))}) is LAYOUTS["ddcolor"]


def test_every_weight_is_filled_and_every_file_reads_alike(small, tmp_path):
    model, state = small
    from safetensors.numpy import save_file

    save_file(state, tmp_path / "small.safetensors")
    paths = [tmp_path / "small.safetensors", save(state, tmp_path / "small.bin")]
    filled = []
    for path in paths:
        model.set_weights([np.full(w.shape, np.nan, "float32") for w in model.get_weights()])
        fill(model, read_state(path), LAYOUTS["ddcolor_tiny"], path)
        filled.append(model.get_weights())
    for one, other in zip(*filled, strict=True):
        assert np.isfinite(one).all()
        np.testing.assert_array_equal(one, other)


def _surplus(state):
    state["extra.weight"] = np.zeros(3)


def _missing(state):
    del state["decoder.layers.1.conv.2.running_var"]


def _reshaped(state):
    state["encoder.arch.stages.2.4.pwconv1.weight"] = np.zeros((48, 13))


def _no_norm(state):
    state["refine_net.0.0.weight_u"] = np.zeros(2)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_surplus, r"no more tensors, received extra\.weight of shape \(3,\)\."),
        (_missing, r"layers\.1\.conv\.2\.running_var of shape \(16,\), received none"),
        (_reshaped, r"4\.pwconv1\.weight of shape \(48, 12\), received \(48, 13\)"),
        (_no_norm, r"a norm above 0 by refine_net\.0\.0\.weight_u and weight_v, received 0"),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_refused(small, change, message):
    model, state = small
    state = dict(state)
    change(state)
    with pytest.raises(PresetError, match=message):
        fill(model, state, LAYOUTS["ddcolor_tiny"], "x.pth")


class Touch:
    """Makes a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def test_files_that_are_no_checkpoint_are_refused(small, tmp_path, monkeypatch):
    state = small[1]
    whole = save(state, tmp_path / "whole.pth")
    with pytest.raises(PresetError, match=r"whole\.pth: Expected a checkpoint of ddcolor_tiny"):
        load_published(whole)

    def refused(name, content, message):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PresetError, match=message):
            load_published(tmp_path / name)

    refused("half.pth", whole.read_bytes()[:20000], "received a damaged file")
    refused("half.safetensors", whole.read_bytes()[:20000], "received a damaged file")
    refused("text.pth", b"no checkpoint at all", "Expected a file of tensors|damaged file")
    refused("empty.pth", b"", "received a damaged file")
    with pytest.raises(PresetError, match="received no such file"):
        load_published(tmp_path / "none.pth")
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(PresetError, match=r"the package torch.*keras-colorize\[import\]"):
        load_published(whole)
    monkeypatch.undo()
    state = {"a": torch.zeros(3), "b": torch.tensor([1.0, float("nan")])}
    torch.save(state, tmp_path / "nan.pth")
    with pytest.raises(PresetError, match="Expected finite numbers, received others in b"):
        load_published(tmp_path / "nan.pth")
    torch.save({"a": torch.zeros(3), "epoch": 3}, tmp_path / "other.pth")
    with pytest.raises(PresetError, match="Expected tensors by name, received int as 'epoch'"):
        load_published(tmp_path / "other.pth")


@pytest.mark.parametrize("zipped", [True, False])
def test_code_in_a_checkpoint_is_not_run(tmp_path, zipped):
    state = {"a": torch.zeros(3), "b": Touch(tmp_path / "touched")}
    torch.save(state, tmp_path / "code.pth", _use_new_zipfile_serialization=zipped)
    with pytest.raises(PresetError, match="code or other objects, which were not run"):
        load_published(tmp_path / "code.pth")
    assert not (tmp_path / "touched").exists()
