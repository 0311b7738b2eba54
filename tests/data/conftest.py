"""A folder that several tests of the data pipeline read."""

import pytest

from ._pictures import make_picture, write_picture


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """Eleven pictures in two classes."""
    root = tmp_path_factory.mktemp("pictures")
    for index in range(11):
        name = "beach" if index < 6 else "forest"
        write_picture(root / name / f"{index:02}.png", make_picture(index, 18 + index, 24))
    return root
