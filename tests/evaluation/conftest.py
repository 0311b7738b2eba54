"""Pictures and files that several tests of the evaluation share."""

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def folder(tmp_path):
    """Two hand-made color pictures, and one below them."""
    noise = np.random.default_rng(0).integers(40, 215, (3, 12, 16, 3), dtype=np.uint8)
    for name, pixels in zip(("b.png", "a.png", "sub/c.png"), noise, strict=True):
        path = tmp_path / "truth" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    return tmp_path / "truth"
