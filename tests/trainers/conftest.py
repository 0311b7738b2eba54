"""Trainers run as a user runs them: in processes of their own, on a folder of pictures."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from absl import flags

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


@pytest.fixture(scope="module")
def in_process():
    """Loads a script by name; returns a function that runs it with flags."""
    loaded = []
    sys.path.insert(0, str(ROOT / "trainers"))

    def load(script):
        path = ROOT / "trainers" / script
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        before = set(flags.FLAGS)
        spec.loader.exec_module(module)
        own = set(flags.FLAGS) - before
        loaded.extend(own)

        def run(*words):
            flags.FLAGS.unparse_flags()
            for name in own:
                flags.FLAGS[name].unparse()
            flags.FLAGS([script, *words])
            module.main([script])

        return run

    yield load
    sys.path.remove(str(ROOT / "trainers"))
    # Two scripts may have a flag of the same name.
    for name in loaded:
        delattr(flags.FLAGS, name)


@pytest.fixture(scope="session")
def begin():
    """Begins a trainer with flags and environment variables; the process's output is text."""
    started = []

    def make(script, *flags, **variables):
        own = {"PYTHONPATH": str(ROOT), "CUDA_VISIBLE_DEVICES": "", **variables}
        environment = {**os.environ, **own}
        command = [sys.executable, ROOT / "trainers" / script, *map(str, flags)]
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        started.append(subprocess.Popen(command, env=environment, **pipes))
        return started[-1]

    yield make
    for process in started:
        process.kill()
        process.communicate()
