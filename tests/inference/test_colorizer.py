import dataclasses
import shutil

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter
from scipy.special import softmax
from skimage import color

from keras_colorize import Colorizer, PresetConfig, distribution_unet
from keras_colorize.bins import ab_centers, ab_marginals
from keras_colorize.errors import InputError
from keras_colorize.inference.colorizer import BATCH
from keras_colorize.inference.options import DECODERS
from keras_colorize.io import Metadata, Photograph
from keras_colorize.models import dcgan_generator, resnet18_gray_classifier
from keras_colorize.presets.config import CLASS_OUTPUT, read_config

MODES = ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "F")
TYPES = ("uint8", "uint16", ">u2", "float16", "float32", "float64", "bool")


def _as(pixels, dtype):
    if dtype == "bool":
        return pixels > 127
    if dtype in ("uint16", ">u2"):
        return (pixels.astype("uint16") * 257).astype(dtype)
    return pixels if dtype == "uint8" else (pixels / 255).astype(dtype)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("channels", [0, 1, 3, 4])
def test_arrays(tiny_colorizer, picture, dtype, channels):
    pixels = _as(np.concatenate([picture, picture[..., :1]], axis=-1), dtype)
    pixels = pixels[..., :channels] if channels else pixels[..., 0]
    before = pixels.copy()
    colorized = tiny_colorizer(pixels)
    assert colorized.shape == (*picture.shape[:2], 4 if channels == 4 else 3)
    assert colorized.dtype == ("uint8" if dtype == "bool" else dtype)
    np.testing.assert_array_equal(pixels, before)
    if channels == 3 and dtype in ("uint16", "float32", "float64"):
        # Every number type is the same picture.
        expected = tiny_colorizer(picture) / 255
        top = 65535 if dtype == "uint16" else 1
        np.testing.assert_allclose(colorized / top, expected, atol=0.5 / 255 + 1e-3)
    if channels == 4:
        alpha = pixels[..., 3] * np.uint8(255) if dtype == "bool" else pixels[..., 3]
        np.testing.assert_array_equal(colorized[..., 3], alpha)


def test_colors_that_are_there_do_not_matter(tiny_colorizer, picture):
    lightness = color.rgb2lab(picture / 255.0)[..., :1]
    grey = color.lab2rgb(np.concatenate([lightness, 0 * lightness, 0 * lightness], axis=-1))
    colorized = tiny_colorizer(picture / 255.0)
    np.testing.assert_allclose(tiny_colorizer(np.clip(grey, 0, 1)), colorized, atol=3e-3)
    one_channel = np.clip(grey, 0, 1)[..., 0]
    np.testing.assert_allclose(tiny_colorizer(one_channel), colorized, atol=3e-3)


def test_batches_are_the_pictures_one_by_one(tiny_colorizer, picture):
    batch = np.stack([picture, picture[::-1], 255 - picture])
    colorized = tiny_colorizer(batch)
    assert colorized.shape == batch.shape
    for one, expected in zip(colorized, batch, strict=True):
        assert np.abs(one.astype(int) - tiny_colorizer(expected)).max() <= 1
    assert tiny_colorizer(batch[..., :1]).shape == batch.shape


@pytest.mark.parametrize(
    "working_size, expected", [(32, [BATCH, 3]), (512, [4] * 4 + [3]), (1024, [1] * 19)]
)
def test_batches_are_cut_so_that_memory_is_bounded(
    tiny_colorizer, monkeypatch, working_size, expected
):
    colorizer = tiny_colorizer.replace(working_size=working_size)
    sizes = []

    def predict_ab(lightness, hints=None):
        sizes.append(len(lightness))
        return np.zeros((len(lightness), 1, 1, 2), "float32")

    monkeypatch.setattr(colorizer, "predict_ab", predict_ab)
    colorizer(np.zeros((19, 4, 4, 1), np.uint8))
    assert sizes == expected


def test_colors_take_the_place_of_a_picture_that_is_overwritten(tiny_colorizer, picture):
    expected = tiny_colorizer(picture)
    one = tiny_colorizer.preprocess(picture.copy())
    one = dataclasses.replace(one, overwritten=True)
    (colorized,) = tiny_colorizer.compose([one], tiny_colorizer.predict([one]))
    assert colorized is one.pixels
    np.testing.assert_array_equal(colorized, expected)


@pytest.mark.parametrize("mode", MODES)
def test_pillow_images_of_every_mode(tiny_colorizer, picture, mode):
    image = Image.fromarray(picture).convert(mode)
    before = image.tobytes()
    colorized = tiny_colorizer(image)
    assert (image.mode, image.tobytes()) == (mode, before)
    assert colorized.mode == ("RGBA" if mode in ("LA", "RGBA") else "RGB")
    assert colorized.size == image.size
    assert np.ptp(np.asarray(colorized)) > 200


def test_paths_photographs_and_lists(tiny_colorizer, picture, tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(picture).save(path)
    expected = tiny_colorizer(picture)
    alpha = np.full(picture.shape[:2], 7, np.uint8)
    photograph = Photograph(picture, alpha, Metadata(dpi=(300, 300)), "PNG", ("a note",))
    colorized = tiny_colorizer([str(path), path, picture, photograph])
    assert isinstance(colorized, list)
    for image in colorized[:2]:
        np.testing.assert_array_equal(np.asarray(image), expected)
    np.testing.assert_array_equal(colorized[2], expected)
    np.testing.assert_array_equal(colorized[3].pixels, expected)
    assert dataclasses.replace(colorized[3], pixels=picture) == photograph


@pytest.mark.parametrize(
    "wrong, said",
    [
        (np.zeros((4, 4, 2), np.uint8), r"shape \(4, 4, 2\)"),
        (np.zeros(4, np.uint8), r"shape \(4,\)"),
        (np.zeros((1, 1, 4, 4, 3), np.uint8), "shape"),
        (np.zeros((2, 4, 4, 2), np.uint8), "shape"),
        (np.zeros((0, 4, 3), np.uint8), "at least one pixel"),
        (np.zeros((4, 4), np.int64), "int64"),
        (np.full((4, 4), 255.0), r"\[0, 1\]"),
        (np.full((4, 4), -0.1), r"\[0, 1\]"),
        (np.full((4, 4), np.nan), "nan"),
        (np.full((4, 4), np.inf), "inf"),
        *((wrong, type(wrong).__name__) for wrong in (None, 3, b"bytes", {"a": 1})),
    ],
)
def test_wrong_pictures(tiny_colorizer, wrong, said):
    kind = ValueError if isinstance(wrong, np.ndarray) else TypeError
    with pytest.raises(kind, match=said):
        tiny_colorizer(wrong)


def test_wrong_options(tiny_colorizer):
    wrong = {"temperature": float("nan"), "saturation": "2", "working_size": 31}
    wrong |= {"precision": "bfloat16", "hue": 3, "palette_strength": 2.0}
    for name, value in wrong.items():
        with pytest.raises(InputError, match=name):
            tiny_colorizer.replace(**{name: value})


@pytest.mark.parametrize(
    "name, value",
    [*(("decoder", one) for one in DECODERS if one != "annealed"), ("temperature", 0.1)]
    + [("saturation", 2.0), ("working_size", 32), ("smoothing", 2.0)],
)
def test_options_change_the_result(tiny_colorizer, picture, name, value):
    before = tiny_colorizer(picture)
    changed = tiny_colorizer.replace(**{name: value})
    assert changed.model is tiny_colorizer.model
    assert not np.array_equal(changed(picture), before)
    np.testing.assert_array_equal(tiny_colorizer(picture), before)


def test_samples_follow_from_the_seed(tiny_colorizer, picture):
    first, second = (tiny_colorizer.replace(decoder="sample", seed=seed) for seed in (1, 2))
    np.testing.assert_array_equal(first(picture), first(picture))
    assert not np.array_equal(first(picture), second(picture))


def test_class_scores_are_smoothed_before_they_are_decoded(tiny_colorizer):
    logits = np.random.default_rng(0).normal(0, 3, (1, 9, 12, 313)).astype("float32")
    lightness = np.full((1, 9, 12, 1), 50.0, "float32")
    expected = tiny_colorizer.decode(gaussian_filter(logits, (0, 1.5, 1.5, 0)), lightness)
    found = tiny_colorizer.replace(smoothing=1.5).decode(logits, lightness)
    np.testing.assert_allclose(found, expected, atol=1e-3)
    assert np.abs(found - tiny_colorizer.decode(logits, lightness)).max() > 5


def test_dropout_is_kept_on_or_off_and_follows_from_the_seed(tiny_model, tiny_config, picture):
    arguments = {"level_set": 32, "width": 1 / 16, "dropout_in_inference": True}
    model, config = dcgan_generator(**arguments), PresetConfig("dcgan_generator", arguments, "ab")
    kept, on, off = (Colorizer(model, config, dropout=x) for x in ("preset", "on", "off"))
    lightness = kept.preprocess(picture).network_input[None]
    first = np.asarray(on.predict_ab(lightness))
    for same in (kept, on):
        np.testing.assert_array_equal(same.predict_ab(lightness), first)
    for other in (off, on.replace(seed=1)):
        assert np.abs(other.predict_ab(lightness) - first).max() > 0.01
    np.testing.assert_array_equal(*(off.predict_ab(lightness) for _ in range(2)))
    with pytest.raises(InputError, match="when the preset is loaded"):
        on.replace(dropout="off")
    with pytest.raises(InputError, match="a network with dropout"):
        Colorizer(tiny_model, tiny_config, dropout="on")


def test_scenes_are_told_likeliest_first(tiny_colorizer, picture):
    names, model = ("beach", "city", "forest"), resnet18_gray_classifier(3, 1 / 16)
    config = PresetConfig("resnet18_gray_classifier", {}, CLASS_OUTPUT, class_names=names)
    colorizer = Colorizer(model, config)
    small = colorizer.preprocess(picture).network_input[None]
    expected = softmax(model.predict_on_batch(small)[CLASS_OUTPUT][0])
    found = colorizer.classify(picture)
    assert [names.index(name) for name, _ in found] == list(np.argsort(-expected))
    np.testing.assert_allclose([p for _, p in found], np.sort(expected)[::-1], rtol=1e-4)
    assert colorizer.classify(Image.fromarray(picture), top=1) == found[:1]
    for wrong, given, said in (
        (colorizer, np.stack([picture, picture]), "one picture, received 2"),
        (tiny_colorizer, picture, "tells scenes apart, tiny does not"),
    ):
        with pytest.raises(InputError, match=said):
            wrong.classify(given)


def test_options_left_out_are_those_of_the_contract(tiny_model, tiny_config):
    config = dataclasses.replace(tiny_config, decoder="mode", saturation=1.3)
    colorizer = Colorizer(tiny_model, config, temperature=0.5)
    assert (colorizer.decoder, colorizer.saturation) == ("mode", 1.3)
    assert (colorizer.temperature, colorizer.working_size) == (0.5, 64)
    assert colorizer.replace(temperature=0.7).decoder == "mode"
    with pytest.raises(ValueError, match="decoder"):
        colorizer.replace(decoder=None)


def test_a_decoder_that_is_asked_for_comes_as_it_is(tiny_model, tiny_config, picture):
    weights = tuple(np.exp(np.random.default_rng(2).normal(0, 3, 313)))
    fields = {"class_weights": weights, "weights_in_loss": False, "rebalancing": 0.5}
    config = dataclasses.replace(tiny_config, decoder="mean", saturation=1.3, **fields)
    vivid = Colorizer(tiny_model, config)
    mean = vivid.replace(decoder="mean")
    assert (mean.saturation, mean.rebalancing) == (1.0, 0.0)
    plain = Colorizer(tiny_model, tiny_config, decoder="mean")
    np.testing.assert_array_equal(mean(picture), plain(picture))
    assert not np.array_equal(mean(picture), vivid(picture))
    both = vivid.replace(decoder="mean", saturation=1.2, rebalancing=0.1)
    assert (both.saturation, both.rebalancing) == (1.2, 0.1)
    assert both.replace(decoder="mode").saturation == 1.2


def test_none_unsets(tiny_colorizer, picture):
    hints = (np.full((*picture.shape[:2], 2), 30.0), np.ones(picture.shape[:2], bool))
    full = tiny_colorizer.replace(style=picture[:9], palette=picture, hints=hints, refine="mrf")
    assert not np.array_equal(full(picture), tiny_colorizer(picture))
    bare = full.replace(style=None, palette=None, hints=None, refine=None)
    np.testing.assert_array_equal(bare(picture), tiny_colorizer(picture))


def test_presets_of_one_network_share_it(tiny_preset, tmp_path, picture):
    twin = shutil.copytree(tiny_preset, tmp_path / "twin")
    config = read_config(twin)
    changed = dataclasses.replace(config, saturation=config.saturation + 0.5)
    (twin / "config.json").write_text(changed.to_json())
    first, second = Colorizer.from_presets([tiny_preset, twin]).values()
    assert first.model is second.model
    assert (second.name, second.saturation) == ("twin", changed.saturation)
    alone = Colorizer.from_preset(twin)
    np.testing.assert_array_equal(second(picture), alone(picture))


def test_a_picture_alone_has_the_colors_of_any_other(tiny_preset, tiny_colorizer, picture):
    alone = Colorizer.from_preset(tiny_preset, alone=True)
    difference = np.abs(alone(picture).astype(int) - tiny_colorizer(picture))
    assert difference.max() <= 1
    assert difference.mean() < 0.01
    # Without it, the first is to the last bit as all that follow.
    first, second = (tiny_colorizer.replace(seed=seed)(picture) for seed in (0, 1))
    np.testing.assert_array_equal(first, second)


def test_bfloat16_is_close_to_float32(tiny_preset, tiny_colorizer, picture, monkeypatch):
    monkeypatch.chdir(tiny_preset)
    half = Colorizer.from_preset(".", precision="bfloat16")
    assert half.name == "tiny"
    difference = np.abs(half(picture).astype(int) - tiny_colorizer(picture))
    assert difference.mean() < 4


def test_no_size_and_no_option_traces_the_network_anew(tiny_model, tiny_config):
    weights = tuple(np.exp(np.random.default_rng(2).normal(0, 1, 313)))
    config = dataclasses.replace(tiny_config, class_weights=weights, working_size=64)
    colorizer, traces = Colorizer(tiny_model, config), []
    call = colorizer.model.call
    colorizer.model.call = lambda *args, **kwargs: traces.append(1) or call(*args, **kwargs)
    for size in ((1, 1), (1, 300), (300, 1), (3, 2), *((64, side) for side in range(40, 200, 20))):
        assert colorizer(np.zeros(size, np.uint8)).shape == (*size, 3)
    before = len(traces)
    assert 1 <= before <= 3
    for i, decoder in enumerate(3 * DECODERS):
        options = {"decoder": decoder, "seed": i, "temperature": 0.2 + 0.01 * i}
        options |= {"rebalancing": i / 15, "saturation": 1.0 + i / 15}
        colorizer.replace(**options)(np.zeros((64, 90), np.uint8))
    assert len(traces) == before


@pytest.mark.parametrize("in_loss", [False, True])
def test_class_weights_are_put_in_or_undone(tiny_model, tiny_config, in_loss):
    weights = np.exp(np.random.default_rng(2).normal(0, 3, 313))
    fields = {"class_weights": tuple(weights), "weights_in_loss": in_loss, "rebalancing": 0.5}
    config = dataclasses.replace(tiny_config, temperature=0.4, **fields)
    logits = np.random.default_rng(3).normal(0, 3, (1, 8, 8, 313)).astype("float32")
    for share in (0.0, 0.5, 1.0):
        colorizer = Colorizer(tiny_model, config, decoder="mode", rebalancing=share)
        best = np.argmax(logits + (share - in_loss) * np.log(weights), axis=-1)
        np.testing.assert_array_equal(colorizer.decode(logits, None), ab_centers()[best])
        assert (best != np.argmax(logits, axis=-1)).any() == (share != in_loss)
    # A field starts from the colors of the preset: its temperature and its class weights.
    colorizer = Colorizer(tiny_model, config, refine="mrf")
    expected = softmax((logits + (0.5 - in_loss) * np.log(weights)) / 0.4, axis=-1)
    np.testing.assert_allclose(colorizer.distributions(logits), ab_marginals(expected), atol=1e-4)
    # Only the annealed decoder brings its temperature.
    mean = colorizer.replace(decoder="mean", rebalancing=float(in_loss)).distributions(logits)
    np.testing.assert_allclose(mean, ab_marginals(softmax(logits, axis=-1)), atol=1e-4)
    # The published constants start from the network's own p, whatever the preset.
    paper = colorizer.replace(refine="mrf-paper").distributions(logits)
    np.testing.assert_allclose(paper, ab_marginals(softmax(logits, axis=-1)), atol=1e-4)


def test_a_style_changes_colors_but_not_lightness(tiny_colorizer, picture, tmp_path):
    plain = tiny_colorizer(picture)
    np.testing.assert_array_equal(tiny_colorizer.replace(style=picture)(picture), plain)
    bright = np.full((20, 30), 250, np.uint8)
    Image.fromarray(bright).save(tmp_path / "bright.png")
    colorized = tiny_colorizer.replace(style=tmp_path / "bright.png")(picture)
    assert np.abs(colorized.astype(int) - plain).max() > 2
    np.testing.assert_array_equal(colorized, tiny_colorizer.replace(style=bright)(picture))
    lightness = color.rgb2lab(colorized)[..., 0] - color.rgb2lab(picture)[..., 0]
    assert np.abs(lightness).max() < 1.0
    # The colorizer that it was made from still has no style.
    assert tiny_colorizer.style is None


def test_a_style_is_one_picture_and_needs_global_features(tiny_colorizer, tiny_config):
    with pytest.raises(ValueError, match="one picture as style, received 2"):
        tiny_colorizer.replace(style=np.zeros((2, 8, 8, 1), np.uint8))
    arguments = {**tiny_config.arguments, "global_units": 0}
    model = distribution_unet(**arguments)
    with pytest.raises(ValueError, match="a layer named 'fusion'"):
        Colorizer(model, tiny_config, style=np.zeros((8, 8), np.uint8))
