import socket

import numpy as np
import pytest
import tifffile
from PIL import Image

from keras_colorize.io import read_photograph


@pytest.fixture
def album(tmp_path):
    """Grey photographs of 8 and 16 bits, one with metadata."""
    folder = tmp_path / "album"
    folder.mkdir()
    levels = np.random.default_rng(4).integers(0, 256, (45, 70), np.uint8)
    exif = Image.Exif()
    exif[271] = "Ernemann"
    Image.fromarray(levels).save(folder / "a.jpg", exif=exif)
    Image.fromarray(levels[:30]).save(folder / "b.png")
    tifffile.imwrite(folder / "c.tif", levels.astype("uint16") * 257)
    return folder


@pytest.fixture
def run(grpc_address, network, command, quick):
    """Runs the command against a server; returns exit code, stdout and stderr."""
    network.reset()

    def call(album, *words, server=grpc_address):
        arguments = ["colorize", album, "-o", album.parent / "out", "--server", server]
        arguments += ["--server-model", "tiny", "--working-size", "64", "--server-timeout", "600"]
        return command(*arguments, *words)

    return call


def test_only_lightness_travels_and_the_rest_is_as_here(run, album, colorizer, network):
    code, out, _ = run(album)
    assert (code, out) == (0, "3 done, 0 skipped, 0 failed\n")
    # The first asks whether the server colorizes.
    assert network.asked == [(1, 32, 32, 1), (1, 32, 64, 1), (1, 32, 64, 1), (1, 32, 64, 1)]
    for name, step in {"b.png": 1, "c.tif": 257}.items():
        result = read_photograph(album.parent / "out" / name).pixels.astype(float)
        expected = colorizer(read_photograph(album / name)).pixels.astype(float)
        assert np.abs(result - expected).max() <= step
        assert np.ptp(result, axis=-1).max() > 10 * step
    with Image.open(album.parent / "out" / "a.jpg") as image:
        assert (image.format, image.size, image.getexif()[271]) == ("JPEG", (70, 45), "Ernemann")
    # Saturation is a factor on that of the server.
    assert run(album, "--saturation", "0", "--overwrite")[0] == 0
    assert np.ptp(read_photograph(album.parent / "out" / "b.png").pixels, axis=-1).max() <= 1


def test_a_server_that_goes_away_in_the_middle(run, album, network):
    calls = []

    def away_for_the_second(lightness):
        calls.append(lightness)
        if 3 <= len(calls) < 8:
            raise network.failure("UNAVAILABLE", "gone")
        return network.usual(lightness)

    network.signature = away_for_the_second
    code, out, err = run(album)
    assert (code, out) == (1, "2 done, 0 skipped, 1 failed\n")
    assert f"failed: {album / 'b.png'}: " in err
    assert "gone" in err
    assert not (album.parent / "out" / "b.png").exists()


def test_nothing_is_touched_without_a_server_or_network(run, album):
    with socket.create_server(("127.0.0.1", 0)) as free:
        server = f"127.0.0.1:{free.getsockname()[1]}"
    for words, options, message in (
        ([], {"server": server}, f"keras-colorize: {server}, model tiny: UNAVAILABLE: "),
        (["--server-model", "other"], {}, "model other: NOT_FOUND: Servable not found"),
    ):
        code, out, err = run(album, *words, **options)
        assert (code, out, len(err.splitlines())) == (2, "", 1)
        assert message in err
    assert list((album.parent / "out").iterdir()) == []


def test_what_the_server_settles_is_refused(run, album, command):
    for words, message in (
        (["--temperature", "0.5"], "expected no --temperature with --server"),
        (["--refine", "mrf", "--hint", "1,1,#ff0000"], "expected no --hint, --refine with"),
        (["--precision", "float32"], "expected no --precision with --server"),
        (["--server-protocol", "soap"], "invalid choice: 'soap'"),
        (["--saturation", "11"], "saturation between 0"),
    ):
        code, _, err = run(album, *words)
        assert code == 2
        assert message in err
    words = ["colorize", album, "-o", album.parent / "out", "--server-model", "tiny"]
    for more, message in (
        (["--server", "here:1"], "expected --working-size with --server-model tiny"),
        ([], "expected --server with --server-model"),
    ):
        code, _, err = command(*words, *more)
        assert code == 2
        assert message in err
