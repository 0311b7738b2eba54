"""The command, run in this process."""

import pytest

from keras_colorize import cli


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
