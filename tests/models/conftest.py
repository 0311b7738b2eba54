"""The policy and the seed of the tests of all networks."""

import keras
import pytest


@pytest.fixture
def bfloat16_policy():
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy("float32")


@pytest.fixture(autouse=True)
def seed():
    """Makes initial weights the same in each run."""
    keras.utils.set_random_seed(0)
