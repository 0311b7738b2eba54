"""How far a long command has come."""

import time


class Progress:
    """A progress bar with pictures per second and time left; a total of None is unknown."""

    def __init__(self, what, total=None, unit="pictures"):
        from rich import console, progress

        self.bar = progress.Progress(
            progress.TextColumn("{task.description}"),
            progress.BarColumn(),
            progress.MofNCompleteColumn(),
            progress.TextColumn("{task.fields[speed]}"),
            progress.TimeRemainingColumn(),
            # What other programs may want to read, such as the table of figures, is on stdout.
            console=console.Console(stderr=True),
        )
        self.bar.add_task(what, total=total, speed="")
        self.unit, self.started, self.first = unit, time.monotonic(), 0

    def __enter__(self):
        self.bar.start()
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def say(self, text):
        """Prints a line above the bar."""
        self.bar.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def resume(self, done, total):
        """Says how many an earlier run did, and how many there are."""
        self.first = done
        self.bar.update(0, completed=done, total=total)

    def advance(self):
        """Counts one picture."""
        done = self.bar.tasks[0].completed + 1
        speed = (done - self.first) / (time.monotonic() - self.started)
        self.bar.update(0, completed=done, speed=f"{speed:.1f} {self.unit}/s")
