"""One tiny network with scenes, and its SavedModel."""

import dataclasses

import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize.export import export_saved_model
from keras_colorize.presets import build_network

SCENES = ("abbey", "café", "coast", "harbor", "river", "slum", "yard")


@pytest.fixture(scope="session")
def colorizer(tiny_config):
    """A colorizer with scenes, and random weights that spread its colors."""
    arguments = {**tiny_config.arguments, "classes": len(SCENES)}
    config = dataclasses.replace(
        tiny_config, arguments=arguments, class_names=SCENES, saturation=1.4
    )
    keras.utils.set_random_seed(3)
    model = build_network(config)
    kernel, bias = model.get_layer("ab_logits").get_weights()
    model.get_layer("ab_logits").set_weights([4.0 * kernel, bias])
    # Signatures have nothing for old originals.
    return Colorizer(model, config, temperature=0.5, levels=False, border=False)


@pytest.fixture(scope="session")
def served(colorizer, tmp_path_factory):
    """Folder of its SavedModel, not to be changed."""
    return export_saved_model(colorizer, tmp_path_factory.mktemp("served"), name="tiny")


@pytest.fixture(scope="session")
def pictures(encoded):
    """Encoded pictures by name, in all that a server reads and in many sizes."""
    generator = np.random.default_rng(7)
    corners = generator.integers(0, 256, (4, 5, 4), dtype=np.uint8)
    rgba = Image.fromarray(corners).resize((52, 37), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb, deep = rgba.convert("RGB"), np.asarray(rgba.convert("L")).astype("uint16") * 257 + 19
    return {
        "rgb.png": encoded(rgb, "PNG"),
        "grey.png": encoded(rgb.convert("L").resize((70, 20)), "PNG"),
        "alpha.png": encoded(rgba, "PNG"),
        "grey_alpha.png": encoded(rgba.convert("LA"), "PNG"),
        "palette.png": encoded(rgb.quantize(64), "PNG", transparency=5),
        "one_bit.png": encoded(rgb.convert("1"), "PNG"),
        "deep.png": encoded(Image.fromarray(deep), "PNG"),
        "rgb.jpg": encoded(rgb, "JPEG"),
        "turned.jpg": encoded(rgb, "JPEG", exif=exif),
        "grey.jpg": encoded(rgb.convert("L"), "JPEG"),
        "cmyk.jpg": encoded(rgb.convert("CMYK"), "JPEG"),
        "progressive.jpg": encoded(rgb, "JPEG", progressive=True),
        "pixel.png": encoded(rgb.resize((1, 1)), "PNG"),
        "line.png": encoded(rgb.resize((300, 1)), "PNG"),
    }
