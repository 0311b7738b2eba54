"""Colors to try."""

import numpy as np
import pytest


@pytest.fixture(scope="session")
def rgb_colors():
    """sRGB colors of shape (n, 1, 3): a dense grid with all corners, random ones, dark ones."""
    steps = np.linspace(0.0, 1.0, 18)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(-1, 3)
    rng = np.random.default_rng(7)
    spread = rng.random((2000, 3))
    dark = rng.random((1000, 3)) * 0.02
    near_grey = rng.random((1000, 1)) + rng.normal(0.0, 1e-3, (1000, 3))
    return np.concatenate([grid, spread, dark, np.clip(near_grey, 0.0, 1.0)])[:, np.newaxis]
