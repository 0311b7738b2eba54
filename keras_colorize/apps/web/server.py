"""The page as a web server: no request names a file of this machine, but one of its visitor's own.

A visitor is who has the cookie of a browser, a session one tab of it, which draws its own name.
"""

import contextlib
import hashlib
import html
import http.server
import ipaddress
import itertools
import json
import mimetypes
import os
import re
import secrets
import shutil
import signal
import socket
import socketserver
import sys
import tempfile
import time
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote, urlsplit

from keras_colorize.errors import InputError, expect, expecting
from keras_colorize.inference.batch import describe
from keras_colorize.inference.points import parse_color
from .queue import OFFERED, Queue
from .sessions import VISITOR, Limits, Sessions, own_file

COOKIE = "keras-colorize"
_SECRET = re.compile(rf"(?:^|;) *{COOKIE}=([\w-]{{43}}) *(?:;|$)", re.ASCII)
_FILE = re.compile(r"/([\w-]{1,64})/files/(\w+)/([^/\0]+)", re.ASCII)
_ACT = re.compile(r"/([\w-]{1,64})/(add|palette|change|finish|leave)", re.ASCII)
_NUMBER = re.compile(r"\d+(\.\d+)?", re.ASCII)
_STATIC = {"/": "page.html", "/page.css": "page.css", "/page.js": "page.js"}
# The browser refuses whatever does not come from this server.
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; object-src 'none'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class Refusal(Exception):
    """A request that is answered with a status and a sentence, its two arguments."""


class PageServer(socketserver.ThreadingTCPServer):
    """Serves the page to browsers; its visitors' files are removed when it is closed."""

    allow_reuse_address = daemon_threads = True

    def __init__(self, address, colorizers, limits, root_path="", hosts=None):
        public = urlsplit(root_path)
        self.public, self.path, self.hosts = public.hostname, public.path or "/", hosts
        self.queue = Queue(colorizers)
        self.sessions = Sessions(tempfile.mkdtemp(prefix="keras-colorize-"), limits)
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        super().__init__(address, _Handler)
        self._swept = time.monotonic()
        folder = Path(__file__).parent
        self.static = {path: (folder / name).read_bytes() for path, name in _STATIC.items()}
        config = json.dumps({**vars(limits), "presets": self.queue.presets()})
        config = html.escape(config).encode()
        self.static["/"] = self.static["/"].replace(b"[[config]]", config)

    def service_actions(self):
        """Sweeps once a minute; called by `serve_forever`."""
        if time.monotonic() - self._swept > 60.0:
            self._swept = time.monotonic()
            self.sessions.sweep()

    def server_close(self):
        """Closes the server and removes all files."""
        super().server_close()
        self.queue.close()
        self.sessions.close()


class _Handler(http.server.BaseHTTPRequestHandler):
    timeout, server_version, sys_version = 60.0, "keras-colorize", ""

    def do_GET(self):
        self._answer(self._get)

    def do_POST(self):
        self._answer(self._post)

    def log_message(self, *_):
        """Keeps quiet: what visitors do is nobody's business."""

    def _answer(self, act):
        host, server = _hostname(f"//{self.headers.get('Host', '')}"), self.server
        forwarded = _hostname(f"//{self.headers.get('X-Forwarded-Host', '')}")
        origin, allowed = self.headers.get("Origin"), {host, forwarded, server.public} - {None}
        secret = _SECRET.search(self.headers.get("Cookie", ""))
        # Who a folder belongs to cannot be found out from its name.
        visitor = secret and hashlib.sha256(secret[1].encode()).hexdigest()[:VISITOR]
        path, _, query = self.path.partition("?")
        try:
            is_own = server.hosts is None or host in server.hosts
            _require(is_own, 421, "Expected a name of the machine that shows this page.")
            is_own = origin is None or _hostname(origin) in allowed
            _require(is_own, 403, "Expected a request of the page itself.")
            act(visitor, unquote(path), query)
        except Refusal as refusal:
            self._send(refusal.args[0], {"error": refusal.args[1]})
        except (InputError, MemoryError) as error:
            self._send(422, {"error": describe(error)})
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def _get(self, visitor, path, _):
        if path in _STATIC:
            kind, more = mimetypes.guess_type(_STATIC[path])[0], {}
            if path == "/" and visitor is None:
                value = f"{COOKIE}={secrets.token_urlsafe(32)}; Path={self.server.path}"
                more["Set-Cookie"] = f"{value}; HttpOnly; SameSite=Lax"
            return self._send(200, self.server.static[path], f"{kind}; charset=utf-8", **more)
        session, (_, folder, name) = self._session(visitor, _FILE.fullmatch(path))
        file = own_file(f"{session.folder}/{folder}/{name}", session.folder)
        _require(file, 404, "This file was removed; please make it again.")
        with open(file, "rb") as stream:
            more = {"Content-Disposition": f"attachment; filename*=utf-8''{quote(name)}"}
            kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
            size = os.fstat(stream.fileno()).st_size
            self._head(200, kind, size, **(more if folder == "results" else {}))
            return shutil.copyfileobj(stream, self.wfile)

    def _post(self, visitor, path, query):
        if path == "/colorize":
            return self._colorize({name: found[0] for name, found in parse_qs(query).items()})
        session, (tab, act) = self._session(visitor, _ACT.fullmatch(path))
        sessions, queue = self.server.sessions, self.server.queue
        if act in ("add", "palette"):
            most = min(sessions.limits.upload_mb * 2**20, sessions.room(visitor))
            length, name = self._length(most), parse_qs(query).get("name", [""])[0]
            (session.add if act == "add" else session.set_palette)(name, self.rfile, length)
            return self._send(200, {})
        if act == "leave":
            sessions.leave(visitor + tab)
            return self._send(200, {})
        try:
            body = json.loads(self.rfile.read(self._length(2**20)))
            options = body["options"]
            queue.configured(options)
            if act == "change":
                _change(session, body["act"], body.get("value"))
                if body["act"] == "color":
                    queue.preview(session, session.photos[body["value"]], options)
        except (ValueError, RecursionError, LookupError, TypeError, AttributeError) as error:
            raise Refusal(422, f"Expected what the page sends: {describe(error)}") from error
        if act == "change":
            return self._send(200, self._state(session, tab, options))
        self._head(200, "application/x-ndjson")
        for _ in itertools.chain(queue.finish(session, options), [None]):
            # Who waits for many photographs has not left.
            self._session(visitor, _ACT.fullmatch(path))
            self.wfile.write(json.dumps(_results(session, tab)).encode() + b"\n")
        return None

    def _colorize(self, asked):
        """Answers a program that sends a photograph with the same in color, and keeps nothing."""
        sessions, name = self.server.sessions, asked.pop("name", "photograph")
        if unknown := sorted(asked.keys() - {"preset", *OFFERED}):
            raise InputError(f"Expected options among {', '.join(OFFERED)}, received {unknown[0]}.")
        options = {key: float(x) if _NUMBER.fullmatch(x) else x for key, x in asked.items()}
        session = sessions.get(key := secrets.token_hex(VISITOR))
        try:
            session.add(name, self.rfile, self._length(sessions.limits.upload_mb * 2**20))
            (photo,) = self.server.queue.finish(session, options)
            if photo.outcome.status != "done":
                raise InputError(photo.outcome.notes[0])
            kind = mimetypes.guess_type(photo.target)[0]
            return self._send(200, photo.target.read_bytes(), kind)
        finally:
            session.clear()
            sessions.leave(key)

    def _session(self, visitor, match):
        """The session of an address, and the parts of that; `Refusal` for another one."""
        _require(match, 404, "Expected an address of the page.")
        _require(visitor, 403, "Expected the cookie of this page; please open the page anew.")
        return self.server.sessions.get(visitor + match[1]), match.groups()

    def _length(self, most):
        said = self.headers.get("Content-Length", "")
        length = left = int(said) if said.isdecimal() and said.isascii() else -1
        if 0 <= length <= most:
            return length
        # A browser hears nothing before all is sent.
        while left > 0 and length < 2**30 and (part := self.rfile.read(min(left, 1 << 20))):
            left -= len(part)
        raise Refusal(413, "Expected less; `Remove everything` makes room for more.")

    def _state(self, session, tab, options):
        """What the page shows now."""
        if not session.photos:
            return {"photos": [], "shown": 0}
        photo, photos = session.photos[session.shown], []
        self.server.queue.preview(session, photo, options)
        for one in session.photos:
            after = one.after and _url(tab, one.after)
            photos.append({"name": one.name, "url": _url(tab, one.preview), "after": after})
        state = {"photos": photos, "shown": session.shown}
        return {**state, "size": photo.size[::-1], "hints": photo.points}

    def _head(self, status, kind, length=None, **more):
        self.send_response(status)
        lengths = {} if length is None else {"Content-Length": str(length)}
        for name, value in {"Content-Type": kind, **lengths, **_HEADERS, **more}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send(self, status, content, kind="application/json", **more):
        content = content if isinstance(content, bytes) else json.dumps(content).encode()
        self._head(status, kind, len(content), **more)
        self.wfile.write(content)


def _require(holds, status, sentence):
    if not holds:
        raise Refusal(status, sentence)


def _results(session, tab):
    """The finished and failed photographs, with addresses of the files."""
    results = []
    for photo in filter(lambda photo: photo.outcome, session.photos):
        url = _url(tab, photo.target) if photo.outcome.status == "done" else None
        name = photo.target.name if url else photo.name
        results.append({"name": name, "url": url, "notes": photo.outcome.notes})
    archive = _url(tab, session.archive) if session.archive.exists() else None
    return {"of": len(session.photos), "results": results, "archive": archive}


def _change(session, act, value):
    """Does to a session what the page asks for: `InputError` for anything else."""
    photo = session.photos[session.shown] if session.photos else None
    match act:
        case "look":
            pass
        case "choose" | "color" if type(value) is int and 0 <= value < len(session.photos):
            session.shown = value if act == "choose" else session.shown
        case "hint" if photo and isinstance(value, list) and len(value) == 3:
            *place, color = value
            parse_color(color)
            on_it = all(type(share) in (int, float) and 0 <= share < 1 for share in place)
            expect(on_it, "a place on the picture")
            photo.points.append((*place, color))
        case "undo" if photo:
            del photo.points[-1:]
        case "clear" if photo:
            photo.points.clear()
        case "plain":
            session.palette = None
        case "remove":
            session.clear()
        case _:
            raise InputError("Expected an act of the page.")


def _url(tab, path):
    # Relative, so that it holds behind a proxy, too.
    return f"{tab}/files/{path.parent.name}/{quote(path.name)}"


def _hostname(address):
    with contextlib.suppress(ValueError):
        return urlsplit(address).hostname
    return None


def serve(colorizers, *, host="127.0.0.1", port=7860, root_path="", limits=None, on_start=None):
    """Serves the page until the process is told to stop.

    Args:
        colorizers: `Colorizer`s by the name of what the page offers as preset, the first one first;
            their options are where the controls of the page stand at first.
        host: address to listen at; the default can be reached from this machine alone.
        port: port to listen at, 0 for any that is free; ValueError if that cannot be done.
        root_path: path at which a proxy shows the page, such as `/colorize`.
        limits: `Limits` of what may be uploaded.
        on_start: function of the page's address, called when it can be opened.
    """
    address, hosts = (host, port), page_names(host, root_path)
    known = "a free port of this machine"
    with expecting(known, OSError, OverflowError, where=f"{host}:{port}"):
        server = PageServer(address, colorizers, limits or Limits(), root_path, hosts)
    sys.addaudithook(lambda event, values: check_connection(event, values, (host,)))
    # Whoever ends the process by a signal ends the page as it was meant to end, as Ctrl+C does.
    with contextlib.suppress(ValueError):
        signal.signal(signal.SIGTERM, signal.default_int_handler)
    with server, contextlib.suppress(KeyboardInterrupt):
        if on_start:
            shown = f"[{host}]" if ":" in host else host
            on_start(f"http://{shown}:{server.server_address[1]}")
        server.serve_forever()


def page_names(host, root_path):
    """Names of the page where this machine alone can reach it; None where any may lead to it."""
    public = urlsplit(root_path)
    # A proxy that shows the page below a path knows its own names.
    behind = public.path.strip("/") and not public.hostname
    if behind or not (host == "localhost" or is_loopback(host)):
        return None
    return {"localhost", "127.0.0.1", "::1", host.lower(), public.hostname}


def check_connection(event, values, names=()):
    """Python audit hook: `PermissionError` for connections to, and look-ups of, other machines."""
    looks_up = event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
    if not looks_up and event not in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        return
    # An address that is no pair is that of a socket in the file system.
    pair = values if looks_up else values[1]
    host = pair[0] if isinstance(pair, tuple) else None
    host = host.decode() if isinstance(host, bytes) else host
    is_own = host in (None, "", "localhost", *names) or is_loopback(host)
    # To look up a number asks nobody.
    if not (is_own or (looks_up and is_own is not None)):
        raise PermissionError(f"Expected no connection to another machine, tried {host!r}.")


def is_loopback(host):
    """Whether a number is this machine's own; None for a name."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return None
