import socket
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from keras_colorize.serving import Client, ServerError

CERTIFICATE = Path(__file__).parent / "localhost.pem"
GREY = np.full((1, 32, 32, 1), 50.0, "float32")


def _lightness(*shape):
    return np.random.default_rng(2).uniform(0, 100, (*shape, 1)).astype("float32")


def test_a_busy_server_is_asked_again(connect, network):
    network.failures = [network.failure(code, "") for code in ("UNAVAILABLE", "RESOURCE_EXHAUSTED")]
    # More than the 256 KiB up to which gRPC repeats by itself.
    lightness = _lightness(1, 256, 288)
    assert connect().predict_ab(lightness).shape[0] == 1
    assert network.asked == [lightness.shape] * 3


@pytest.mark.parametrize(("code", "asked"), [("UNAVAILABLE", 5), ("INTERNAL", 1)])
def test_a_server_that_stays_busy_and_one_that_is_broken(connect, network, code, asked):
    network.failures = [network.failure(code, "not now") for _ in range(9)]
    with pytest.raises(ServerError, match="model tiny: .*not now"):
        connect().predict_ab(GREY)
    assert len(network.asked) == asked


def test_a_network_of_another_kind(connect, network):
    for name, shape, value, reason in (
        ("probabilities", (1, 7), 1.0, "expected ab .1, h, w, 2., received shape"),
        ("ab", (1, 8, 8, 3), 1.0, "received shape .1, 8, 8, 3."),
        ("ab", (1, 8, 8, 2), np.nan, "finite"),
    ):
        output = {name: np.full(shape, value, "float32")}
        network.signature = lambda lightness, output=output: output
        with pytest.raises(ServerError, match=reason):
            connect().predict_ab(GREY)
    if connect().protocol == "rest":
        network.signature = lambda lightness: {"ab": np.array(["a", "b"])}
        with pytest.raises(ServerError, match="expected JSON"):
            connect().predict_ab(GREY)
    with pytest.raises(ServerError, match="model other: .*Servable not found"):
        connect(model="other").predict_ab(GREY)


def test_the_time_is_kept(connect, network):
    network.delay = 2.0
    started = time.monotonic()
    with pytest.raises(ServerError, match="DEADLINE_EXCEEDED|timed out"):
        connect(timeout=0.2).predict_ab(GREY)
    assert time.monotonic() - started < 1.5


def test_a_server_out_of_reach(quick):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    for address in (f"127.0.0.1:{port}", f"http://127.0.0.1:{port}"):
        reason = f"127.0.0.1:{port}, model tiny: .*refused"
        with Client(address, "tiny") as client, pytest.raises(ServerError, match=reason):
            client.predict_ab(GREY)


def test_messages_stay_below_the_limit(connect, network, colorizer):
    client, lightness = connect(), _lightness(5, 32, 64)
    expected = colorizer.saturation * np.asarray(colorizer.predict_ab(lightness))
    np.testing.assert_allclose(client.predict_ab(lightness), expected, atol=2e-3)
    limit = int(2.5 * 2 * 32 * 64 * client.transport.bytes_per_value)
    network.asked.clear()
    ab = connect(max_message_bytes=limit).predict_ab(lightness)
    np.testing.assert_allclose(ab, expected, atol=2e-3)
    assert network.asked == [(2, 32, 64, 1), (2, 32, 64, 1), (1, 32, 64, 1)]
    with pytest.raises(ValueError, match="smaller working size"):
        connect(max_message_bytes=limit // 3).predict_ab(lightness)


def test_large_answers(connect, network):
    """More than the 4 MiB that gRPC takes by itself, and more than the limit."""
    network.signature = lambda lightness: {"ab": np.zeros((1, 600, 900, 2), "float32")}
    assert connect().predict_ab(GREY).shape == (1, 600, 900, 2)
    with pytest.raises(ServerError, match="larger than max|received more"):
        connect(max_message_bytes=4_000_000).predict_ab(GREY)
    assert len(network.asked) == 2


def test_versions_labels_and_headers(connect, network):
    for options in ({}, {"version": 7}, {"label": "canary"}):
        connect(**options, headers={"authorization": "Bearer x"}).predict_ab(GREY)
    assert network.specs == [("tiny", None, None), ("tiny", 7, None), ("tiny", None, "canary")]
    assert [headers["authorization"] for headers in network.headers] == ["Bearer x"] * 3


def test_encryption(start, network, quick):
    network.reset()
    address = start(secure=True)
    with Client(address, "tiny", certificate=CERTIFICATE) as client:
        assert client.predict_ab(GREY).shape == (1, 8, 8, 2)
    with Client(address, "tiny", tls=True, timeout=2.0) as client, pytest.raises(ServerError):
        client.predict_ab(GREY)


def test_addresses_and_wrong_arguments():
    for options, message in (
        ({"address": "here"}, "host:port for gRPC"),
        ({"address": "ftp://c"}, "http"),
        ({"address": "http://"}, "http"),
        ({"protocol": "soap"}, "protocol among grpc and rest"),
        ({"model": ""}, "name of a network"),
        ({"version": 1, "label": "x"}, "a version or a label"),
        ({"timeout": 0}, "timeout above 0"),
    ):
        with pytest.raises(ValueError, match=message):
            Client(**{"address": "localhost:8500", "model": "tiny"} | options)
    grpc, rest = ("localhost:8500", "[::1]:8500"), ("localhost:8501", "http://a/b", "https://[::1]")
    for address in grpc + rest:
        with Client(address, "tiny") as client:
            assert type(client.transport).__name__.startswith("Grpc" if address in grpc else "Rest")


def test_without_the_extra(monkeypatch):
    for module, address in (("rpc", "localhost:8500"), ("rest", "localhost:8501")):
        monkeypatch.setitem(sys.modules, f"keras_colorize.serving.{module}", None)
        with pytest.raises(ImportError, match=r"keras-colorize\[serving\]"):
            Client(address, "tiny")
