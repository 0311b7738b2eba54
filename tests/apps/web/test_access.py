"""The door before the page, without gradio behind it, and the guard of the network."""

import json
import subprocess
import sys
from types import SimpleNamespace
from urllib.parse import quote

import pytest

from keras_colorize.apps.web.access import COOKIE, Access, check_connection
from keras_colorize.apps.web.sessions import Limits


def part(kind, **fields):
    return SimpleNamespace(get_block_name=lambda: kind, **fields)


PARTS = [
    part("file", file_count="multiple"),
    part("slider", minimum=0, maximum=2, step=0.5),
    part("slider", minimum=0, maximum=9, step=1),
    part("radio", choices=[("Off", "none")]),
    part("colorpicker"),
]
GOOD = {"fn_index": 4, "session_hash": "tab", "data": [None, 1.5, 2, "none", "#102030"]}


@pytest.fixture
def ask(sessions):
    """`ask(method, path, ...)`: status, what the application behind was asked, and the answer."""

    async def behind(scope, receive, send):
        body = (await receive())["body"]
        asked.append((scope["path"], scope["query_string"].decode(), body))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    asked = []
    access = Access(behind, sessions, {4: (PARTS, False)}, lambda name: name.endswith("tab"))

    def call(method, path, body=b"", cookie="a" * 43, **headers):
        sent, (path, _, query) = [], path.partition("?")
        headers = {"host": "127.0.0.1", "cookie": f"other=1; {COOKIE}={cookie}", **headers}
        lines = [(name.encode(), text.encode()) for name, text in headers.items()]
        scope = {"type": "http", "method": method, "path": path, "headers": lines}
        parts = [{"body": body[:9], "more_body": True}, {"body": body[9:]}]

        async def receive():
            return {"type": "http.request", **parts.pop(0)}

        async def send(message):
            sent.append(message)

        asked.clear()
        answer = access({**scope, "query_string": query.encode()}, receive, send)
        # Nothing here waits for anything, so no event loop is needed.
        with pytest.raises(StopIteration):
            answer.send(None)
        return sent[0]["status"], asked[0] if asked else None, sent

    return call


def join(ask, **changed):
    return ask("POST", "/gradio_api/queue/join", json.dumps({**GOOD, **changed}).encode())[:2]


@pytest.fixture
def uploads(ask, sessions):
    """Folder of the visitor."""
    _, (_, query, _), _ = ask("GET", "/gradio_api/queue/data?session_hash=tab")
    folder = sessions.folder_of(query.removeprefix("session_hash=")[:-3]) / "uploads"
    folder.mkdir(parents=True)
    return folder


def test_events_of_the_page_pass_with_the_visitor_in_their_names(ask, uploads):
    visitor = uploads.parent.name
    (uploads / "a.jpg").touch()
    file = {"path": f"{uploads}/a.jpg", "url": "http://x", "meta": {"_type": "gradio.FileData"}}
    status, (_, _, body) = join(ask, data=[[file], *GOOD["data"][1:]], batched=True)
    assert status == 200
    assert json.loads(body) == {
        **GOOD,
        "data": [[{"path": file["path"], "meta": file["meta"]}], *GOOD["data"][1:]],
        "session_hash": visitor + "tab",
        "event_data": None,
        "trigger_id": None,
    }
    assert ask("GET", "/gradio_api/heartbeat/tab")[1][0] == f"/gradio_api/heartbeat/{visitor}tab"
    address = "/gradio_api/upload?upload_id=u&x=1"
    _, (_, query, _), _ = ask("POST", address, **{"content-length": "0"})
    assert query == f"upload_id={visitor}u"


@pytest.mark.parametrize("place", range(5))
def test_paths_of_the_machine_are_refused_in_every_argument(ask, uploads, place, tmp_path):
    private, link = tmp_path / "private.jpg", uploads / "link.jpg"
    private.touch()
    link.symlink_to(private)
    for path in map(str, (private, "/dev/zero", link, f"{uploads}/x/../..")):
        for value in ({"path": path}, [{"path": path}]):
            data = [*GOOD["data"]]
            data[place] = value
            assert join(ask, data=data) in ((403, None), (422, None))


def test_a_visitor_has_room_for_so_many_files_and_bytes(ask, uploads, sessions, monkeypatch):
    def status(length, **more):
        lengths = {} if length is None else {"content-length": str(length)}
        return ask("POST", "/gradio_api/upload", **lengths, **more)[0]

    # A hundred times a hundred megabytes.
    assert (status(10**10), status(10**11)) == (200, 413)
    # The length has to be said.
    assert (status(None), status(-1)) == (413, 413)
    (uploads / "a.jpg").write_bytes(bytes(70_000))
    sessions.limits = Limits(upload_mb=0.001)
    assert (status(1000), status(40_000), status(40_000, cookie="b" * 43)) == (200, 413, 200)
    monkeypatch.setattr("keras_colorize.apps.web.sessions.MOST_FILES", 2)
    assert (status(1), status(1, cookie="b" * 43)) == (413, 200)


def test_files_are_given_to_their_visitor_alone(ask, uploads):
    (uploads / "a b.jpg").touch()
    address = f"/gradio_api/file={uploads}/a b.jpg"
    assert ask("GET", address)[0] == 200
    assert ask("GET", address, cookie="b" * 43)[:2] == (403, None)
    assert ask("GET", address, cookie="short")[:2] == (403, None)
    for path in ("/etc/hostname", quote(f"{uploads}/a b.jpg"), str(uploads), "http://127.0.0.1:1"):
        assert ask("GET", f"/gradio_api/file={path}")[:2] == (403, None)


def test_first_visits_get_a_cookie(ask):
    *_, sent = ask("GET", "/?deep_link=x", cookie="short")
    assert any(name == b"set-cookie" for name, _ in sent[0]["headers"])
    status, (_, query, _), sent = ask("GET", "/?deep_link=x")
    assert (status, query) == (200, "")
    assert not any(name == b"set-cookie" for name, _ in sent[0]["headers"])
    assert ask("GET", "/", origin="https://photos.example")[:2] == (403, None)


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


def test_a_process_that_stays_offline():
    # A process of its own, as this lasts.
    program = (
        "import socket, sys\n"
        "from keras_colorize.apps.web.access import check_connection\n"
        "sys.addaudithook(check_connection)\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "try:\n"
        "    socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
        "except PermissionError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "Expected no connection to another machine" in done.stdout
