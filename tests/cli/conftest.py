"""Pictures for the command, and what it refuses."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def noise(tmp_path):
    """Writes pictures of random pixels by their names in a folder, which is returned."""
    random = np.random.default_rng(0)

    def write(folder, *names, size=(20, 30, 3)):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, size, np.uint8)).save(path)
        return tmp_path / folder

    return write


@pytest.fixture
def refused(command):
    """Runs `keras-colorize` with words that it has to refuse in a line, which is returned."""

    def call(*words):
        code, out, err = command(*words)
        assert (code, out) == (2, "")
        said = err.strip().splitlines()[-1]
        assert said.startswith("keras-colorize")
        return said

    return call
