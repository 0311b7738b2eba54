"""Pictures for the command, and what it refuses."""

import pytest


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
