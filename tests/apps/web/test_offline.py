import subprocess
import sys

import pytest

from keras_colorize.apps.web import offline
from keras_colorize.apps.web.offline import check_event


@pytest.mark.parametrize(
    ("event", "values"),
    [
        ("socket.connect", (None, ("127.0.0.1", 80))),
        ("socket.connect", (None, ("::1", 80, 0, 0))),
        ("socket.connect", (None, "/run/some.socket")),
        ("socket.connect", (None, ("desk.home", 80))),
        ("socket.sendto", (None, ("127.0.0.1", 53))),
        ("socket.getaddrinfo", ("localhost", 80, 0, 0, 0)),
        ("socket.getaddrinfo", ("0.0.0.0", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (b"127.0.0.1", 80, 0, 0, 0)),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0)),
        ("socket.getaddrinfo", ("desk.home", 80, 0, 0, 0)),
        ("open", ("somewhere.example", "r", 0)),
    ],
)
def test_this_machine_may_be_reached(event, values):
    check_event(event, values, ("desk.home",))


@pytest.mark.parametrize(
    ("event", "values"),
    [
        ("socket.connect", (None, ("192.0.2.1", 443))),
        ("socket.connect", (None, ("2001:db8::1", 443, 0, 0))),
        ("socket.connect", (None, ("somewhere.example", 443))),
        ("socket.sendto", (None, ("192.0.2.1", 53))),
        ("socket.getaddrinfo", ("somewhere.example", 443, 0, 0, 0)),
        ("socket.gethostbyname", ("somewhere.example",)),
    ],
)
def test_other_machines_may_not(event, values):
    with pytest.raises(PermissionError, match="no connection to another machine"):
        check_event(event, values, ("desk.home",))


def test_a_process_that_stays_offline():
    # A process of its own, as this lasts; the file alone, as the package takes seconds to import.
    program = (
        "import runpy, socket, sys\n"
        "runpy.run_path(sys.argv[1])['stay_offline']()\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "try:\n"
        "    socket.create_connection(('192.0.2.1', 9), timeout=5)\n"
        "except PermissionError as error:\n"
        "    print(error)\n"
    )
    words = [sys.executable, "-c", program, offline.__file__]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "Expected no connection to another machine" in done.stdout
