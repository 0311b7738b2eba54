"""What the page says: HTML in which all that visitors chose is escaped."""

from html import escape
from urllib.parse import quote


def introduction(limits):
    """What the page is for, and what it takes."""
    return (
        "<h1>Colorize photographs</h1>"
        "<p>Old photographs get their color here, at their full size. They go to the computer that "
        "runs this page and nowhere else, and an hour after you leave they are gone from it. "
        f"Each may have {limits.upload_mb:g} MB and {limits.megapixels:g} megapixels.</p>"
    )


TOO_LARGE = '<ul class="faults" role="alert"></ul>'
"""Where the browser itself names files that are too large to be sent."""


def faults(session):
    """The files that could not be taken, or nothing."""
    items = "".join(f"<li>{escape(fault)}</li>" for fault in session.faults)
    return f'<ul class="faults" role="alert">{items}</ul>' if items else ""


def hints(photo):
    """The hints of a photograph."""
    if not photo.points:
        return "<p>Choose a color and click on the picture where it belongs.</p>"
    return f'<ol class="hints">{"".join(map(_hint, photo.points))}</ol>'


def results(session):
    """What became of the photographs, with links to the files."""
    finished = [photo for photo in session.photos if photo.outcome]
    items = "".join(_result(session, photo) for photo in finished)
    archive = _link(session, session.archive, "all as ZIP") if session.archive.exists() else ""
    return f'<ul class="results">{items}</ul>{archive}' if items else ""


def progress(session, done):
    """How far the photographs are, with what is finished."""
    total = len(session.photos)
    return f"<p>{done} of {total}</p><progress max={total} value={done}></progress>"


def _hint(point):
    color = escape(point["color"], quote=True)
    return f'<li><span style="background:{color}"></span>{color} at {point["x"]}, {point["y"]}</li>'


def _result(session, photo):
    outcome = photo.outcome
    notes = "".join(f"<small>{escape(note)}</small>" for note in outcome.notes)
    if outcome.status != "done":
        return f'<li class="failed">{escape(photo.name)}{notes}</li>'
    return f"<li>{_link(session, photo.target, photo.target.name)}{notes}</li>"


def _link(session, path, text):
    # Relative, so that it holds behind a proxy, too.
    address = f"download/{session.token}/{quote(path.name)}"
    return f'<a href="{address}" download="{escape(path.name, quote=True)}">{escape(text)}</a>'
