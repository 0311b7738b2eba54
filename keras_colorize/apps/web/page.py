"""The page itself: which part of it calls what."""

import contextlib
import functools
import inspect
from pathlib import Path

import gradio

from keras_colorize.apps.web import texts
from keras_colorize.apps.web.clicks import add_point
from keras_colorize.apps.web.layout import make_layout
from keras_colorize.apps.web.photos import add_photographs, set_palette
from keras_colorize.apps.web.settings import Settings
from keras_colorize.inference.batch import describe
from keras_colorize.io import PhotographError, read_photograph

STYLES = Path(__file__).with_name("page.css")
SCRIPT = Path(__file__).with_name("upload.js")


def make_page(desk, sessions, limits):
    """Makes the page.

    Args:
        desk: a `Desk`.
        sessions: `Sessions`.
        limits: `Limits`.

    Returns:
        `gradio.Blocks`.
    """
    with gradio.Blocks(title="Colorize photographs", analytics_enabled=False) as page:
        settings = Settings.of(desk.colorizer)
        parts = make_layout(settings, desk.colorizer.config, limits)
        _Events(desk, sessions, limits, parts).wire(page)
    page.queue(max_size=100)
    return page


class _Events:
    """What happens when something on the page is used."""

    def __init__(self, desk, sessions, limits, parts):
        self.desk, self.sessions, self.limits, self.parts = desk, sessions, limits, parts

    def wire(self, page):
        """Says which use of which part calls what, and which parts that changes."""
        parts, knobs = self.parts, self.parts.knobs
        views = [parts.faults, parts.work, parts.gallery, parts.slider, parts.marked, parts.hints]

        def on(event, function, inputs=(), outputs=(), **options):
            inputs, outputs = [*inputs, *knobs], [*outputs, *views]
            event(_plain(function), inputs, outputs, api_visibility="private", **options)

        on(parts.add.upload, self.add, [parts.add], [parts.add])
        on(parts.gallery.select, self.choose)
        on(parts.marked.select, self.hint, [parts.color])
        on(parts.undo.click, self.undo)
        on(parts.clear.click, self.clear)
        on(parts.palette.upload, self.lean, [parts.palette], [parts.reference])
        on(parts.palette.clear, self.lean, [parts.palette], [parts.reference])
        for knob in knobs:
            used = knob.release if isinstance(knob, gradio.Slider) else knob.input
            on(used, self.show, trigger_mode="always_last")
        rest = {"api_visibility": "private"}
        parts.decoder.change(_decoder_knobs, parts.decoder, [parts.temperature, parts.seed], **rest)
        parts.make.click(_plain(self.make), knobs, parts.results, concurrency_limit=8, **rest)
        emptied = [*views, parts.results, parts.palette, parts.reference]
        parts.remove.click(self.remove, None, emptied, **rest)
        page.unload(self.leave)

    def add(self, request: gradio.Request, paths, *knobs):
        session = self.sessions.get(request.session_hash)
        add_photographs(session, paths or [], self.limits)
        return None, *self._views(session, knobs)

    def choose(self, request: gradio.Request, chosen: gradio.SelectData, *knobs):
        session = self.sessions.get(request.session_hash)
        if type(chosen.index) is not int or chosen.index >= len(session.photos):
            raise ValueError("Expected one of the photographs.")
        session.shown = chosen.index
        return self._views(session, knobs)

    def hint(self, request: gradio.Request, click: gradio.SelectData, color, *knobs):
        session = self._with_photo(request)
        if not isinstance(click.index, list):
            raise ValueError("Expected a place on the picture.")
        shown = read_photograph(session.photo.preview).pixels.shape[:2]
        add_point(session.photo, click.index, shown, color)
        return self._views(session, knobs)

    def undo(self, request: gradio.Request, *knobs):
        session = self._with_photo(request)
        del session.photo.points[-1:]
        return self._views(session, knobs)

    def clear(self, request: gradio.Request, *knobs):
        session = self._with_photo(request)
        session.photo.points.clear()
        return self._views(session, knobs)

    def lean(self, request: gradio.Request, path, *knobs):
        session = self.sessions.get(request.session_hash)
        set_palette(session, path, self.limits)
        reference = gradio.update(value=session.reference, visible=session.palette is not None)
        return reference, *self._views(session, knobs)

    def show(self, request: gradio.Request, *knobs):
        return self._views(self.sessions.get(request.session_hash), knobs)

    def make(self, request: gradio.Request, *knobs):
        session = self.sessions.get(request.session_hash)
        yield texts.progress(session, 0)
        for done, _ in enumerate(self.desk.finish(session, Settings(*knobs)), 1):
            # Who waits for many photographs has not left.
            self.sessions.get(request.session_hash)
            yield texts.progress(session, done) + texts.results(session)
        yield texts.results(session)

    def remove(self, request: gradio.Request):
        session = self.sessions.get(request.session_hash)
        session.clear()
        return *self._views(session, ()), "", None, gradio.update(value=None, visible=False)

    def leave(self, request: gradio.Request):
        self.sessions.leave(request.session_hash)

    def _with_photo(self, request):
        session = self.sessions.get(request.session_hash)
        if session.photo is None:
            raise ValueError("Expected a photograph first.")
        return session

    def _views(self, session, knobs):
        faults = texts.faults(session)
        if not session.photos:
            return faults, gradio.update(visible=False), None, None, None, ""
        after, marked = self.desk.preview(session, Settings(*knobs))
        gallery = gradio.update(
            value=[(photo.thumbnail, photo.name) for photo in session.photos],
            visible=len(session.photos) > 1,
        )
        pair = (session.photo.preview, after)
        return (
            faults,
            gradio.update(visible=True),
            gallery,
            pair,
            marked,
            texts.hints(session.photo),
        )


def script(limits):
    """What the browser does by itself, for the head of the page."""
    source = SCRIPT.read_text(encoding="utf-8")
    return f"<script>{source.replace('MEGABYTES', f'{limits.upload_mb:g}')}</script>"


def _decoder_knobs(decoder):
    shown = decoder == "annealed", decoder == "sample"
    return [gradio.update(visible=visible) for visible in shown]


def _plain(function):
    """Lets the page say what went wrong."""
    if inspect.isgeneratorfunction(function):

        @functools.wraps(function)
        def steps(*values):
            with _said():
                yield from function(*values)

        return steps

    @functools.wraps(function)
    def step(*values):
        with _said():
            return function(*values)

    return step


@contextlib.contextmanager
def _said():
    try:
        yield
    except (PhotographError, ValueError, MemoryError) as error:
        raise gradio.Error(describe(error), print_exception=False) from error
