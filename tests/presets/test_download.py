"""Published files from a server on this machine, which does what servers and disks do wrong."""

import dataclasses
import hashlib
import http.server
import re
import shutil
import threading
import types

import numpy as np
import pytest
from PIL import Image

from keras_colorize import PresetError, cli
from keras_colorize.presets import download, find_preset, load_preset
from keras_colorize.presets.layouts import LAYOUTS
from keras_colorize.presets.weights import build_network
from .test_published import formula, save, shapes_of

CONTENT = bytes(range(256)) * 9000  # more than two megabytes


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers to GET with `server.content`, as the attributes of the server say."""

    def do_GET(self):  # noqa: N802
        """Sends the file, or the part of it that is asked for."""
        server, wanted = self.server, self.headers.get("Range")
        server.asked.append(wanted)
        start = int(re.search(r"\d+", wanted)[0]) if wanted and server.resumes else 0
        whole = start >= len(server.content)
        self.send_response(server.status or (416 if whole else 206 if start else 200))
        body = b"" if whole else server.content[start:]
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body[: server.breaks_after])

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def server(monkeypatch, tmp_path):
    """A server of one file, which `PUBLISHED` has as `eccv16_release`, and an empty cache."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.content, server.status, server.resumes, server.breaks_after = CONTENT, 0, True, None
        server.asked = []

        def publish(content):
            server.content = content
            file = download.PUBLISHED["eccv16_release"]
            url = f"http://127.0.0.1:{server.server_port}/{file.stem}.pth"
            file = dataclasses.replace(
                file, url=url, sha256=hashlib.sha256(content).hexdigest()[:8]
            )
            monkeypatch.setitem(download.PUBLISHED, "eccv16_release", file)
            return file

        server.publish = publish
        monkeypatch.setenv(download.CACHE, str(tmp_path / "cache"))
        threading.Thread(target=server.serve_forever, args=(0.01,)).start()
        yield server
        server.shutdown()


def test_an_interrupted_download_goes_on(server, tmp_path):
    file, path, said = server.publish(CONTENT), tmp_path / "new" / "a.pth", []
    server.breaks_after = 10**6 + 5
    with pytest.raises(PresetError, match="a broken one; the same command goes on"):
        download.download(file, path)
    server.breaks_after = None
    download.download(file, path, lambda *done: said.append(done))
    assert server.asked == [None, "bytes=1000000-"]
    assert path.read_bytes() == CONTENT
    assert said == [(2, 2), (2, 2)]
    # A file that came as a whole, and a server that sends all of it again.
    for begun, resumes in ((len(CONTENT), True), (1000, False)):
        path.rename(f"{path}.part")
        with open(f"{path}.part", "r+b") as part:
            part.truncate(begun)
        server.resumes = resumes
        download.download(file, path)
        assert path.read_bytes() == CONTENT
    assert [one.name for one in path.parent.iterdir()] == ["a.pth"]


def test_what_goes_wrong_is_said_in_a_line_and_leaves_nothing(server, tmp_path, monkeypatch):
    file, folder = server.publish(CONTENT), tmp_path / "cache"

    def refused(message, path=folder / "a.pth", file=file):
        with pytest.raises(PresetError, match=message) as refusal:
            download.download(file, path)
        assert "\n" not in str(refusal.value)
        assert list(tmp_path.rglob("*.pth*")) == []

    server.status = 404
    refused("Expected 129 MB, received HTTP 404")
    server.status, server.content = 0, CONTENT[1:]
    refused("received [0-9a-f]{64}: it is not kept")
    refused("no connection", file=dataclasses.replace(file, url="http://127.0.0.1:9/a.pth"))
    (tmp_path / "file").touch()
    refused("a file that can be written", tmp_path / "file" / "a.pth")
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: types.SimpleNamespace(free=5e6))
        refused("Expected 206 MB free, received 5")


def test_the_command_fetches_what_is_asked_for_by_name_and_once(
    server, tmp_path, monkeypatch, capsys
):
    published = LAYOUTS["eccv16_release"]
    config = dataclasses.replace(published.config, arguments={"width": 1 / 16}, working_size=64)
    narrow = dataclasses.replace(published, config=config, tell=(published.tell[0], (4, 1, 3, 3)))
    monkeypatch.setitem(LAYOUTS, "eccv16_release", narrow)
    state = formula(shapes_of(build_network(config), narrow))
    server.publish(save(state, tmp_path / "small.pth").read_bytes())
    with pytest.raises(PresetError, match="`keras-colorize import eccv16_release` first"):
        find_preset("eccv16_release")
    assert server.asked == []
    words = ["import", "colorization_release_v2-9b330a0b.pth", "--check"]
    assert cli.main(words) == 0
    said = capsys.readouterr()
    assert "eccv16_release: 129 MB from http://127.0.0.1" in said.err
    assert (
        "BSD-2-Clause, by Zhang, Isola and Efros, Colorful Image Colorization, ECCV 2016"
        in said.err
    )
    assert "Published: people took its colors for true ones in 32 %" in said.out
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["eccv16_release"]
    model, config = load_preset("eccv16_release")
    kernel, expected = model.get_layer("ab_logits").kernel, state["model8.6.weight"][..., 0, 0].T
    np.testing.assert_array_equal(kernel[0, 0], expected.astype("float16"))
    photograph = str(tmp_path / "cache" / "grey.png")
    Image.new("L", (32, 32), 99).save(photograph)
    words = ["colorize", photograph, "-o", f"{photograph}.png", "--preset", "eccv16_release"]
    assert cli.main(words) == 0
    assert len(server.asked) == 1
    assert cli.main(["import", "nothing"]) == 2
    assert "received no such file: nothing" in capsys.readouterr().err
