import pytest

from keras_colorize.serving import Retry, ServerError


class Clock:
    """A clock on which only waiting and working take time."""

    def __init__(self):
        self.now, self.waits = 100.0, []

    def sleep(self, seconds):
        self.waits.append(seconds)
        self.now += seconds

    def retry(self, chance=0.0, **options):
        return Retry(clock=lambda: self.now, sleep=self.sleep, chance=lambda: chance, **options)

    def failing(self, *codes, lasts=0.0, wait=0.0):
        """A function that fails with each code and then returns what it was called with."""
        left = list(codes)

        def function(seconds):
            self.now += lasts
            if left:
                raise ServerError("down", left.pop(0), wait)
            return seconds

        return function


def test_waits_double_up_to_the_longest():
    clock = Clock()
    retry = clock.retry(times=5, first=1.0, longest=6.0)
    assert retry.call(clock.failing(*["UNAVAILABLE"] * 5), 60.0) == 60.0 - 19.0
    assert clock.waits == [1.0, 2.0, 4.0, 6.0, 6.0]


def test_chance_takes_up_to_half_of_a_wait():
    clock = Clock()
    clock.retry(chance=1.0, first=1.0).call(clock.failing(*["UNAVAILABLE"] * 3), 60.0)
    assert clock.waits == [0.5, 1.0, 2.0]


@pytest.mark.parametrize("code", ["UNAVAILABLE", "RESOURCE_EXHAUSTED", "DEADLINE_EXCEEDED"])
def test_what_passes_is_asked_again(code):
    clock = Clock()
    clock.retry().call(clock.failing(code), 60.0)
    assert len(clock.waits) == 1


@pytest.mark.parametrize("code", ["NOT_FOUND", "INVALID_ARGUMENT", "TOO_LARGE", "INTERNAL"])
def test_what_does_not_pass_is_not(code):
    clock = Clock()
    with pytest.raises(ServerError, match="^down$"):
        clock.retry().call(clock.failing(code), 60.0)
    assert clock.waits == []


def test_the_last_error_says_how_often():
    clock = Clock()
    with pytest.raises(ServerError, match=r"down \(asked 3 times\)") as caught:
        clock.retry(times=2).call(clock.failing(*["UNAVAILABLE"] * 9), 60.0)
    assert caught.value.code == "UNAVAILABLE"


def test_no_wait_goes_past_the_time():
    clock = Clock()
    with pytest.raises(ServerError):
        clock.retry(times=99, first=1.0).call(clock.failing(*["UNAVAILABLE"] * 99, lasts=1.0), 10.0)
    # 1 + 1 + 1 + 2 + 1 = 6 seconds, and the next wait would be 4.
    assert clock.waits == [1.0, 2.0]


def test_a_server_may_ask_for_a_longer_wait():
    clock = Clock()
    clock.retry(first=1.0).call(clock.failing("RESOURCE_EXHAUSTED", wait=7.0), 60.0)
    assert clock.waits == [7.0]


@pytest.mark.parametrize("name", ["times", "first", "longest"])
def test_numbers_below_zero_are_refused(name):
    with pytest.raises(ValueError, match=name):
        Retry(**{name: -1})
