"""The door before the page, without gradio behind it, and the guard of the network."""

import json
import os
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

    asked, events = [], {4: (PARTS, False), 5: ([], True)}

    def call(method, path, body=b"", cookie="a" * 43, hosts=None, **headers):
        access = Access(behind, sessions, events, lambda name: name and name.endswith("tab"), hosts)
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
    harmless = {"trigger_id": "x", "event_data": [3], "batched": True, "event_id": 7}
    status, (_, _, body) = join(ask, data=[[file], *GOOD["data"][1:]], **harmless)
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
    (uploads / "a.jpg").touch()
    (uploads / "linked").symlink_to(uploads)
    os.mkfifo(uploads / "pipe")
    inside = ("pipe", "linked/a.jpg", "../uploads/a.jpg", "missing", "a\0.jpg", "/a.jpg")
    inside = [f"{uploads}/{path}" for path in (*inside, f"x/../../..{private}")]
    outside = ("", "/dev/zero", f"file://{private}", *map(str, (private, link, uploads)))
    for path in (*outside, *inside):
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


def test_first_visits_get_a_cookie_and_nothing_from_elsewhere(ask):
    *_, sent = ask("GET", "/?deep_link=x", cookie="short")
    headers = dict(sent[0]["headers"])
    assert headers[b"set-cookie"].endswith(b"; Path=/; HttpOnly; SameSite=Lax")
    policy = headers[b"content-security-policy"].decode()
    assert policy.startswith("default-src 'self';")
    assert not any(word.startswith("http") for word in policy.split())
    status, (_, query, _), sent = ask("GET", "/?deep_link=x")
    assert (status, query) == (200, "")
    assert b"set-cookie" not in dict(sent[0]["headers"])


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"origin": "http://127.0.0.1:80"}, 200),
        ({"host": "photos.example"}, 421),
        ({"host": "[::1"}, 421),
        ({"origin": "https://photos.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://127.0.0.1.photos.example"}, 403),
        ({"host": "photos.example", "origin": "http://photos.example"}, 421),
    ],
)
def test_forged_hosts_and_origins(ask, headers, expected):
    body = json.dumps(GOOD).encode()
    for request in (("GET", "/config"), ("POST", "/gradio_api/queue/join", body)):
        assert ask(*request, hosts={"127.0.0.1"}, **headers)[0] == expected


def test_what_the_page_does_not_use_is_not_there(ask):
    gradio = "deep_link?session_hash=tab openapi.json runs upload queue/status file/etc/passwd "
    gradio += "proxy=http://127.0.0.1 queue/data queue/data?session_hash=other"
    for path in (
        *(f"/gradio_api/{path}" for path in gradio.split()),
        *("/docs", "/openapi.json", "/svelte/x.js", "/monitoring", "/monitoring/summary", "/login"),
        *("/pwa_icon", "/custom_component/1/a/b/c", "/file=/etc/passwd", "/download"),
    ):
        assert ask("GET", path)[:2] == (404, None), path
    posted = "run/predict api/add call/add call/v2/add stream/x component_server process_recording "
    posted += "vibe-edit/ reset cancel queue/data run-history/connect"
    for path in (*(f"/gradio_api/{path}" for path in posted.split()), "/config", "/"):
        assert ask("POST", path, b"{}")[:2] == (404, None), path
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert ask(method, "/gradio_api/upload")[:2] == (404, None)


def test_arguments_of_wrong_kinds_are_refused(ask):
    wrong = [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000]
    values = (None, True, "x", -1, 1.5, 10**30, float("nan"), [], {})
    events = [GOOD | {name: value} for name in ("fn_index", "data") for value in values]
    tokens = (None, True, -1, [], {}, "../x", "a/b", "a b", "x" * 99, "é")
    events += [GOOD | {"session_hash": value} for value in tokens]
    datas = [GOOD["data"][:-1], [*GOOD["data"], None]]
    for number in range(len(PARTS)):
        for value in (True, "x" * 99, -1e9, 1.25, float("nan"), 10**400, [1], {"a": 1}, "3"):
            if (number, value) not in ((1, 1.25), (4, "3")):
                datas.append([*GOOD["data"][:number], value, *GOOD["data"][number + 1 :]])
    events += [GOOD | {"data": data} for data in datas]
    places = (None, 5, {}, *({"index": index} for index in ("a", [1, 2, 3], -1, True, 1e9)))
    events += [GOOD | {"fn_index": 5, "data": [], "event_data": place} for place in places]
    for body in wrong + [json.dumps(event).encode() for event in events]:
        assert ask("POST", "/gradio_api/queue/join", body)[:2] in ((403, None), (422, None)), body
    assert ask("POST", "/gradio_api/queue/join", b" " * (2**20 + 1))[:2] == (413, None)


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
        "socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "Expected no connection to another machine, tried '192.0.2.1'" in done.stderr
