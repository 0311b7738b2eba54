"""The page as a web server."""

import asyncio
import contextlib
import os
import socket
import tempfile

import fastapi
import gradio
import uvicorn

from keras_colorize.apps.web.desk import Desk
from keras_colorize.apps.web.layout import make_theme
from keras_colorize.apps.web.offline import stay_offline
from keras_colorize.apps.web.page import STYLES, make_page, script
from keras_colorize.apps.web.sessions import Sessions

SWEEP = 60.0
"""Seconds between two looks for what has expired."""

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


class Headers:
    """Adds headers to every response of an application."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        """Answers a request, see the ASGI specification."""

        async def with_headers(message):
            if message["type"] == "http.response.start":
                added = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
                message["headers"] = [*message["headers"], *added]
            await send(message)

        await self.app(scope, receive, with_headers)


def make_app(colorizer, folder, limits, root_path=""):
    """Makes the application that a web server runs.

    Args:
        colorizer: a `Colorizer`.
        folder: folder for all files of visitors; it is removed when the server stops.
        limits: `Limits`.
        root_path: path at which a proxy shows the page.

    Returns:
        FastAPI application.
    """
    sessions, desk = Sessions(folder), Desk(colorizer)
    os.environ["GRADIO_TEMP_DIR"] = str(sessions.shown)
    app = fastapi.FastAPI(
        lifespan=lambda app: _lifespan(sessions, desk),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_middleware(Headers)

    @app.get("/download/{token}/{name}")
    def download(token: str, name: str):
        path = sessions.result(token, name)
        if path is None:
            raise fastapi.HTTPException(404, "This file was removed; please make it again.")
        return fastapi.responses.FileResponse(path, filename=name)

    return gradio.mount_gradio_app(
        app,
        make_page(desk, sessions, limits),
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        root_path=root_path,
        max_file_size=int(limits.upload_mb * 2**20),
        theme=make_theme(),
        css_paths=[STYLES],
        head=script(limits),
    )


@contextlib.asynccontextmanager
async def _lifespan(sessions, desk):
    sweeping = asyncio.create_task(_sweep(sessions))
    try:
        yield
    finally:
        sweeping.cancel()
        desk.close()
        sessions.close()


async def _sweep(sessions):
    while True:
        await asyncio.sleep(SWEEP)
        sessions.sweep()


def run(colorizer, host, port, root_path, limits, on_start):
    """Serves the page; see `keras_colorize.apps.web.serve`."""
    with listen(host, port) as listening:
        stay_offline(host)
        folder = tempfile.mkdtemp(prefix="keras-colorize-")
        app = make_app(colorizer, folder, limits, root_path)
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        if on_start:
            shown = f"[{host}]" if ":" in host else host
            on_start(f"http://{shown}:{listening.getsockname()[1]}")
        # Whoever presses Ctrl+C ends the page as it was meant to end.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listening])


def listen(host, port):
    """Opens the socket that browsers connect to.

    Args:
        host: address of this machine.
        port: port, 0 for any that is free.

    Returns:
        A listening `socket.socket`.

    Raises:
        ValueError: if that is not possible.
    """
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise ValueError(f"{host}:{port}: expected a free port of this machine: {error}") from error
