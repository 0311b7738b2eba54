"""The SavedModel of a tiny network, and photographs of three shapes."""

import numpy as np
import pytest
from PIL import Image

from keras_colorize.export import export_saved_model

SIZES = {
    "wide.jpg": (30, 48),
    "wide_too.png": (31, 50),
    "tall.tif": (60, 33),
    "old/tall_too.jpg": (64, 35),
    "old/square.png": (40, 40),
    "old/film.gif": (28, 45),
}
"""Height and width of the photographs of `album`; as the network sees them: two of each shape."""


@pytest.fixture(scope="session")
def bulk_colorizer(tiny_colorizer):
    """Other options than those of the preset, which the SavedModel has to carry."""
    return tiny_colorizer.replace(working_size=96, saturation=1.5)


@pytest.fixture(scope="session")
def served(bulk_colorizer, tmp_path_factory):
    """Folder of its SavedModel, not to be changed."""
    return export_saved_model(bulk_colorizer, tmp_path_factory.mktemp("served"), warmup=False)


@pytest.fixture
def album(tmp_path):
    """A folder of photographs in grey, one of them with 16 bits."""
    generator = np.random.default_rng(2)
    for name, (height, width) in SIZES.items():
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        corners = Image.fromarray(generator.integers(0, 256, (4, 5), np.uint8))
        grey = np.asarray(corners.resize((width, height), Image.Resampling.BICUBIC))
        deep = grey.astype(np.uint16) * 257 if name == "old/square.png" else grey
        Image.fromarray(deep).save(path)
    return tmp_path / "album"
