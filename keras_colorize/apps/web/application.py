"""The page as a web server, in a process that asks nothing of any other machine."""

import asyncio
import contextlib
import os
import secrets
import socket
import sys
import tempfile
from urllib.parse import urlsplit

import fastapi
import gradio
import uvicorn
from gradio.route_utils import MultiPartException, upload_fn
from gradio.routes import file_upload_statuses

from keras_colorize.errors import InputError
from .access import Access, check_connection, is_loopback
from .page import STYLES, make_head, make_page, make_theme
from .queue import Queue
from .sessions import UPLOADS, Sessions


def make_app(colorizer, folder, limits, root_path="", hosts=None):
    """Makes the FastAPI application; the folder for files of visitors is removed when it stops."""
    sessions, queue = Sessions(folder, limits), Queue(colorizer)
    # What lies in this folder is shown from there; gradio copies all else into it.
    os.environ["GRADIO_TEMP_DIR"] = str(sessions.folder)
    page, most = make_page(queue, sessions), int(limits.upload_mb * 2**20)
    # Else gradio checks no path, as nobody calls `launch`.
    page.has_launched = True

    async def sweep():
        while True:
            await asyncio.sleep(60.0)
            sessions.sweep()

    @contextlib.asynccontextmanager
    async def lifespan(app):
        sweeping = asyncio.create_task(sweep())
        try:
            yield
        finally:
            sweeping.cancel()
            queue.close()
            sessions.close()

    app = fastapi.FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
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
            own.mkdir(parents=True, mode=0o700)
            paths, _, _ = await upload_fn(request, own, most, name, True, progress)
        except MultiPartException as error:
            code = 413 if "maximum allowed size" in error.message else 400
            raise fastapi.HTTPException(code, error.message) from error
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise fastapi.HTTPException(400, "Expected a form with files.") from error
        return paths

    @app.get("/download/{token}/{name}")
    def download(request: fastapi.Request, token: str, name: str):
        path = sessions.result(request.scope["visitor"], token, name)
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
        max_file_size=most,
        theme=make_theme(),
        css_paths=[STYLES],
        head=make_head(limits),
    )


def run(colorizer, host, port, root_path, limits, on_start):
    """Serves the page; see `keras_colorize.apps.web.serve`."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
    except (OSError, OverflowError) as error:
        raise InputError(f"{host}:{port}: expected a free port of this machine: {error}") from error
    with listening:
        sys.addaudithook(lambda event, values: check_connection(event, values, (host,)))
        folder = tempfile.mkdtemp(prefix="keras-colorize-")
        app = make_app(colorizer, folder, limits, root_path, page_names(host, root_path))
        config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=2)
        if on_start:
            shown = f"[{host}]" if ":" in host else host
            on_start(f"http://{shown}:{listening.getsockname()[1]}")
        # Whoever presses Ctrl+C ends the page as it was meant to end.
        with contextlib.suppress(KeyboardInterrupt):
            uvicorn.Server(config).run([listening])


def page_names(host, root_path):
    """Names of the page where this machine alone can reach it; None where any may lead to it."""
    public = urlsplit(root_path)
    # A proxy that shows the page below a path knows its own names.
    behind = public.path.strip("/") and not public.hostname
    if behind or not (host == "localhost" or is_loopback(host)):
        return None
    return {"localhost", "127.0.0.1", "::1", host.lower(), public.hostname}
