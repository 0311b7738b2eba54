import io
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorflow import errors

from keras_colorize.serving import Client, PicturesRefusedError, ServerError
from keras_colorize.serving.rest_channel import RestChannel

CERTIFICATE = Path(__file__).parent / "localhost.pem"


def _pixels(png):
    with Image.open(io.BytesIO(png)) as image:
        return np.array(image)


@pytest.fixture(scope="module")
def pictures(encoded):
    """Grey photographs of three sizes, as arrays and as PNG files."""
    sizes = ((40, 60), (64, 32), (33, 50))
    arrays = [np.random.default_rng(1).integers(0, 256, size, np.uint8) for size in sizes]
    return arrays, [encoded(Image.fromarray(array), "PNG") for array in arrays]


def test_colorize(connect, colorizer, pictures, network):
    arrays, files = pictures
    made = connect(batch=2).colorize(files)
    assert sorted(len(inputs["image_bytes"]) for inputs in network.asked) == [1, 2]
    for array, png in zip(arrays, made, strict=True):
        difference = np.abs(_pixels(png).astype(int) - colorizer(array).astype(int))
        assert difference.max() <= 1


def test_nothing_is_asked_for_no_pictures(connect, network):
    assert connect().colorize([]) == []
    assert network.asked == []


def test_classify(connect, colorizer, pictures, network):
    files = pictures[1]
    scenes, probabilities = connect().classify(files)
    expected = network.usual["classify_bytes"](image_bytes=np.array(files, object).tolist())
    assert scenes.shape == probabilities.shape == (3, 5)
    assert probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities, expected["probabilities"], atol=1e-6)
    names = [[text.decode() for text in row] for row in np.asarray(expected["scenes"])]
    assert scenes.tolist() == names


def test_predict_ab(connect, colorizer):
    lightness = np.random.default_rng(2).uniform(0, 100, (2, 64, 32, 1)).astype("float32")
    expected = colorizer.saturation * np.asarray(colorizer.predict_ab(lightness))
    np.testing.assert_allclose(connect().predict_ab(lightness), expected, atol=2e-3)


def test_order_is_kept_with_requests_side_by_side(connect, network):
    def slow_first(image_bytes):
        time.sleep(0.2 if image_bytes.numpy()[0] == b"0" else 0.0)
        return {"png_bytes": image_bytes}

    network.signatures["colorize_bytes"] = slow_first
    files = [str(number).encode() for number in range(9)]
    assert connect(in_flight=3, batch=2).colorize(files) == files


def test_bad_pictures_do_not_fail_the_others(connect, pictures, colorizer):
    arrays, files = pictures
    with pytest.raises(PicturesRefusedError, match="2 were refused: picture 1: ") as caught:
        connect(batch=9).colorize([files[0], b"no picture", files[1], b"", files[2]])
    made, reasons = caught.value.made, caught.value.reasons
    assert [one is None for one in made] == [False, True, False, True, False]
    assert _pixels(made[4]).shape == (*arrays[2].shape, 3)
    expected = "expected a JPEG, PNG, GIF, BMP or WebP picture, received"
    assert reasons == {1: f"{expected} 10 bytes: another format", 3: f"{expected} 0 bytes"}


def test_a_server_that_joins_requests_blames_nobody_else(connect, network):
    def joined(image_bytes):
        if b"bad" in image_bytes.numpy():
            raise errors.InvalidArgumentError(None, None, "assertion failed: [image_bytes[0]: no]")
        return {"png_bytes": image_bytes}

    network.signatures["colorize_bytes"] = joined
    with pytest.raises(PicturesRefusedError) as caught:
        connect(batch=4).colorize([b"a", b"b", b"bad", b"c"])
    assert caught.value.made == [b"a", b"b", None, b"c"]
    assert caught.value.reasons == {2: "no"}


def test_a_request_that_is_too_large_for_the_server_is_halved(connect, network):
    def at_most_two(image_bytes):
        if len(image_bytes) > 2:
            message = "Task size 5 is larger than maximum input batch size 2"
            raise errors.InvalidArgumentError(None, None, message)
        return {"png_bytes": image_bytes}

    network.signatures["colorize_bytes"] = at_most_two
    files = [str(number).encode() for number in range(5)]
    assert connect(batch=5).colorize(files) == files


def test_a_busy_server_is_asked_again(connect, network, pictures, waits):
    network.failures = [_failure(network, code) for code in ("UNAVAILABLE", "RESOURCE_EXHAUSTED")]
    assert len(connect().colorize(pictures[1][:1])) == 1
    # The HTTP stand-in asks for three seconds when it is busy.
    assert waits in ([1.0, 2.0], [1.0, 3.0])


def test_a_server_that_stays_busy(connect, network, pictures, waits):
    network.failures = [_failure(network, "UNAVAILABLE") for _ in range(9)]
    with pytest.raises(ServerError, match="not now .asked 4 times"):
        connect().colorize(pictures[1][:1])
    assert waits == [1.0, 2.0, 4.0]


def test_other_failures_are_not_repeated(connect, network, pictures, waits):
    network.failures = [_failure(network, "INTERNAL")]
    with pytest.raises(ServerError, match="not now"):
        connect().colorize(pictures[1][:1])
    assert (len(network.asked), waits) == (1, [])


def test_an_unknown_network(connect, pictures, network):
    with pytest.raises(ServerError, match="model other: NOT_FOUND: Servable not found") as caught:
        connect(model="other").colorize(pictures[1])
    assert caught.value.code == "NOT_FOUND"


def test_a_network_without_the_signature(connect, network, pictures):
    del network.signatures["colorize_bytes"]
    with pytest.raises(ServerError, match='"colorize_bytes" not found'):
        connect(batch=9).colorize(pictures[1])


def test_a_network_of_another_kind(connect, network, pictures):
    network.signatures["classify_bytes"] = lambda image_bytes: {"a": [1.0], "b": [2.0]}
    with pytest.raises(ServerError, match="expected scenes, probabilities from the signature"):
        connect().classify(pictures[1][:1])


def test_an_answer_of_another_length(connect, network, pictures):
    network.signatures["colorize_bytes"] = lambda image_bytes: {"png_bytes": image_bytes[:1]}
    with pytest.raises(ServerError, match="expected 3 of png_bytes, received 1"):
        connect(batch=3).colorize(pictures[1])


def test_an_answer_that_is_no_tensor(network, start_rest, pictures, monkeypatch):
    network.reset()
    monkeypatch.setattr(RestChannel, "_ask", lambda *_: {"outputs": ["a", "b", "c"]})
    with Client(start_rest(), "tiny", batch=3) as client, pytest.raises(ServerError, match="form"):
        client.colorize(pictures[1])


def test_the_time_is_kept(connect, network, pictures):
    network.delay = 3.0
    started = time.monotonic()
    with pytest.raises(ServerError) as caught:
        connect(timeout=0.2).colorize(pictures[1][:1])
    assert caught.value.code == "DEADLINE_EXCEEDED"
    assert time.monotonic() - started < 2.5


def test_a_server_out_of_reach(connect, waits):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for address in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"):
        waits.clear()
        client = connect(address=address)
        with pytest.raises(ServerError, match=f"127.0.0.1:{port}, .*asked 4 times") as caught:
            client.status()
        assert caught.value.code == "UNAVAILABLE"
        assert waits == [1.0, 2.0, 4.0]
        assert not client.ready()


def test_large_pictures_are_never_sent(connect, network):
    network.signatures["colorize_bytes"] = lambda image_bytes: {"png_bytes": image_bytes}
    with pytest.raises(PicturesRefusedError, match="send a smaller one") as caught:
        connect(max_message_bytes=20_000, batch=9).colorize([b"x" * 16_000, *[b"y" * 6_000] * 3])
    assert caught.value.made == [None, *[b"y" * 6_000] * 3]
    assert max(len(b"".join(one["image_bytes"].numpy())) for one in network.asked) <= 15_904


def test_large_answers(connect, network):
    """More than the 4 MiB that gRPC takes by itself, and more than the limit."""

    def longer(image_bytes):
        return {"png_bytes": np.array([int(one) * b"z" for one in image_bytes.numpy()], object)}

    network.signatures["colorize_bytes"] = longer
    # In base64 a third more.
    sizes = (4_400_000, 100, 6_500_000, 4_300_000)
    client = connect(max_message_bytes=6_000_000, batch=4)
    with pytest.raises(PicturesRefusedError, match="raise max_message_bytes") as caught:
        client.colorize([str(size).encode() for size in sizes])
    assert [one and len(one) for one in caught.value.made] == [4_400_000, 100, None, 4_300_000]


def test_status(connect):
    client = connect()
    found = [(one.version, one.state, one.message) for one in client.status()]
    assert found == [(1, "END", ""), (2, "AVAILABLE", "")]
    assert client.ready()
    assert not connect(model="other").ready()


def test_versions_labels_and_headers(connect, network):
    lightness = np.full((1, 32, 32, 1), 50.0)
    for options in ({}, {"version": 7}, {"label": "canary"}):
        connect(**options, headers={"authorization": "Bearer x"}).predict_ab(lightness)
    assert network.specs == [("tiny", None, None), ("tiny", 7, None), ("tiny", None, "canary")]
    assert [headers["authorization"] for headers in network.headers] == ["Bearer x"] * 3


def test_encryption(start, network):
    network.reset()
    address = start(secure=True)
    with Client(address, "tiny", certificate=CERTIFICATE) as client:
        assert client.predict_ab(np.full((1, 32, 32, 1), 50.0)).shape == (1, 8, 8, 2)
    with Client(address, "tiny", tls=True, timeout=2.0) as client, pytest.raises(ServerError):
        client.predict_ab(np.full((1, 32, 32, 1), 50.0))


def test_only_bytes_are_taken(connect):
    with pytest.raises(TypeError, match="received str"):
        connect().colorize(["photograph.jpg"])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"address": "here"}, "host:port for gRPC"),
        ({"address": "a b://c"}, "http"),
        ({"address": "http://"}, "http"),
        ({"protocol": "soap"}, "protocol among grpc, rest"),
        ({"model": ""}, "name of a network"),
        ({"version": 1, "label": "x"}, "a version or a label"),
        ({"timeout": 0}, "timeout above 0"),
        ({"batch": 0}, "batch above 0"),
    ],
)
def test_wrong_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        Client(**{"address": "localhost:8500", "model": "tiny"} | options)


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("localhost:8500", "GrpcChannel"),
        ("[::1]:8500", "GrpcChannel"),
        ("localhost:8501", "RestChannel"),
        ("http://localhost:80/served", "RestChannel"),
        ("https://[::1]", "RestChannel"),
    ],
)
def test_the_protocol_follows_the_address(address, kind):
    with Client(address, "tiny") as client:
        assert type(client.channel).__name__ == kind


def test_without_the_extra(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras_colorize.serving.grpc_channel", raising=False)
    monkeypatch.setitem(sys.modules, "tensorflow_serving.apis", None)
    with pytest.raises(ImportError, match=r"keras-colorize\[serving\]"):
        Client("localhost:8500", "tiny")
    assert Client("localhost:8501", "tiny").channel


def _failure(network, code):
    failure = type(network).failure
    return failure(code, "not now")
