"""How far a long command has come."""

import contextlib
import dataclasses
import sys
import time

SECONDS = 30.0
"""Between the lines of a log where there is no terminal."""

QUIET = False
"""Whether errors alone are shown; `--quiet`."""


@contextlib.contextmanager
def show_progress(what, total=None, unit="pictures"):
    """Shows a bar with pictures per second and time left; lends its `Progress`.

    A total of None is unknown.
    """
    from rich import console, progress

    columns = (
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TextColumn("{task.fields[speed]}"),
        progress.TimeRemainingColumn(),
    )
    # What other programs may want to read, such as the table of figures, is on stdout.
    with progress.Progress(*columns, console=console.Console(stderr=True, quiet=QUIET)) as bar:
        bar.add_task(what, total=total, speed="")
        yield Progress(bar, unit, time.monotonic())


@dataclasses.dataclass
class Progress:
    """A bar that is shown, since when, and what an earlier run did."""

    bar: object
    unit: str
    started: float
    first: int = 0
    said: float = dataclasses.field(default_factory=time.monotonic)

    def say(self, text, failed=False):
        """Prints a line above the bar; in silence what `failed`."""
        if failed and QUIET:
            print(text, file=sys.stderr)
        self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def resume(self, done, total):
        """Says how many an earlier run did, and how many there are."""
        self.first = done
        self.bar.update(0, completed=done, total=total)

    def reach(self, done, total):
        """Says that so much is done, perhaps after an earlier run that was resumed."""
        if self.bar.tasks[0].completed:
            self.advance(done - self.bar.tasks[0].completed)
        else:
            self.resume(done, total)

    def advance(self, count=1):
        """Counts one picture or more."""
        done = self.bar.tasks[0].completed + count
        speed = (done - self.first) / (time.monotonic() - self.started)
        self.bar.update(0, completed=done, speed=f"{speed:.1f} {self.unit}/s")
        # A log has no bar.
        if not self.bar.console.is_terminal and time.monotonic() - self.said > SECONDS:
            self.said = time.monotonic()
            total = self.bar.tasks[0].total
            of = "" if total is None else f" of {total:.0f}"
            self.say(f"{self.bar.tasks[0].description}: {done:.0f}{of}, {speed:.1f} {self.unit}/s")
