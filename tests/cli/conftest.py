"""The command, run in this process."""

import numpy as np
import pytest
from PIL import Image

from keras_colorize import cli


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
def command(capsys):
    """Runs `keras-colorize` with words; returns exit code, stdout and stderr."""

    def call(*words):
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as leaving:
            code = leaving.code
        return code, *capsys.readouterr()

    return call


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
