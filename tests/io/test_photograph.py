import io

import numpy as np
import pytest
from PIL import Image

from keras_colorize.io import Photograph, PhotographError, contact_sheet, jpeg_bytes, small_pixels
from keras_colorize.io.photograph import labeled, scaled_down


def test_arrays_that_are_no_photograph():
    for pixels in (np.zeros((2, 2), np.uint8), np.zeros((2, 2, 3), np.float32)):
        with pytest.raises(ValueError, match="Expected pixels"):
            Photograph(pixels)
    for alpha in (np.zeros((2, 3), np.uint8), np.zeros((2, 2), np.uint16)):
        with pytest.raises(ValueError, match="Expected alpha"):
            Photograph(np.zeros((2, 2, 3), np.uint8), alpha)


@pytest.mark.parametrize(
    ("shape", "expected"),
    [((50, 100), (10, 20)), ((100, 50), (20, 10)), ((1, 400), (1, 20)), ((7, 9), (7, 9))],
)
def test_the_long_side_fits(shape, expected):
    small = small_pixels(Photograph(np.full((*shape, 3), 65535, np.uint16)), 20)
    assert (small.shape, small.dtype) == ((*expected, 3), np.uint8)
    assert (small == 255).all()


def test_jpeg_keeps_the_colors_of_single_pixels():
    pixels = np.zeros((16, 16, 3), np.uint8)
    pixels[::2, ::2] = (200, 40, 40)
    with Image.open(io.BytesIO(jpeg_bytes(pixels, 95))) as image:
        assert image.format == "JPEG"
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
        decoded = np.asarray(image, np.float32)
    # Subsampled chroma would spread the red over its neighbours.
    assert np.abs(decoded - pixels).max() < 30


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_smaller_photograph_keeps_its_type(dtype):
    top = np.iinfo(dtype).max
    slope = np.linspace(0, top, 400).astype(dtype)
    pixels = np.broadcast_to(slope[None, :, None], (200, 400, 3)).copy()
    photograph = Photograph(pixels, pixels[..., 0].copy(), format="TIFF")
    small = scaled_down(photograph, 100)
    assert (small.pixels.shape, small.pixels.dtype, small.format) == ((50, 100, 3), dtype, "TIFF")
    means = pixels.reshape(50, 4, 100, 4, 3).mean((1, 3))
    assert np.abs(small.pixels - means)[:, 3:-3].max() < 0.005 * top
    assert np.array_equal(small.alpha, small.pixels[..., 0])
    assert scaled_down(photograph, 400) is photograph


def flat(color, shape=(20, 40)):
    return np.full((*shape, 3), color, np.uint8)


def sheet(path, **options):
    rows = [
        [flat((90, 90, 90)), flat((200, 30, 30))],
        [flat((9, 9, 9), (40, 20)), flat((0, 0, 255))],
    ]
    contact_sheet(rows, ["first", "second"], path, cell=60, **options)
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB"))


def test_pictures_are_letterboxed_and_all_that_is_said_takes_room(tmp_path):
    plain = sheet(tmp_path / "a.png")
    red = np.argwhere((plain == (200, 30, 30)).all(axis=-1))
    assert (np.ptp(red, axis=0) + 1).tolist() == [30, 60]
    full = sheet(tmp_path / "b.png", title="Contact sheet", headings=("grey", "color"))
    assert full.shape[0] > plain.shape[0]
    assert full.shape[1] == plain.shape[1]
    # Letters are lighter than the page and the cells.
    assert (full[:30] > 200).any()
    assert (full[-20:] > 200).any()
    assert sheet(tmp_path / "c.png", more=5).shape[0] > plain.shape[0]


def test_rows_of_different_length_and_long_captions(tmp_path):
    rows = [[flat((1, 2, 3))], [flat((1, 2, 3)), flat((200, 30, 30)), flat((0, 255, 0))]]
    contact_sheet(rows, ["a " * 500, "Zoë\nKey"], tmp_path / "a.jpg", cell=40, title="t " * 500)
    with Image.open(tmp_path / "a.jpg") as image:
        assert image.format == "JPEG"
        assert image.width < 3 * 40 + 40


def test_sheets_that_cannot_be_made(tmp_path):
    for rows, captions, name, said in (
        ([], [], "a.png", "received 0 rows"),
        ([[flat(0)]], [], "a.png", "1 rows and 0 captions"),
        ([[flat(0)]], ["a"], "a.tif", ".png or .jpg"),
        ([[flat(0)]], ["a"], "a.doc", "expected one of"),
    ):
        with pytest.raises(PhotographError, match=said):
            contact_sheet(rows, captions, tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_many_rows_are_pages_of_blocks_side_by_side(tmp_path):
    rows = [[flat((90, 90, 90)), flat((200, number, 30))] for number in range(34)]
    paths = contact_sheet(rows, [f"{n}" for n in range(34)], tmp_path / "s.png", cell=40)
    assert paths == [tmp_path / "s-1.png", tmp_path / "s-2.png"]
    found = []
    for path in paths:
        with Image.open(path) as image:
            assert 0.5 < image.width / image.height < 2.0
            colors = {color for _, color in image.getcolors(1 << 16)}
        found += sorted(color[1] for color in colors if color[::2] == (200, 30))
    assert found == list(range(34))


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
@pytest.mark.parametrize("corner", ["bottom-right", "bottom-left", "top-right", "top-left"])
def test_a_label_is_in_its_corner_alone(dtype, corner):
    most = np.iinfo(dtype).max
    plain = Photograph(np.full((300, 400, 3), most // 2, dtype))
    changed = labeled(plain, "colorized", corner, 5.0).pixels != plain.pixels
    rows, columns, _ = np.nonzero(changed)
    assert (rows.min() > 250) if "bottom" in corner else (rows.max() < 50)
    assert (columns.min() > 200) if "right" in corner else (columns.max() < 200)
    assert labeled(plain, "colorized", corner, 5.0).pixels.max() == most
    assert plain.pixels.max() == most // 2
    # Cut off where there is no room.
    tiny = Photograph(np.zeros((4, 5, 3), dtype))
    assert labeled(tiny, "colorized", corner).pixels.shape == (4, 5, 3)
