import shutil

import pytest
from PIL import Image

from keras_colorize.evaluation import measured_paths, pair_outputs
from keras_colorize.io import PhotographError


@pytest.fixture
def outputs(folder, tmp_path):
    """A copy of the true pictures, to be spoiled."""
    shutil.copytree(folder, tmp_path / "made")
    return tmp_path / "made"


def test_pairs_by_relative_path_whatever_the_format(folder, outputs):
    with Image.open(outputs / "sub" / "c.png") as picture:
        picture.save(outputs / "sub" / "c.jpg")
    # The same name goes before another suffix; without it the other one is taken.
    paths = measured_paths(folder)
    pairs, extra = pair_outputs(outputs, folder, paths)
    assert pairs == {path: outputs / path.relative_to(folder) for path in paths}
    assert extra == [outputs / "sub" / "c.jpg"]
    (outputs / "sub" / "c.png").unlink()
    pairs, extra = pair_outputs(outputs, folder, paths)
    assert pairs[folder / "sub/c.png"] == outputs / "sub" / "c.jpg"
    assert extra == []


def test_faults_are_named_in_one_line(folder, outputs):
    (outputs / "a.png").unlink()
    Image.new("RGB", (17, 12)).save(outputs / "b.png")
    (outputs / "sub" / "c.png").unlink()
    for suffix in ("jpg", "webp"):
        Image.new("RGB", (16, 12)).save(outputs / "sub" / f"c.{suffix}")
    Image.new("RGB", (16, 12)).save(outputs / "more.png")
    with pytest.raises(PhotographError) as caught:
        pair_outputs(outputs, folder, measured_paths(folder))
    assert str(caught.value) == (
        f"{outputs}: expected one picture of the same name and size for each of the 3 photographs "
        f"of {folder}, found a.png: missing; b.png: 17x12 for 16x12; sub/c.png: c.jpg, c.webp"
    )


def test_many_that_are_missing_are_counted(folder, outputs):
    for number in range(8):
        shutil.copy(folder / "a.png", folder / f"x{number}.png")
    with pytest.raises(
        PhotographError, match=r"found x0.png: missing; .*; x4.png: missing and 3 more$"
    ):
        pair_outputs(outputs, folder, measured_paths(folder))


def test_what_is_left_out_by_a_limit_is_not_extra(folder, outputs):
    Image.new("RGB", (16, 12)).save(outputs / "more.png")
    pairs, extra = pair_outputs(outputs, folder, measured_paths(folder, 1))
    assert len(pairs) == 1
    assert extra == [outputs / "more.png"]


def test_sizes_are_those_of_upright_pictures(folder, outputs):
    exif = Image.Exif()
    exif[274] = 6  # Turned by a quarter: stored 12x16, shown 16x12.
    Image.new("RGB", (12, 16)).save(outputs / "a.png", exif=exif)
    pair_outputs(outputs, folder, measured_paths(folder))
    Image.new("RGB", (16, 12)).save(outputs / "a.png", exif=exif)
    with pytest.raises(PhotographError, match="12x16 for 16x12"):
        pair_outputs(outputs, folder, measured_paths(folder))


def test_what_cannot_be_opened_is_left_to_the_measurement(folder, outputs):
    (outputs / "a.png").write_text("This is no photograph.")
    assert len(pair_outputs(outputs, folder, measured_paths(folder))[0]) == 3
