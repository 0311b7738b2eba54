"""The command that shows a page in the browser: `web`."""

from .common import add_options, make_colorizer, number


def add(commands):
    """Adds the command to the parser."""
    command = commands.add_parser("web", help="a page in the browser that colorizes photographs")
    option = command.add_argument
    option("--host", default="127.0.0.1", help="address to listen at (default: this machine)")
    option("--port", type=number(int, 0, 65535), default=7860, help="7860 by default, 0 for any")
    option("--root-path", default="", metavar="/PATH", help="path or address at a proxy, if any")
    option("--max-upload-mb", type=float, default=100.0, help="of one file (default: 100)")
    option("--max-megapixels", type=float, default=100.0, help="of a photograph (default: 100)")
    add_options(command)
    command.set_defaults(run=_web)


def _web(options):
    from keras_colorize.apps.web import Limits, serve

    def on_start(address):
        print(f"The page is at {address}; Ctrl+C ends it and removes all uploads.", flush=True)

    how = {name: getattr(options, name) for name in ("host", "port", "root_path")}
    how["limits"] = Limits(options.max_upload_mb, options.max_megapixels)
    serve(make_colorizer(options, options.preset), on_start=on_start, **how)
    return 0
