"""Options of `colorize` for a network that is on a server."""

from keras_colorize.errors import InputError

from .common import count

OWN = ("server_model", "server_protocol", "server_timeout")
"""Options that make no sense without `--server`."""


def add(command):
    """Adds the options."""
    group = command.add_argument_group("server", "a network that TensorFlow Serving serves")
    group.add_argument(
        "--server",
        metavar="HOST:PORT",
        help="ask this server for the colors; also http://... or https://...",
    )
    group.add_argument("--server-model", metavar="NAME", help="by default the default preset")
    group.add_argument(
        "--server-protocol",
        choices=("grpc", "rest"),
        help="by default rest for a URL and for port 8501, else grpc (extra `serving`)",
    )
    group.add_argument(
        "--server-timeout", type=count, metavar="S", help="seconds for an answer, by default 60"
    )


def make_colorizer(options):
    """Builds a colorizer that asks the server, and asks it once; `InputError` if that fails."""
    from keras_colorize.presets import default_preset
    from keras_colorize.serving import Client, RemoteColorizer, ServerError

    _check(options)
    name = options.server_model or default_preset()
    size, saturation = _working_size(options, name), options.saturation
    try:
        client = Client(
            options.server,
            name,
            protocol=options.server_protocol,
            timeout=options.server_timeout or 60.0,
        )
        colorizer = RemoteColorizer(client, size, 1.0 if saturation is None else saturation)
        colorizer.check()
    except (ImportError, ServerError) as error:
        raise InputError(" ".join(str(error).split())) from error
    return colorizer


def _check(options):
    from keras_colorize.inference.options import AFTER_NETWORK, flags, given_options

    settled = given_options(options).keys() - set(AFTER_NETWORK)
    settled |= {
        name
        for name in ("preset", "hint", "hints", "hint_layer", "sweeps_strip")
        if getattr(options, name)
    }
    if settled:
        raise InputError(
            f"expected no {flags(sorted(settled))} with --server: what the network does is "
            "settled when it is exported; here are --working-size and --saturation"
        )


def _working_size(options, name):
    from keras_colorize.presets import list_presets

    if options.working_size:
        return options.working_size
    shipped = list_presets()
    if name not in shipped:
        raise InputError(f"expected --working-size with --server-model {name}, no shipped preset")
    return shipped[name].working_size
