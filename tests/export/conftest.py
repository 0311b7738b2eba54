"""One tiny network with scenes, and its SavedModel."""

import io

import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize import Colorizer, PresetConfig, distribution_unet
from keras_colorize.export import export_saved_model

TINY = {
    "encoder": "residual",
    "decoder_widths": [8, 8, 8, 8],
    "residual_widths": [4, 4, 8, 8, 8],
    "global_units": 8,
    "classes": 7,
}
SCENES = ("abbey", "café", "coast", "harbor", "river", "slum", "yard")


@pytest.fixture(scope="session")
def colorizer():
    """A colorizer with random weights that spread its colors."""
    keras.utils.set_random_seed(3)
    model = distribution_unet(**TINY)
    kernel, bias = model.get_layer("ab_logits").get_weights()
    model.get_layer("ab_logits").set_weights([4.0 * kernel, bias])
    config = PresetConfig(
        network="distribution_unet",
        arguments=TINY,
        output="ab_logits",
        class_names=SCENES,
        working_size=64,
        saturation=1.4,
    )
    return Colorizer(model, config, temperature=0.5)


@pytest.fixture(scope="session")
def served(colorizer, tmp_path_factory):
    """Folder of its SavedModel, not to be changed."""
    return export_saved_model(colorizer, tmp_path_factory.mktemp("served"), name="tiny")


def _encoded(image, suffix, **options):
    stream = io.BytesIO()
    image.save(stream, suffix, **options)
    return stream.getvalue()


@pytest.fixture(scope="session")
def encoded():
    """`encoded(image, format, **options)`: bytes of a Pillow image."""
    return _encoded


@pytest.fixture(scope="session")
def pictures():
    """Encoded pictures by name, in all that a server reads and in many sizes."""
    generator = np.random.default_rng(7)
    corners = generator.integers(0, 256, (4, 5, 4), dtype=np.uint8)
    rgba = Image.fromarray(corners).resize((52, 37), Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x0112] = 6
    rgb, deep = rgba.convert("RGB"), np.asarray(rgba.convert("L")).astype("uint16") * 257 + 19
    return {
        "rgb.png": _encoded(rgb, "PNG"),
        "grey.png": _encoded(rgb.convert("L").resize((70, 20)), "PNG"),
        "alpha.png": _encoded(rgba, "PNG"),
        "grey_alpha.png": _encoded(rgba.convert("LA"), "PNG"),
        "palette.png": _encoded(rgb.quantize(64), "PNG", transparency=5),
        "one_bit.png": _encoded(rgb.convert("1"), "PNG"),
        "deep.png": _encoded(Image.fromarray(deep), "PNG"),
        "rgb.jpg": _encoded(rgb, "JPEG"),
        "turned.jpg": _encoded(rgb, "JPEG", exif=exif),
        "grey.jpg": _encoded(rgb.convert("L"), "JPEG"),
        "cmyk.jpg": _encoded(rgb.convert("CMYK"), "JPEG"),
        "progressive.jpg": _encoded(rgb, "JPEG", progressive=True),
        "pixel.png": _encoded(rgb.resize((1, 1)), "PNG"),
        "line.png": _encoded(rgb.resize((300, 1)), "PNG"),
    }
