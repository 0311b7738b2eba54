"""The scripts of benchmarks/ that have logic of their own, run on tiny presets and pictures."""

import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize import PresetConfig, save_preset
from keras_colorize.models import iizuka16, resnet18_gray, resnet18_gray_classifier


@pytest.fixture(scope="session")
def photographs(tmp_path_factory):
    """Six small color pictures in two scenes."""
    folder = tmp_path_factory.mktemp("photographs")
    noise = np.random.default_rng(0).integers(0, 256, (6, 5, 6, 3), dtype=np.uint8)
    for number, pixels in enumerate(noise):
        path = folder / ("forest" if number % 2 else "harbor") / f"{number}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(pixels).resize((48, 40), Image.Resampling.BICUBIC).save(path)
    return folder


@pytest.fixture(scope="session")
def presets(tmp_path_factory, tiny_preset):
    """Folders of presets by what they are."""
    folder = tmp_path_factory.mktemp("kinds")
    keras.utils.set_random_seed(0)
    small, classes = {"width": 1 / 16}, {"class_names": ("forest", "harbor")}
    kinds = {
        "regression": (resnet18_gray, small, "ab", {}),
        "scenes": (resnet18_gray_classifier, small | {"classes": 2}, "class_logits", classes),
        "style": (iizuka16, small | {"global_size": 32, "classes": 2}, "ab", classes),
    }
    for name, (network, arguments, output, fields) in kinds.items():
        model = network(**arguments)
        if name == "style":
            # Fresh weights make little of the global features.
            fusion = model.get_layer("fusion")
            fusion.set_weights([30.0 * one for one in fusion.get_weights()])
        config = PresetConfig(network.__name__, arguments, output, working_size=32, **fields)
        save_preset(model, folder / name, config)
    return {"distribution": tiny_preset, **{name: folder / name for name in kinds}}
