"""Trainers run as a user runs them: in processes of their own, on a folder of pictures."""

import importlib
import multiprocessing
import runpy
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
    loaded = []
    sys.path.insert(0, str(ROOT / "trainers"))
    # TensorFlow's own tools, which other tests import, have flags of the same names.
    tools = flags.FLAGS.flags_by_module_dict().items()
    aside = [flag for name, own in tools if name.startswith("tensorflow.") for flag in own]
    for flag in aside:
        delattr(flags.FLAGS, flag.name)

    def load(name):
        before = set(flags.FLAGS)
        module = importlib.import_module(name)
        names = set(flags.FLAGS) - before
        loaded.extend(names)
        defaults = {name: flags.FLAGS[name].default for name in names}
        return lambda **options: module.main(types.SimpleNamespace(**{**defaults, **options}))

    yield load
    sys.path.remove(str(ROOT / "trainers"))
    # Two scripts may have a flag of the same name.
    for name in loaded:
        delattr(flags.FLAGS, name)
    for flag in aside:
        flags.FLAGS[flag.name] = flag


class Started:
    """A trainer at work.

    It is forked from a process that holds the library, or importing TensorFlow would be most of
    what these tests do.
    """

    def __init__(self, script, flags, variables, output):
        forked, self._output = Path(__file__).with_name("_forked.py"), output
        names = {"script": str(ROOT / "trainers" / script), "flags": list(map(str, flags))}
        given = {**names, "variables": variables, "output": str(output)}
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["keras_colorize.export", "keras_colorize.training"])
        how = {"init_globals": {"given": given}}
        self.process = context.Process(target=runpy.run_path, args=(str(forked),), kwargs=how)
        self.process.start()

    def end(self):
        """Waits; returns the exit status and what was written."""
        self.process.join(timeout=300)
        return self.process.exitcode, self._output.read_text()


@pytest.fixture(scope="session")
def begin(tmp_path_factory):
    """Begins a trainer with flags and environment variables, as a user does."""
    root, started = tmp_path_factory.mktemp("outputs"), []

    def make(script, *flags, **variables):
        own = {"CUDA_VISIBLE_DEVICES": "", **variables}
        started.append(Started(script, flags, own, root / f"{len(started)}.txt"))
        return started[-1]

    yield make
    for one in started:
        one.process.kill()
