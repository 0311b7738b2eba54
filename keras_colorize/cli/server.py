"""Options of `colorize` for a network that is on a server."""

from keras_colorize.errors import InputError
from keras_colorize.inference.options import AFTER_NETWORK, flags, given_options

from .common import count

_OWN = ("server_model", "server_protocol", "server_timeout")
_OF_THE_EXPORT = ("preset", "hint", "hints", "hint_layer")


def add(command):
    """Adds the options."""
    group = command.add_argument_group("server", "a network that TensorFlow Serving serves")
    option = group.add_argument
    server = "ask this server for the colors; also http://... or https://..."
    option("--server", metavar="HOST:PORT", help=server)
    option("--server-model", metavar="NAME", help="by default the default preset")
    protocol = "by default rest for a URL and for port 8501, else grpc (extra `serving`)"
    option("--server-protocol", choices=("grpc", "rest"), help=protocol)
    option("--server-timeout", type=count, metavar="S", help="seconds to wait, by default 60")


def check(options):
    """Raises `InputError` for options that need a server, or that one has settled."""
    own = [name for name in _OWN if getattr(options, name) is not None]
    if own and not options.server:
        raise InputError(f"expected --server with {flags(own)}")
    settled = given_options(options).keys() - set(AFTER_NETWORK)
    settled |= {name for name in _OF_THE_EXPORT if getattr(options, name)}
    if settled and options.server:
        raise InputError(
            f"expected no {flags(sorted(settled))} with --server: what the network does is "
            "settled when it is exported; here are --working-size and --saturation"
        )


def make_colorizer(options):
    """Builds a colorizer that asks the server, and asks it once; `InputError` if that fails."""
    from keras_colorize.presets import default_preset, list_presets
    from keras_colorize.serving import Client, RemoteColorizer, ServerError

    name, size = options.server_model or default_preset(), options.working_size
    if not size:
        shipped = list_presets()
        if name not in shipped:
            raise InputError(
                f"expected --working-size with --server-model {name}, no shipped preset"
            )
        size = shipped[name].working_size
    saturation = 1.0 if options.saturation is None else options.saturation
    timeout, protocol = options.server_timeout or 60.0, options.server_protocol
    try:
        client = Client(options.server, name, protocol=protocol, timeout=timeout)
        colorizer = RemoteColorizer(client, size, saturation)
        colorizer.check()
    except (ImportError, ServerError) as error:
        raise InputError(" ".join(str(error).split())) from error
    return colorizer
