"""The page as a web server, asked by plain HTTP for what no browser would ask."""

import json
import os
import re
import socket

import pytest

pytest.importorskip("gradio", reason="gradio is not installed; `make test-web` installs it")

# Other people's packages warn of each other.
pytestmark = pytest.mark.filterwarnings("ignore")

SECRET = "a secret of this machine"


def file_data(path):
    """What gradio's parts send in place of a file."""
    return {"path": str(path), "meta": {"_type": "gradio.FileData"}}


@pytest.fixture
def visitor(visit, capfd):
    """A visitor who leaves no traceback in the log of the server."""
    yield visit()
    assert "Traceback" not in capfd.readouterr().err


def test_uploads_are_colorized_and_errors_hold_no_bytes_of_them(visitor, upload):
    place = {"event_data": {"index": [3, 4]}}
    for part in ("marked", "gallery"):
        status, text = visitor.send(visitor.event(part, "select", **place))
        assert (status, '"error":"Expected' in text) == (200, True)
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
        (visitor.event("marked", "select", **place), "#b08060 at 3, 4"),
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


def test_no_part_of_any_event_takes_a_file_in_place_of_its_value(visitor, visit, tmp_path):
    (tmp_path / "secret.txt").write_text(SECRET)
    paths, tried = (tmp_path / "secret.txt", "/dev/zero", visit().upload("a.jpg", b"")), 0
    own = visitor.upload("a.jpg", b"")
    for (part, kind), event in visitor.events.items():
        for number, source in enumerate(event["inputs"]):
            takes_uploads = visitor.parts[source].get("elem_id") in ("add", "palette")
            for path in paths if takes_uploads else (*paths, own):
                for value in (file_data(path), [file_data(path)], {"value": file_data(path)}):
                    body = visitor.event(part, kind, event_data={"index": 0, "value": value})
                    body["data"][number] = value
                    status, text = visitor.send(body)
                    assert status in (403, 422), (part, kind, number, value, text)
                    assert SECRET not in text
                    tried += 1
    assert tried > 500


def test_paths_that_climb_lead_nowhere(visitor):
    for climb in ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "/", "..\\" * 12):
        for route in ("/assets/", "/static/", "/gradio_api/file=", "/download/"):
            status, text = visitor.ask(f"{route}{climb}etc/passwd")
            assert status in (400, 403, 404), (route, climb)
            assert "root:" not in text
    status, text = visitor.ask("/?deep_link=../../state&__theme=dark")
    assert (status, '"deep_link_state":"none"' in text.replace(" ", "")) == (200, True)


def test_another_visitor_is_kept_out_of_a_session(visitor, visit):
    other = visit()
    assert visitor.send(visitor.event("saturation", "release"))[0] == 200
    body = json.dumps(visitor.event("saturation", "release")).encode()
    visitor.ask("/gradio_api/queue/join", body, {"Content-Type": "application/json"})
    assert other.ask(f"/gradio_api/queue/data?session_hash={visitor.session}")[0] == 404


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
    for name in ("../../a.jpg", "a/../../b.jpg", "state.json", "x" * 300 + ".jpg"):
        assert "/uploads/" in os.path.realpath(visitor.upload(name, b"x"))


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
