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


def faults(session):
    """The files that could not be taken, or nothing."""
    items = "".join(f"<li>{escape(fault)}</li>" for fault in session.faults)
    return f'<ul class="faults" role="alert">{items}</ul>' if items else ""


def hints(photo):
    """The hints of a photograph."""
    items = ""
    for point in photo.points_at(photo.size):
        color, place = escape(point["color"], quote=True), f"{point['x']}, {point['y']}"
        items += f'<li><span style="background:{color}"></span>{color} at {place}</li>'
    if not items:
        return "<p>Choose a color and click on the picture where it belongs.</p>"
    return f'<ol class="hints">{items}</ol>'


def results(session):
    """The finished and failed photographs, with links to the files."""
    items = ""
    for photo in session.photos:
        if photo.outcome is None:
            continue
        notes = "".join(f"<small>{escape(note)}</small>" for note in photo.outcome.notes)
        if photo.outcome.status == "done":
            items += f"<li>{_link(session, photo.target, photo.target.name)}{notes}</li>"
        else:
            items += f'<li class="failed">{escape(photo.name)}{notes}</li>'
    archive = _link(session, session.archive, "all as ZIP") if session.archive.exists() else ""
    return f'<ul class="results">{items}</ul>{archive}' if items else ""


def progress(session, done):
    """How many of the photographs are finished."""
    total = len(session.photos)
    return f"<p>{done} of {total}</p><progress max={total} value={done}></progress>"


def _link(session, path, text):
    # Relative, so that it holds behind a proxy, too.
    address = f"download/{session.folder.name}/{quote(path.name)}"
    return f'<a href="{address}" download="{escape(path.name, quote=True)}">{escape(text)}</a>'
