import numpy as np
from PIL import Image


def _picture(width, height, seed):
    small = np.random.default_rng(seed).integers(0, 256, (3, 4, 3), "uint8")
    return Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)


def test_a_part_gives_back_pictures_shapes_and_labels_in_order(script, tmp_path):
    packed = script("trainers/packed.py")
    pictures = [_picture(60, 40, 0), _picture(32, 32, 1), _picture(40, 80, 2)]
    labels = ["street/day", "faces/", "street/night"]
    path = tmp_path / "part-000.npz"
    packed.write_part(path, [packed.encode_picture(one, 90) for one in pictures], labels)
    pixels, aspects, names = packed.read_part(path, 32)
    assert packed.part_paths(tmp_path) == [path]
    assert names == labels
    np.testing.assert_allclose(aspects, [1.5, 1.0, 0.5])
    for picture, found in zip(pictures, pixels, strict=True):
        expected = np.asarray(picture.resize((32, 32), Image.Resampling.BICUBIC), "float32")
        assert np.abs(found - expected).mean() < 6
