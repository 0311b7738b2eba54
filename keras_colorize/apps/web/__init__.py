"""A page in the browser: photographs in, colorized photographs out, on this machine alone."""

from .sessions import Limits

__all__ = ["Limits", "serve"]


def serve(colorizer, *, host="127.0.0.1", port=7860, root_path="", limits=None, on_start=None):
    """Serves the page until the process is told to stop.

    Args:
        colorizer: a `Colorizer`; its options are where the controls of the page stand at first.
        host: address to listen at; the default can be reached from this machine alone.
        port: port to listen at, 0 for any that is free; ValueError if that cannot be done.
        root_path: path at which a proxy shows the page, such as `/colorize`.
        limits: `Limits` of what may be uploaded.
        on_start: function of the page's address, called when it can be opened.
    """
    from keras_colorize.apps.web import server

    server.run(colorizer, host, port, root_path, limits or Limits(), on_start)
