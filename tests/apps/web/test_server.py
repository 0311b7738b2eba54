"""The page as a web server, asked by plain HTTP for what no browser would ask."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_colorize.apps.web import Limits, serve
from keras_colorize.apps.web.server import PageServer, check_connection, page_names

SECRET = "a secret of this machine"


@pytest.fixture
def visitor(visit, capfd):
    """A visitor who leaves no traceback in the log of the server."""
    yield visit()
    assert "Traceback" not in capfd.readouterr().err


def finish(visitor, **options):
    """The lines of progress of full-size pictures."""
    body = json.dumps({"options": options})
    status, text = visitor.ask("POST", f"/{visitor.tab}/finish", body)
    assert status == 200, text
    return [json.loads(line) for line in text.splitlines()]


def test_from_uploads_to_results(visitor, photograph):
    assert visitor.change()[1] == {"photos": [], "shown": 0}
    names = ("one%20%26%20100%25.jpg", "b.png")
    for name in names:
        assert visitor.add(name, photograph(name)) == (200, {})
    status, fault = visitor.add("c.jpg", SECRET.encode())
    assert status == 422
    assert fault["error"].startswith("c.jpg: expected a photograph")
    assert SECRET[:5] not in fault["error"]
    status, state = visitor.change("choose", 1, saturation=1.5)
    assert (status, state["shown"], len(state["photos"]), state["hints"]) == (200, 1, 2, [])
    assert [photo["name"] for photo in state["photos"]] == ["one & 100%.jpg", "b.png"]
    _, hinted = visitor.change("hint", [0.5, 0.25, "#b08060"])
    assert hinted["hints"] == [[0.5, 0.25, "#b08060"]]
    assert visitor.change("undo")[1]["hints"] == []
    assert visitor.add("p.jpg", photograph("p.jpg"), act="palette") == (200, {})
    assert visitor.change("look", refine="mrf", decoder="sample", seed=3)[0] == 200
    _, state = visitor.change("plain")
    assert state["photos"][0]["after"] is None
    _, state = visitor.change("color", 0)
    assert state["shown"] == 1
    for url in (state["photos"][0]["url"], *(photo["after"] for photo in state["photos"])):
        status, content, headers = visitor.ask("GET", f"/{url}", whole=True)
        assert (status, content[:2], headers["Content-Type"]) == (200, b"\xff\xd8", "image/jpeg")
    *_, last = finish(visitor)
    assert [one["name"] for one in last["results"]] == ["one & 100%.jpg", "b.png"]
    for url in (*(one["url"] for one in last["results"]), last["archive"]):
        status, _, headers = visitor.ask("GET", f"/{url}", whole=True)
        assert (status, headers["Content-Disposition"][:10]) == (200, "attachment")
    assert visitor.change("remove")[1]["photos"] == []
    assert visitor.ask("GET", f"/{url}")[0] == 404


def test_a_program_gets_a_photograph_back_and_leaves_nothing(visitor, live, photograph):
    visitor.cookie, size = "", (40, 60)
    address = "/colorize?name=a.tif&preset=tiny&saturation=0&decoder=mean"
    status, content, headers = visitor.ask("POST", address, photograph("a.tif", size), whole=True)
    assert (status, headers["Content-Type"]) == (200, "image/tiff")
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image).astype(int)
    assert (pixels.shape, np.ptp(pixels, axis=-1).max()) == ((*size, 3), 0)
    for words, body, said in (
        ("preset=vivid", photograph("a.jpg"), "a preset of the page"),
        ("colour=red", photograph("a.jpg"), "options among"),
        ("saturation=9", photograph("a.jpg"), "the control saturation"),
        ("name=a.jpg", SECRET.encode(), "a.jpg: expected a photograph"),
    ):
        status, text = visitor.ask("POST", f"/colorize?{words}", body)
        assert (status, said in json.loads(text)["error"]) == (422, True)
    assert not [path for path in live.sessions.folder.rglob("*") if path.is_file()]


def test_a_photograph_that_fails_is_named_and_the_rest_goes_on(visitor, live, photograph):
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        visitor.add(name, photograph(name))
    bad = live.sessions.get(visitor.key).photos[1]
    bad.path.write_bytes(b"gone")
    lines = finish(visitor)
    assert [len(line["results"]) for line in lines] == [1, 2, 3, 3]
    done = [bool(one["url"]) for one in lines[-1]["results"]]
    assert (done, lines[-1]["results"][1]["name"]) == ([True, False, True], "b.jpg")
    assert lines[-1]["archive"]


def test_files_are_given_to_their_visitor_alone(visitor, visit, live, photograph, tmp_path):
    visitor.add("a.jpg", photograph("a.jpg"))
    url = visitor.change()[1]["photos"][0]["after"]
    assert visitor.ask("GET", f"/{url}")[0] == 200
    for cookie in ("", "keras-colorize=short", f"keras-colorize={'b' * 43}"):
        assert visitor.ask("GET", f"/{url}", Cookie=cookie)[0] in (403, 404)
    assert visit().ask("GET", f"/{url}")[0] == 404
    assert visit(tab="tab2").ask("GET", f"/{url}")[0] == 404
    (private := tmp_path / "private.jpg").write_text(SECRET)
    one = live.sessions.get(visitor.key)
    folder = one.photos[0].path.parent
    (folder / "link.jpg").symlink_to(private)
    (one.folder / "linked").symlink_to(tmp_path)
    (folder / "self").symlink_to(folder)
    os.mkfifo(folder / "pipe")
    kept = f"/tab1/files/{folder.name}"
    climb = "..%2f" * 8
    names = f"link.jpg pipe .. missing a%00.jpg /etc/passwd %2e%2e {private} {climb}etc%2fpasswd"
    paths = "/tab1/files/linked/private.jpg /tab1/files/../../etc/passwd /../../etc/passwd"
    paths += f" //etc/passwd http://127.0.0.1/etc/passwd /{climb}etc/passwd"
    paths += f" /tab1/files/results/{climb}etc/passwd {kept}/self/{one.photos[0].path.name}"
    for path in (*paths.split(), *(f"{kept}/{name}" for name in names.split())):
        status, text = visitor.ask("GET", path)
        assert status in (403, 404), path
        assert SECRET.encode() not in text
        assert b"root:" not in text


def test_forged_hosts_and_origins(visitor):
    body = json.dumps({"act": "look", "options": {}})
    for headers, expected in (
        ({"Origin": "http://127.0.0.1:80"}, 200),
        ({"Host": "photos.example"}, 421),
        ({"Host": "[::1"}, 421),
        ({"Origin": "https://photos.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1.photos.example"}, 403),
        ({"Host": "photos.example", "Origin": "http://photos.example"}, 421),
    ):
        for request in (("GET", "/"), ("POST", "/tab1/change", body)):
            assert visitor.ask(*request, **headers)[0] == expected, headers


def test_first_visits_get_a_cookie_and_nothing_from_elsewhere(visitor):
    *_, headers = visitor.ask("GET", "/?x", whole=True, Cookie="keras-colorize=short")
    assert headers["Set-Cookie"].endswith("; Path=/; HttpOnly; SameSite=Lax")
    status, page, headers = visitor.ask("GET", "/", whole=True)
    assert (status, "Set-Cookie" in headers) == (200, False)
    policy = headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'self';")
    assert "unsafe" not in policy
    for word in ("http:", "https:", "<script>", " style=", " onclick="):
        assert word not in policy + page.decode()


def test_what_the_page_does_not_use_is_not_there(visitor):
    for path in ("/tab1", "/tab1/change", "/config", "/page.html", "/tab1/files/", "/page.js/x"):
        assert visitor.ask("GET", path)[0] == 404, path
    paths = f"/ /page.js /tab1/remove /a%20b/change /%2e/add /{'x' * 99}/change"
    for path in paths.split():
        assert visitor.ask("POST", path, "{}")[0] == 404, path
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert visitor.ask(method, "/tab1/add")[0] == 501
    assert visitor.ask("POST", "/tab1/change", "{}", Cookie="")[0] == 403


def test_values_of_wrong_kinds_are_refused(visitor, photograph):
    visitor.add("a.jpg", photograph("a.jpg"))
    bodies = [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000, b"{}"]
    bodies += [b'{"options": {}}', b'{"act": "look", "options": 5}', b'{"act": [], "options": {}}']
    for body in bodies:
        assert visitor.ask("POST", "/tab1/change", body)[0] == 422, body
    assert visitor.ask("POST", "/tab1/change", b" " * (2**20 + 1))[0] == 413
    wrong = (None, True, "x" * 99, -1e9, float("nan"), 10**400, [1], {"a": 1}, "3", "/dev/zero")
    for name in ("working_size", "saturation", "decoder", "temperature", "seed", "refine"):
        for value in wrong:
            assert visitor.change(**{name: value})[0] == 422, (name, value)
    places = [None, 5, {}, "a", [], [0.5, 0.5], [0.5, 0.5, "red"], [1.0, 0.5, "#102030"]]
    places += [[-0.1, 0.5, "#102030"], [True, 0.5, "#102030"], [0.5, float("nan"), "#102030"]]
    for act, values in (("hint", places), ("choose", [None, -1, 1, 0.0, True, "0"])):
        for value in values:
            assert visitor.change(act, value)[0] == 422, (act, value)
    for act in ("", "add", "__init__", None):
        assert visitor.change(act)[0] == 422
    assert visitor.change()[1]["hints"] == []


def test_a_visitor_has_room_for_so_many_files_and_bytes(
    visitor, visit, live, photograph, monkeypatch
):
    small = photograph("a.jpg")
    assert visitor.add("a.jpg", bytes(300_000))[0] == 413
    for length in ("-1", "x", "1_0", ""):
        assert visitor.ask("POST", "/tab1/add", **{"Content-Length": length})[0] == 413
    assert visitor.add("a.jpg", small)[0] == 200
    monkeypatch.setattr("keras_colorize.apps.web.sessions.MOST_FILES", 2)
    assert (visitor.add("a.jpg", small)[0], visit().add("a.jpg", small)[0]) == (413, 200)
    monkeypatch.setattr("keras_colorize.apps.web.sessions.MOST_FILES", 100)
    monkeypatch.setattr("keras_colorize.apps.web.sessions.MOST_LARGEST", 0.001)
    assert visitor.add("a.jpg", small)[0] == 413


def test_an_upload_that_breaks_off_leaves_nothing(visitor, live):
    with socket.create_connection(live.server_address) as client:
        head = f"POST /tab1/add?name=a.jpg HTTP/1.0\r\nHost: 127.0.0.1\r\nCookie: {visitor.cookie}"
        client.sendall(f"{head}\r\nContent-Length: 1000\r\n\r\nhalf".encode())
        client.shutdown(socket.SHUT_WR)
        assert b"a.jpg: expected a file that arrives whole" in client.makefile("rb").read()
    assert visitor.change()[1]["photos"] == []


def test_a_port_that_is_taken(tiny_colorizer):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"127.0.0.1:{port}: Expected a free port"):
            serve({"tiny": tiny_colorizer}, port=port)
    with pytest.raises(ValueError, match="Expected a free port of this machine"):
        serve({"tiny": tiny_colorizer}, host="203.0.113.7", port=0)


def test_names_of_the_page(tiny_colorizer):
    own = {"localhost", "127.0.0.1", "::1"}
    assert page_names("127.0.0.1", "") == page_names("localhost", "/") == own | {None}
    assert page_names("::1", "https://photos.example") == own | {"photos.example"}
    for host, root_path in (("127.0.0.1", "/color"), ("0.0.0.0", ""), ("photos.example", "")):
        assert page_names(host, root_path) is None
    # Behind a proxy the cookie has its path.
    where, public = ("127.0.0.1", 0), "https://a.example/color"
    with PageServer(where, {"tiny": tiny_colorizer}, Limits(), public) as server:
        assert (server.public, server.path) == ("a.example", "/color")
        folder = server.sessions.folder
        server.sessions.get("anna")
    assert not folder.exists()


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "mine.home", "192.0.2.1", "2001:db8::1", "b"])
def test_this_machine_alone_may_be_reached(host):
    here = host in ("127.0.0.1", "::1", "mine.home")
    number = host in ("192.0.2.1", "2001:db8::1")
    for event, values in (
        ("socket.connect", (None, (host, 80))),
        ("socket.sendto", (None, (host, 53))),
        ("socket.getaddrinfo", (host, 80, 0, 0, 0)),
        ("socket.gethostbyname", (host.encode(),)),
    ):
        # To look up a number asks nobody.
        if here or (number and event.startswith("socket.get")):
            check_connection(event, values, ("mine.home",))
        else:
            with pytest.raises(PermissionError, match="no connection to another machine"):
                check_connection(event, values, ("mine.home",))
    for event, values in (
        ("socket.connect", (None, "/run/some.socket")),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("open", (host, "r", 0)),
    ):
        check_connection(event, values)


def test_a_process_that_is_told_to_end_removes_its_files_and_stays_offline(tiny_preset, tmp_path):
    # A process of its own, as the guard of the network lasts.
    program = (
        "import socket, sys, types\n"
        "from keras_colorize.apps.web import serve\n"
        "from keras_colorize import Colorizer\n"
        "def started(address):\n"
        "    try: socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
        "    except PermissionError as error: print(error, flush=True)\n"
        "serve({'tiny': Colorizer.from_preset(sys.argv[1])}, port=0, on_start=started)\n"
    )
    words = [sys.executable, "-c", program, str(tiny_preset)]
    root = {"TMPDIR": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[3])}
    pipe = {"stdout": subprocess.PIPE, "text": True, "env": {**os.environ, **root}}
    with subprocess.Popen(words, **pipe) as process:
        line = process.stdout.readline()
        assert line == "Expected no connection to another machine, tried '192.0.2.1'.\n"
        assert len(list(tmp_path.glob("keras-colorize-*"))) == 1
        time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0
    assert not list(tmp_path.glob("keras-colorize-*"))


def test_what_is_old_is_swept(live, monkeypatch):
    swept = []
    stand_in = types.SimpleNamespace(sweep=lambda: swept.append(1), close=lambda: None)
    monkeypatch.setattr(live, "sessions", stand_in)
    monkeypatch.setattr(live, "_swept", time.monotonic() - 61)
    deadline = time.monotonic() + 10
    while not swept and time.monotonic() < deadline:
        time.sleep(0.02)
    assert swept == [1]
