"""Pictures that several tests of the evaluation share."""

import pytest


@pytest.fixture
def folder(noise):
    """Two color pictures of noise, and one below them."""
    return noise("truth", "b.png", "a.png", "sub/c.png", size=(12, 16, 3))
