"""The page as a web server."""

import asyncio
import contextlib
import ipaddress
import os
import secrets
import socket
import tempfile
from urllib.parse import urlsplit

import fastapi
import gradio
import uvicorn
from gradio.route_utils import MultiPartException, upload_fn
from gradio.routes import file_upload_statuses

from keras_colorize.apps.web.access import Access
from keras_colorize.apps.web.desk import Desk
from keras_colorize.apps.web.layout import make_theme
from keras_colorize.apps.web.offline import stay_offline
from keras_colorize.apps.web.page import STYLES, make_page, script
from keras_colorize.apps.web.sessions import UPLOADS, Sessions

SWEEP = 60.0
"""Seconds between two looks for what has expired."""


def make_app(colorizer, folder, limits, root_path="", hosts=None):
    """Makes the application that a web server runs.

    Args:
        colorizer: a `Colorizer`.
        folder: folder for all files of visitors; it is removed when the server stops.
        limits: `Limits`.
        root_path: path or address at which a proxy shows the page.
        hosts: names by which the page may be called, or None for any.

    Returns:
        FastAPI application.
    """
    sessions, desk = Sessions(folder), Desk(colorizer)
    # What lies in this folder is shown from there; gradio copies all else into it.
    os.environ["GRADIO_TEMP_DIR"] = str(sessions.folder)
    page = make_page(desk, sessions, limits)
    # Else gradio checks no path, as nobody calls `launch`.
    page.has_launched = True
    most_bytes = int(limits.upload_mb * 2**20)
    app = fastapi.FastAPI(
        lifespan=lambda app: _lifespan(sessions, desk),
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.add_middleware(
        Access,
        sessions=sessions,
        events={
            number: (event.inputs, any(kind == "select" for _, kind in event.targets))
            for number, event in page.fns.items()
        },
        is_waiting=lambda name: name in page._queue.pending_messages_per_session,
        hosts=hosts,
        root_path=root_path,
    )

    @app.post("/gradio_api/upload")
    async def upload(request: fastapi.Request):
        # In place of gradio's, which has one folder for all visitors.
        own = sessions.folder_of(request.scope["visitor"]) / UPLOADS / secrets.token_hex(8)
        name = request.query_params.get("upload_id")
        progress = file_upload_statuses if name else None
        try:
            # Their folder first, as what it holds is nobody else's.
            own.mkdir(parents=True, mode=0o700)
            paths, _, _ = await upload_fn(request, own, most_bytes, name, True, progress)
        except MultiPartException as error:
            code = 413 if "maximum allowed size" in error.message else 400
            raise fastapi.HTTPException(code, error.message) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise fastapi.HTTPException(400, "Expected a form with files.") from error
        return paths

    @app.get("/download/{token}/{name}")
    def download(token: str, name: str):
        path = sessions.result(token, name)
        if path is None:
            raise fastapi.HTTPException(404, "This file was removed; please make it again.")
        return fastapi.responses.FileResponse(path, filename=name)

    return gradio.mount_gradio_app(
        app,
        page,
        path="/",
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        root_path=root_path,
        max_file_size=most_bytes,
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
        app = make_app(colorizer, folder, limits, root_path, _names(host, root_path))
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        if on_start:
            shown = f"[{host}]" if ":" in host else host
            on_start(f"http://{shown}:{listening.getsockname()[1]}")
        # Whoever presses Ctrl+C ends the page as it was meant to end.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listening])


def _names(host, root_path):
    """Names of the page where it listens to this machine alone, so that no other leads to it."""
    public = urlsplit(root_path)
    if public.path.strip("/") and not public.hostname:
        # The proxy before it knows its names.
        return None
    try:
        is_here = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_here = host == "localhost"
    if not is_here:
        return None
    return {"localhost", "127.0.0.1", "::1", host.lower(), public.hostname}


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
