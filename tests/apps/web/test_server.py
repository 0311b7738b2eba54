"""The page as a web server, without a browser."""

import socket
import urllib.error
import urllib.request

import pytest

pytest.importorskip("gradio", reason="gradio is not installed; `make test-web` installs it")

# Other people's packages warn of each other.
pytestmark = pytest.mark.filterwarnings("ignore")


def test_the_browser_is_told_to_load_nothing_from_elsewhere(live):
    with urllib.request.urlopen(live[0]) as answer:
        page = answer.read().decode()
        policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert not any(word.startswith("http") for word in policy.split())
    assert "<title>" in page or "gradio_config" in page


@pytest.mark.parametrize("path", ["/download/x/a.jpg", "/download/a.jpg", "/docs"])
def test_what_is_not_there(live, path):
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(live[0] + path)
    caught.value.close()
    assert caught.value.code == 404


def test_files_of_the_machine_are_not_given_out(live, tmp_path):
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    for path in (secret, live[1], "/etc/hostname"):
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{live[0]}/gradio_api/file={path}")
        caught.value.close()
        assert caught.value.code in (403, 404)


def test_the_server_refuses_what_is_too_large_by_itself(live):
    head = '--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
    body = head.encode() + bytes(300_000) + b"\r\n--x--\r\n"
    kind = {"Content-Type": "multipart/form-data; boundary=x"}
    request = urllib.request.Request(f"{live[0]}/gradio_api/upload", body, kind)
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request)
    caught.value.close()
    assert caught.value.code == 413


def test_a_port_that_is_taken():
    from keras_colorize.apps.web.server import listen

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"127.0.0.1:{port}: expected a free port"):
            listen("127.0.0.1", port)
    with pytest.raises(ValueError, match="expected a free port of this machine"):
        listen("203.0.113.7", 0)
