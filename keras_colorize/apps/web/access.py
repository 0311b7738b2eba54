"""What requests may ask for, looked at before gradio sees them, and whom the process may ask.

Gradio opens whatever path an argument names and answers on routes that the page does not use. So
only the page's routes and kinds of arguments pass, and paths only of files of the same browser.
"""

import hashlib
import ipaddress
import json
import re
import secrets
from urllib.parse import parse_qsl, urlencode, urlsplit

from .sessions import UPLOADS, VISITOR, own_file

COOKIE = "keras-colorize"
_TOKEN = re.compile(r"[\w-]{1,64}", re.ASCII)
_SECRET = re.compile(rf"(?:^|;) *{COOKIE}=([\w-]{{43}}) *(?:;|$)", re.ASCII)
_FILE = "/gradio_api/file="
_HEARTBEAT = "/gradio_api/heartbeat/"
_JOIN, _DATA = "/gradio_api/queue/join", "/gradio_api/queue/data"
_UPLOAD, _PROGRESS = "/gradio_api/upload", "/gradio_api/upload_progress"
_OF_BODY = (b"content-length", b"content-type", b"transfer-encoding", b"content-encoding")
_OPEN = re.compile(
    r"/|/config|/theme\.css|/favicon\.ico|/manifest\.json|/robots\.txt|/(assets|static)/.+"
    r"|/gradio_api/(info|startup-events|theme\.css)"
)
# What the page itself loads comes from its own server; the browser refuses all else.
_HEADERS = {
    "content-security-policy": (
        "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
        "worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'"
    ),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


class Refusal(Exception):
    """A request that is answered with a status and a sentence, its two arguments."""


class Access:
    """ASGI middleware that lets pass what the page itself asks for, and nothing else."""

    def __init__(self, app, sessions, events, is_waiting, hosts=None, root_path=""):
        self.app, self.sessions, self.events = app, sessions, events
        self.is_waiting, self.hosts = is_waiting, hosts
        public = urlsplit(root_path)
        self.public, self.path = public.hostname, public.path or "/"

    async def __call__(self, scope, receive, send):
        """Answers a request, see the ASGI specification."""
        if scope["type"] == "lifespan":
            return await self.app(scope, receive, send)
        if scope["type"] != "http":
            return await send({"type": "websocket.close"})
        added = dict(_HEADERS)

        async def send_with_headers(message):
            if message["type"] == "http.response.start":
                lines = [(name.encode(), text.encode()) for name, text in added.items()]
                message = {**message, "headers": [*message.get("headers", ()), *lines]}
            await send(message)

        try:
            scope, receive = await self._checked(scope, receive, added)
        except Refusal as refusal:
            status, sentence = refusal.args
            body, lines = _json({"detail": sentence})
            start = {"type": "http.response.start", "status": status, "headers": lines}
            await send_with_headers(start)
            return await send({"type": "http.response.body", "body": body})
        return await self.app(scope, receive, send_with_headers)

    async def _checked(self, scope, receive, added):
        headers = {key.decode("latin-1"): text.decode("latin-1") for key, text in scope["headers"]}
        self._check_host(headers)
        method, path, query = scope["method"], scope["path"], scope["query_string"]
        secret = _SECRET.search(headers.get("cookie", ""))
        # Who a folder belongs to cannot be found out from its name.
        visitor = secret and hashlib.sha256(secret[1].encode()).hexdigest()[:VISITOR]
        scope = {**scope, "visitor": visitor, "query_string": b""}
        reads = method in ("GET", "HEAD")
        if reads and _OPEN.fullmatch(path):
            if path == "/" and visitor is None:
                value = f"{COOKIE}={secrets.token_urlsafe(32)}"
                added["set-cookie"] = f"{value}; Path={self.path}; HttpOnly; SameSite=Lax"
            return scope, receive
        private = path in (_DATA, _PROGRESS) or path.startswith((_FILE, _HEARTBEAT, "/download/"))
        if not (reads and private) and not (method == "POST" and path in (_JOIN, _UPLOAD)):
            raise Refusal(404, "Expected an address of the page.")
        if visitor is None:
            raise Refusal(403, "Expected the cookie of this page; please open the page anew.")
        if path == _JOIN:
            body, lines = _json(self._event(await _read_body(receive), visitor))
            lines += [pair for pair in scope["headers"] if pair[0] not in _OF_BODY]
            messages = [{"type": "http.request", "body": body, "more_body": False}]

            async def receive_body():
                return messages.pop() if messages else await receive()

            return {**scope, "headers": lines}, receive_body
        if path.startswith(_FILE):
            if own_file(path.removeprefix(_FILE), self.sessions.folder_of(visitor)) is None:
                raise Refusal(403, "Expected a file of this visitor.")
        elif path.startswith(_HEARTBEAT):
            path = _HEARTBEAT + visitor + _token(path.removeprefix(_HEARTBEAT))
            scope |= {"path": path, "raw_path": path.encode()}
        else:
            # As part of each name the visitor is kept from what belongs to somebody else.
            given = dict(parse_qsl(query.decode("latin-1")))
            names = [name for name in ("session_hash", "upload_id") if name in given]
            own = {name: visitor + _token(given[name]) for name in names}
            if path == _UPLOAD:
                length = headers.get("content-length", "")
                if not length.isdecimal() or int(length) > self.sessions.room(visitor):
                    raise Refusal(413, "Expected less; `Remove everything` makes room for more.")
            if path == _DATA and not self.is_waiting(own.get("session_hash")):
                raise Refusal(404, "Expected a session that waits for results.")
            scope["query_string"] = urlencode(own).encode()
        return scope, receive

    def _check_host(self, headers):
        host = _hostname(f"//{headers.get('host', '')}")
        if self.hosts is not None and host not in self.hosts:
            raise Refusal(421, "Expected a name of the machine that shows this page.")
        allowed = {host, _hostname(f"//{headers.get('x-forwarded-host', '')}"), self.public}
        if "origin" in headers and _hostname(headers["origin"]) not in allowed - {None}:
            raise Refusal(403, "Expected a request of the page itself.")

    def _event(self, body, visitor):
        try:
            event = json.loads(body)
            number = event["fn_index"]
            parts, is_selection = self.events[number if type(number) is int else None]
        except (ValueError, RecursionError, LookupError, TypeError) as error:
            raise Refusal(422, "Expected an event of the page.") from error
        data, trigger, place = (event.get(key) for key in ("data", "trigger_id", "event_data"))
        if not isinstance(data, list) or len(data) != len(parts):
            raise Refusal(422, f"Expected {len(parts)} arguments.")
        uploads = self.sessions.folder_of(visitor) / UPLOADS
        return {
            "data": [_argument(*pair, uploads) for pair in zip(parts, data, strict=True)],
            "event_data": _selection(place) if is_selection else None,
            "fn_index": number,
            "session_hash": visitor + _token(event.get("session_hash")),
            "trigger_id": trigger if type(trigger) is int else None,
        }


def _token(value):
    if not isinstance(value, str) or not _TOKEN.fullmatch(value):
        raise Refusal(422, "Expected a name of letters and digits.")
    return value


def _hostname(address):
    try:
        return urlsplit(address).hostname
    except ValueError:
        return None


async def _read_body(receive):
    body, message = b"", {"more_body": True}
    while message.get("more_body"):
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Refusal(400, "Expected a whole request.")
        body += message.get("body", b"")
        # Photographs come by another route.
        if len(body) > 2**20:
            raise Refusal(413, "Expected at most a megabyte.")
    return body


def _json(value):
    """JSON and the headers that belong to it."""
    body = json.dumps(value).encode()
    return body, [(b"content-length", b"%d" % len(body)), (b"content-type", b"application/json")]


def _argument(part, value, uploads):
    """An argument as its part on the page may produce it."""
    match kind := part.get_block_name():
        case "slider" if type(value) in (int, float) and part.minimum <= value <= part.maximum:
            if part.step % 1:
                return value
            if value == int(value):
                return int(value)
        case "dropdown" | "radio" if value in [choice for _, choice in part.choices]:
            return value
        case "colorpicker" if isinstance(value, str) and len(value) <= 64:
            return value
        case "file" if value is None:
            return None
        case "file" if part.file_count == "single":
            return _uploaded(value, uploads)
        case "file" if isinstance(value, list):
            return [_uploaded(file, uploads) for file in value]
    raise Refusal(422, f"Expected a value of the {kind} of the page.")


def _uploaded(value, uploads):
    path = value.get("path") if isinstance(value, dict) else None
    if not isinstance(path, str) or own_file(path, uploads) is None:
        raise Refusal(403, "Expected a file that this visitor has uploaded.")
    return {"path": path, "meta": {"_type": "gradio.FileData"}}


def _selection(value):
    index = value.get("index") if isinstance(value, dict) else None
    numbers = index if isinstance(index, list) and len(index) == 2 else [index]
    if not all(type(number) in (int, float) and 0 <= number < 1e6 for number in numbers):
        raise Refusal(422, "Expected a place on the page.")
    return {"index": index, "value": None}


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
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return None
