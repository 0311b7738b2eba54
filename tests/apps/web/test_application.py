"""The page as a web server, asked by plain HTTP for what no browser would ask."""

import json
import os
import re
import socket
import urllib.parse
import urllib.request

import pytest

pytest.importorskip("gradio", reason="gradio is not installed; `make test-web` installs it")

# Other people's packages warn of each other.
pytestmark = pytest.mark.filterwarnings("ignore")

SECRET = "a secret of this machine"


def file_data(path, **fields):
    """What gradio's parts send in place of a file."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}, **fields}


@pytest.fixture
def visitor(visit, capfd):
    """A visitor who leaves no traceback in the log of the server."""
    yield visit()
    assert "Traceback" not in capfd.readouterr().err


@pytest.fixture
def hostile(visitor, visit, upload, tmp_path, live):
    """Paths of what a visitor must not get, by name; each exists, as far as it can."""
    (tmp_path / "secret.txt").write_text(SECRET)
    picture = upload("private.jpg")
    own = visitor.upload("own.jpg", picture.read_bytes())
    folder, name = os.path.split(own)
    link, pipe = f"{folder}/link.jpg", f"{folder}/pipe.jpg"
    os.symlink(picture, link)
    os.mkfifo(pipe)
    os.symlink(os.path.dirname(picture), f"{folder}/linked")
    other = visit()
    theirs = other.upload("theirs.jpg", picture.read_bytes())
    other.send(other.event("add", "upload", {"add": [file_data(theirs)]}))
    again = other.upload("theirs.jpg", picture.read_bytes())
    kept = next(str(path) for path in live[1].rglob("original*"))
    return {
        "picture": str(picture),
        "text": str(tmp_path / "secret.txt"),
        "process": "/proc/self/environ",
        "descriptor": "/proc/self/fd/0",
        "zeros": "/dev/zero",
        "stdin": "/dev/stdin",
        "up": f"{folder}/../../../../../../..{picture}",
        "up and back": f"{folder}/../{os.path.basename(folder)}/{name}",
        "double": own.replace("/uploads/", "//uploads/"),
        "link": link,
        "pipe": pipe,
        "through a link": f"{folder}/linked/private.jpg",
        "folder": folder,
        "uploaded by another": again,
        "kept of another": kept,
        "relative": os.path.relpath(picture),
        "nothing": "",
        "zero byte": f"{own}\0.txt",
        "address": "http://127.0.0.1:9/private.jpg",
        "file address": f"file://{picture}",
    }


def test_uploads_are_colorized_and_errors_hold_no_bytes_of_them(visitor, upload):
    contents = {"a.jpg": upload("a.jpg").read_bytes(), "../../b.jpg": SECRET.encode()}
    files = [file_data(visitor.upload(*item)) for item in contents.items()]
    status, text = visitor.send(visitor.event("add", "upload", {"add": files}))
    assert (status, '"success":true' in text) == (200, True)
    assert "b.jpg: expected a photograph" in text
    assert SECRET[:5] not in text
    shown = set(re.findall(r"/gradio_api/(file=[^\"]+)", text))
    assert len(shown) >= 3
    for path in shown:
        assert visitor.ask(f"/gradio_api/{path}")[0] == 200
    palette = file_data(visitor.upload("palette.jpg", contents["a.jpg"]))
    more = {"add": [file_data(visitor.upload("c.png", contents["a.jpg"]))]}
    for body, expected in (
        (visitor.event("marked", "select", event_data={"index": [3, 4]}), "#b08060 at 3, 4"),
        (visitor.event("undo", "click"), "click on the picture"),
        (visitor.event("palette", "upload", {"palette": palette}), "shown-"),
        (visitor.event("add", "upload", more), "c.png"),
        (visitor.event("gallery", "select", event_data={"index": 0}), "shown-"),
        (visitor.event("decoder", "change"), '"success":true'),
        (visitor.event("make", "click"), "all as ZIP"),
    ):
        status, text = visitor.send(body)
        assert status == 200
        assert expected in text, body
    (address,) = set(re.findall(r"download/[^/]+/a.jpg", text))
    assert visitor.ask(f"/{address}")[0] == 200
    assert '"success":true' in visitor.send(visitor.event("remove", "click"))[1]
    assert visitor.ask(f"/{address}")[0] == 404


def test_no_event_takes_a_path_that_is_not_an_upload_of_its_visitor(visitor, hostile):
    for what, path in hostile.items():
        for part in ("add", "palette"):
            value = file_data(path, orig_name="a.jpg", size=1, url=path)
            value = [value] if part == "add" else value
            status, text = visitor.send(visitor.event(part, "upload", {part: value}))
            assert status == 403, (what, part, text)
            assert path == "" or path not in text


def test_no_part_of_any_event_takes_a_file_in_place_of_its_value(visitor, hostile):
    paths, tried = (hostile["text"], hostile["zeros"], visitor.upload("a.jpg", b"")), 0
    for (part, kind), event in visitor.events.items():
        for number, source in enumerate(event["inputs"]):
            takes_uploads = visitor.parts[source].get("elem_id") in ("add", "palette")
            for path in paths[:2] if takes_uploads else paths:
                for value in (file_data(path), [file_data(path)], {"value": file_data(path)}):
                    body = visitor.event(part, kind, event_data={"index": 0, "value": value})
                    body["data"][number] = value
                    status, text = visitor.send(body)
                    assert status in (403, 422), (part, kind, number, value, text)
                    assert SECRET not in text
                    tried += 1
    assert tried > 500


def test_files_are_given_to_their_visitor_alone(visitor, hostile):
    for what, path in hostile.items():
        for route in ("/gradio_api/file=", "/gradio_api/file/", "/file=", "/gradio_api/proxy="):
            status, text = visitor.ask(route + urllib.parse.quote(path))
            assert status in (403, 404), (what, route)
            assert SECRET not in text


def test_what_the_page_does_not_use_is_not_there(visitor):
    for path in (
        f"/gradio_api/deep_link?session_hash={visitor.session}",
        *("/docs", "/openapi.json", "/gradio_api/openapi.json", "/gradio_api/runs", "/svelte/x.js"),
        *("/monitoring", "/monitoring/summary", "/login", "/pwa_icon", "/custom_component/1/a/b/c"),
        *("/download/x/a.jpg", "/download/a.jpg", "/gradio_api/upload", "/gradio_api/queue/status"),
    ):
        assert visitor.ask(path)[0] == 404, path
    for climb in ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "/", "..\\" * 12):
        for route in ("/assets/", "/static/", "/gradio_api/file=", "/download/"):
            status, text = visitor.ask(f"{route}{climb}etc/passwd")
            assert status in (400, 403, 404), (route, climb)
            assert "root:" not in text
    body = json.dumps(visitor.event("add", "upload")).encode()
    for path in (
        *("/gradio_api/run/predict", "/gradio_api/api/add", "/gradio_api/call/add", "/config", "/"),
        *("/gradio_api/call/v2/add", "/gradio_api/stream/x", "/gradio_api/component_server"),
        *("/gradio_api/process_recording", "/gradio_api/vibe-edit/", "/gradio_api/reset"),
        *("/gradio_api/cancel", "/gradio_api/queue/data", "/gradio_api/run-history/connect"),
    ):
        status, _ = visitor.ask(path, body, {"Content-Type": "application/json"})
        assert status == 404, path
    for method in ("PUT", "DELETE", "OPTIONS", "TRACE"):
        assert visitor.ask("/gradio_api/upload", method=method)[0] == 404
    status, text = visitor.ask("/?deep_link=../../state&__theme=dark")
    assert (status, '"deep_link_state":"none"' in text.replace(" ", "")) == (200, True)


def test_another_visitor_is_kept_out_of_a_session(visitor, visit):
    other = visit()
    assert visitor.send(visitor.event("saturation", "release"))[0] == 200
    body = json.dumps(visitor.event("saturation", "release")).encode()
    visitor.ask("/gradio_api/queue/join", body, {"Content-Type": "application/json"})
    assert other.ask(f"/gradio_api/queue/data?session_hash={visitor.session}")[0] == 404
    assert other.ask("/gradio_api/queue/data")[0] == 404
    status, text = visit().ask("/gradio_api/queue/join", body, {"Cookie": "keras-colorize=short"})
    assert (status, "cookie" in text) == (403, True)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, 200),
        ({"Origin": "http://127.0.0.1:80"}, 200),
        ({"Host": "photos.example"}, 421),
        ({"Host": "[::1"}, 421),
        ({"Origin": "https://photos.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://127.0.0.1.photos.example"}, 403),
        ({"Host": "photos.example", "Origin": "http://photos.example"}, 421),
    ],
)
def test_forged_hosts_and_origins(visitor, headers, expected):
    assert visitor.ask("/config", headers=headers)[0] == expected
    assert visitor.send(visitor.event("saturation", "release"), headers)[0] == expected


def test_arguments_of_wrong_kinds_are_refused(visitor):
    good = visitor.event("saturation", "release")
    wrong = [b"", b"{", b"null", b"[1]", b'"x"', b"\xff\xfe", b"[" * 100_000]
    values = (None, True, "x", -1, 1.5, 10**30, float("nan"), [], {})
    wrong += [{**good, name: value} for name in ("fn_index", "data") for value in values]
    tokens = (None, True, -1, [], {}, "../x", "a/b", "a b", "x" * 99, "é")
    wrong += [{**good, "session_hash": value} for value in tokens]
    wrong += [{**good, "data": good["data"][:-1]}, {**good, "data": [*good["data"], None]}]
    for number in range(len(good["data"])):
        for value in (None, True, "x", -1e9, float("nan"), 10**400, [1], {"a": 1}):
            data = [*good["data"]]
            data[number] = value
            wrong.append({**good, "data": data})
    for value in (None, 5, {}, *({"index": index} for index in ("a", [1, 2, 3], -1, True, 1e9))):
        wrong.append(visitor.event("gallery", "select", event_data=value))
        wrong.append(visitor.event("marked", "select", event_data=value))
    for body in wrong:
        status, text = visitor.send(body)
        assert status in (403, 422), (body, text)
    assert visitor.send(b" " * (2**20 + 1))[0] == 413
    for name, value in (("seed", 1.5), ("working-size", 64.5), ("seed", "3")):
        assert visitor.send(visitor.event("saturation", "release", {name: value}))[0] == 422
    harmless = {"trigger_id": "x", "event_data": [3], "batched": True, "event_id": 7, "more": 1}
    assert visitor.send({**good, **harmless})[0] == 200


def test_events_that_come_too_early_are_answered_with_a_sentence(visitor):
    place = {"index": [3, 4], "value": None}
    events = [visitor.event(part, "select", event_data=place) for part in ("marked", "gallery")]
    for event in (*events, visitor.event("gallery", "select", event_data={"index": 7})):
        status, text = visitor.send(event)
        assert (status, '"error":"Expected' in text) == (200, True), (event, text)


def test_forms_that_are_none(visitor):
    form = "multipart/form-data; boundary=x"
    text = b'--x\r\nContent-Disposition: form-data; name="files"\r\n\r\nletter\r\n--x--\r\n'
    for kind, body in (
        ("text/plain", b"x"),
        ("multipart/form-data", b"x"),
        (form, b"x"),
        (form, text),
        (form, text.replace(b'; name="files"', b"")),
    ):
        for path in ("/gradio_api/upload", "/gradio_api/upload?upload_id=u1"):
            assert visitor.ask(path, body, {"Content-Type": kind})[0] == 400, (kind, body)
    large = text.replace(b'"files"', b'"files"; filename="a.jpg"').replace(
        b"letter", bytes(300_000)
    )
    assert visitor.ask("/gradio_api/upload", large, {"Content-Type": form})[0] == 413
    for name in ("../../a.jpg", "a/../../b.jpg", "state.json", "x" * 300 + ".jpg"):
        assert "/uploads/" in os.path.realpath(visitor.upload(name, b"x"))


def test_the_browser_is_told_to_load_nothing_from_elsewhere(live):
    with urllib.request.urlopen(live[0]) as answer:
        policy, cookie = map(answer.headers.get, ("Content-Security-Policy", "Set-Cookie"))
    assert policy.startswith("default-src 'self';")
    assert not any(word.startswith("http") for word in policy.split())
    assert cookie.endswith("; Path=/; HttpOnly; SameSite=Lax")


def test_a_port_that_is_taken():
    from keras_colorize.apps.web import serve

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"127.0.0.1:{port}: expected a free port"):
            serve(None, port=port)
    with pytest.raises(ValueError, match="expected a free port of this machine"):
        serve(None, host="203.0.113.7", port=0)


def test_names_of_the_page():
    from keras_colorize.apps.web.application import page_names

    own = {"localhost", "127.0.0.1", "::1"}
    assert page_names("127.0.0.1", "") == page_names("localhost", "/") == own | {None}
    assert page_names("::1", "https://photos.example") == own | {"photos.example"}
    for host, root_path in (("127.0.0.1", "/color"), ("0.0.0.0", ""), ("photos.example", "")):
        assert page_names(host, root_path) is None
