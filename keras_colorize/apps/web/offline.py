"""A process that opens no connection to anywhere else, whatever its packages may try."""

import ipaddress
import sys

_CONNECTS = ("socket.connect", "socket.sendto", "socket.sendmsg")
_LOOKS_UP = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")


def stay_offline(*names):
    """Makes this process refuse connections to other machines, for as long as it lives.

    Connections that come in are not concerned, nor those that are opened past Python.

    Args:
        *names: names of this machine that may be looked up, beside `localhost`.
    """
    sys.addaudithook(lambda event, values: check_event(event, values, names))


def check_event(event, values, names=()):
    """Looks at an event of Python's audit hooks.

    Args:
        event: name of the event.
        values: its arguments.
        names: names of this machine.

    Raises:
        PermissionError: if it is about another machine.
    """
    if event in _CONNECTS:
        address = values[1]
        allowed = not isinstance(address, tuple) or _is_here(address[0], names)
    elif event in _LOOKS_UP:
        address = values[0]
        # To look up a number asks nobody.
        allowed = address is None or _ip(address) is not None or _is_here(address, names)
    else:
        return
    if not allowed:
        raise PermissionError(f"Expected no connection to another machine, tried {address!r}.")


def _is_here(host, names):
    host = host.decode() if isinstance(host, bytes) else host
    return host in ("", "localhost", *names) or (_ip(host) is not None and _ip(host).is_loopback)


def _ip(host):
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return None
