"""Trainers run as a user runs them: in processes of their own, on a folder of pictures."""

import functools
import importlib
import sys
import types
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

from keras_colorize import Colorizer

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def pictures(tmp_path_factory):
    """Twelve small pictures in two classes."""
    root = tmp_path_factory.mktemp("pictures")
    generator = np.random.default_rng(0)
    for index in range(12):
        folder = root / ("forest" if index % 2 else "harbour")
        folder.mkdir(exist_ok=True)
        corners = generator.integers(0, 256, (3, 3, 3)).astype("float32")
        rgb = np.clip(tf.image.resize(corners, (40, 48), "bicubic"), 0, 255).astype("uint8")
        (folder / f"{index}.png").write_bytes(tf.io.encode_png(rgb).numpy())
    return root


@pytest.fixture(scope="session")
def colorizes():
    """`colorizes(run, **changes)`: a grey slope as the preset of a run colors it."""
    grey = np.tile(np.linspace(0, 255, 50).astype("uint8")[None, :, None], (30, 1, 3))

    def check(run, **changes):
        colorizer = Colorizer.from_preset(run / "preset", precision="float32")
        colored = np.asarray(colorizer.replace(**changes)(grey) if changes else colorizer(grey))
        assert colored.shape == grey.shape
        return colored

    return check


@pytest.fixture(scope="module")
def in_process():
    """Loads a script by name; returns its `main` as a function of the options that it is given."""
    sys.path.insert(0, str(ROOT / "trainers"))
    # TensorFlow's own tools, which other tests import, have flags of the same names.
    tools = flags.FLAGS.flags_by_module_dict().items()
    aside = [(flag, name) for name, own in tools if name.startswith("tensorflow.") for flag in own]
    for flag, _ in aside:
        delattr(flags.FLAGS, flag.name)

    @functools.cache
    def load(name):
        before = set(flags.FLAGS)
        module = importlib.import_module(name)
        defaults = {name: flags.FLAGS[name].default for name in set(flags.FLAGS) - before}
        for name in defaults:
            # Two scripts may have a flag of the same name.
            delattr(flags.FLAGS, name)

        def main(**options):
            assert options.keys() <= defaults.keys()
            return module.main(types.SimpleNamespace(**{**defaults, **options}))

        return main

    yield load
    sys.path.remove(str(ROOT / "trainers"))
    for flag, name in aside:
        flags.FLAGS[flag.name] = flag
        # Or the next file would not know whose they are.
        flags.FLAGS.register_flag_by_module(name, flag)
