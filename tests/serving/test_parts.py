import pytest

from keras_colorize.serving import ServerError
from keras_colorize.serving.parts import Parts

# What TensorFlow's C library says, as a server passes it on; the second was cut by gRPC.
MESSAGES = {
    "here:1, model x: INVALID_ARGUMENT: 2 root error(s) found.\n  (0) INVALID_ARGUMENT: assertion "
    "failed: [image_bytes[1]: expected [this], received that; image_bytes[3]: no]\n"
    "\t [[{{node Assert/Assert}}]]": {1: "expected [this], received that", 3: "no"},
    "assertion failed: [image_bytes[1]: one; image_bytes[3]: two; image_byt...TRUNCATED": {
        1: "one",
        3: "two",
    },
}


class Server:
    """Refuses what it is told to, and remembers requests."""

    def __init__(self, bad, code="INVALID_ARGUMENT"):
        self.bad, self.code, self.asked = bad, code, []

    def ask(self, part):
        self.asked.append(part)
        places = [place for place, picture in enumerate(part) if picture in self.bad]
        if places:
            named = "; ".join(f"image_bytes[{place}]: bad" for place in places)
            raise ServerError(f"assertion failed: [{named}]", self.code)
        return [picture.upper() for picture in part]

    def run(self, pictures, batch=9, limit=1000):
        return Parts(self.ask, batch, limit, len_of).run(pictures, 1)


def len_of(count):
    return count


@pytest.mark.parametrize(("message", "expected"), MESSAGES.items())
def test_reasons_are_read_from_what_servers_say(message, expected):
    def ask(part):
        if len(part) > 1 or part[0] in (b"b", b"d"):
            places = {b"b": 1, b"d": 3}
            alone = f"[image_bytes[0]: {expected[places[part[0]]]}]\n" if len(part) == 1 else ""
            raise ServerError(alone or message, "INVALID_ARGUMENT")
        return part

    made, reasons = Parts(ask, 9, 1000, len_of).run([b"a", b"b", b"c", b"d"], 1)
    assert made == [b"a", None, b"c", None]
    assert reasons == expected


def test_parts_are_filled_in_order():
    server = Server(bad=())
    made, reasons = server.run([b"a", b"bb", b"c" * 9, b"d", b"e", b"f" * 6], batch=3, limit=8)
    assert server.asked == [[b"a", b"bb", b"d"], [b"e", b"f" * 6]]
    assert made == [b"A", b"BB", None, b"D", b"E", b"F" * 6]
    assert list(reasons) == [2]


def test_the_named_are_asked_for_alone_and_the_others_together():
    server = Server(bad=(b"b",))
    server.run([b"a", b"b", b"c"])
    assert server.asked == [[b"a", b"b", b"c"], [b"b"], [b"a", b"c"]]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "NOT_FOUND", "INTERNAL"])
def test_failures_of_a_server_are_not_blamed_on_pictures(code):
    server = Server(bad=(b"a",), code=code)
    with pytest.raises(ServerError):
        server.run([b"a", b"b"])
    assert len(server.asked) == 1


def test_an_error_that_names_no_picture_is_raised():
    def ask(part):
        raise ServerError("no such signature", "INVALID_ARGUMENT")

    with pytest.raises(ServerError, match="no such signature"):
        Parts(ask, 4, 1000, len_of).run([b"a", b"b"], 1)
