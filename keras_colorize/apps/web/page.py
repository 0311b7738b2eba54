"""The page itself: what stands where on it, and which part of it calls what."""

import contextlib
import dataclasses
from pathlib import Path

import gradio

from keras_colorize.apps.web import html
from keras_colorize.errors import InputError
from keras_colorize.inference.batch import describe
from keras_colorize.inference.options import Options
from keras_colorize.io import PhotographError, read_photograph
from .queue import OFFERED, add_point
from .sessions import Session

STYLES = Path(__file__).with_name("page.css")

# Label of each option, and of its range the part that is of use here: low, high, step.
_SLIDERS = {
    "working_size": ("Working size", 64, 1024, 32),
    "saturation": ("Saturation", 0, 2, 0.05),
    "temperature": ("Temperature", 0.05, 1, 0.01),
    "seed": ("Draw", 0, 99, 1),
    "palette_strength": ("Strength", 0, 1, 0.05),
}
_DECODERS = {
    "Vivid average (annealed)": "annealed",
    "Average (mean)": "mean",
    "Likeliest (mode)": "mode",
    "Median": "median",
    "By lot (sample)": "sample",
}
_CHOICES = {
    "decoder": ("Decoder", gradio.Dropdown, _DECODERS),
    "refine": ("Smooth regions", gradio.Radio, {"Off": "none", "Markov random field": "mrf"}),
}
_READ_BY = {"temperature": "annealed", "seed": "sample"}
_HELP = {field.name: field.metadata["help"] for field in dataclasses.fields(Options)}


@contextlib.contextmanager
def _said():
    """Lets the page say what went wrong, without a traceback in the log."""
    try:
        yield
    except (PhotographError, ValueError, MemoryError) as error:
        raise gradio.Error(describe(error), print_exception=False) from error


def make_theme():
    """Neutral greys alone, as tints would change how colors look, and no fonts to be fetched."""
    hues = dict.fromkeys(("primary_hue", "secondary_hue", "neutral_hue"), "neutral")
    fonts = {"font": ["system-ui", "sans-serif"], "font_mono": ["ui-monospace", "monospace"]}
    return gradio.themes.Default(**hues, **fonts).set(
        button_primary_background_fill="*neutral_800",
        button_primary_background_fill_hover="*neutral_700",
        button_primary_text_color="white",
        slider_color="*neutral_600",
    )


def make_head(limits):
    """What the browser does by itself, for the head of the page."""
    source = STYLES.with_name("upload.js").read_text(encoding="utf-8")
    return f"<script>{source.replace('MEGABYTES', f'{limits.upload_mb:g}')}</script>"


def make_page(queue, sessions):
    """Makes the page, a `gradio.Blocks`, that works with a `Queue` and `Sessions`."""
    with gradio.Blocks(title="Colorize photographs", analytics_enabled=False) as page:
        _Page(queue, sessions).build(page)
    return page.queue(max_size=100)


class _Page:
    def __init__(self, queue, sessions):
        self.queue, self.sessions, self.knobs = queue, sessions, {}

    def build(self, page):
        """Makes the parts and says which use of which part calls what."""
        gradio.HTML(html.introduction(self.sessions.limits), padding=False)
        drop = {"show_label": False, "height": 110}
        self.uploads = gradio.File(
            label="Photographs", file_count="multiple", elem_id="add", **drop
        )
        # Where the browser itself names files that are too large to be sent.
        gradio.HTML('<ul class="faults" role="alert"></ul>', padding=False, elem_id="too-large")
        self.faults = gradio.HTML(padding=False, elem_id="faults")
        with gradio.Row(visible=False, elem_id="work") as self.work:
            with gradio.Column(scale=3, min_width=320):
                self._build_pictures()
            with gradio.Column(scale=2, min_width=300):
                self._build_controls()
        # What every event shows anew.
        views = [self.faults, self.work, self.gallery, self.slider, self.marked, self.hints]
        knobs = [self.knobs[name] for name in OFFERED]
        private = {"api_visibility": "private"}

        def on(event, act, inputs=(), emptied=(), selects=False, **more):
            """Lets an event call `act` with the session, what was selected and the inputs."""

            def call(request: gradio.Request, *values):
                session, count = self.sessions.get(request.session_hash), len(values) - len(knobs)
                with _said():
                    act(session, *values[:count])
                    return *[None] * len(emptied), *self._views(session, values[count:])

            def select(request: gradio.Request, chosen: gradio.SelectData, *values):
                return call(request, chosen.index, *values)

            called = select if selects else call
            event(called, [*inputs, *knobs], [*emptied, *views], **private, **more)

        on(self.uploads.upload, Session.add, [self.uploads], [self.uploads])
        on(self.gallery.select, _choose, selects=True)
        on(self.marked.select, _hint, [self.color], selects=True)
        on(self.undo.click, lambda session: session.remove_hints(-1))
        on(self.clear.click, lambda session: session.remove_hints(0))
        for event in (self.palette.upload, self.palette.clear):
            on(event, Session.set_palette, [self.palette])
        for knob in knobs:
            used = knob.release if isinstance(knob, gradio.Slider) else knob.input
            on(used, lambda session: None, trigger_mode="always_last")
        on(self.remove.click, Session.clear, emptied=[self.results, self.palette])
        self.knobs["decoder"].change(
            lambda chosen: [gradio.update(visible=chosen == by) for by in _READ_BY.values()],
            self.knobs["decoder"],
            [self.knobs[name] for name in _READ_BY],
            **private,
        )
        # Progress of several visitors is shown at once, though the queue takes them by turns.
        self.make.click(self.finish, knobs, self.results, concurrency_limit=8, **private)
        page.unload(self.leave)

    def _build_pictures(self):
        bare = {"interactive": False, "show_label": False}
        with gradio.Tabs(elem_id="views"):
            with gradio.Tab("Before and after"):
                self.slider = gradio.ImageSlider(
                    **bare, buttons=["fullscreen"], max_height=640, elem_id="slider"
                )
            with gradio.Tab("Give hints"):
                self.marked = gradio.Image(**bare, buttons=[], elem_id="marked")
                small = {"size": "sm", "min_width": 80}
                with gradio.Row(elem_id="hint-tools", equal_height=True):
                    self.color = gradio.ColorPicker(
                        "#b08060", label="Color of the hint", min_width=140, elem_id="color"
                    )
                    self.undo = gradio.Button("Undo", elem_id="undo", **small)
                    self.clear = gradio.Button("Remove all", elem_id="clear", **small)
                self.hints = gradio.HTML(padding=False, elem_id="hints")
        look = {"fit_columns": False, "object_fit": "cover", "allow_preview": False}
        self.gallery = gradio.Gallery(**bare, **look, buttons=[], elem_id="gallery")

    def _build_controls(self):
        has_bins = self.queue.offered == OFFERED
        self._build_knobs("working_size", "saturation")
        if not has_bins:
            gradio.Markdown(
                "This preset predicts one color for each pixel. Decoder, smooth regions and "
                "reference colors need a preset that predicts how likely each color is."
            )
        with gradio.Group(visible=has_bins):
            self._build_knobs("decoder", "temperature", "seed", "refine")
        with gradio.Accordion("Colors of another photograph", open=False, visible=has_bins):
            drop = {"show_label": False, "height": 110}
            self.palette = gradio.File(file_count="single", elem_id="palette", **drop)
            self._build_knobs("palette_strength")
        self.make = gradio.Button(
            "Make full-size pictures", variant="primary", size="lg", elem_id="make"
        )
        self.results = gradio.HTML(padding=False, elem_id="results")
        self.remove = gradio.Button("Remove everything", size="sm", elem_id="remove")

    def _build_knobs(self, *names):
        initial = self.queue.initial
        for name in names:
            value, info = initial[name], _HELP[name].partition(". ")[0]
            about = {"info": info[0].upper() + info[1:] + ".", "elem_id": name.replace("_", "-")}
            about["visible"] = _READ_BY.get(name) in (None, initial["decoder"])
            if name in _SLIDERS:
                label, low, high, step = _SLIDERS[name]
                low, high = min(low, value), max(high, value)
                knob = gradio.Slider(low, high, value, step=step, label=label, **about)
            else:
                label, kind, choices = _CHOICES[name]
                knob = kind([*choices.items()], value=value, label=label, **about)
            self.knobs[name] = knob

    def finish(self, request: gradio.Request, *knobs):
        session = self.sessions.get(request.session_hash)
        options = dict(zip(OFFERED, knobs, strict=True))
        yield html.progress(session, 0)
        with _said():
            for done, _ in enumerate(self.queue.finish(session, options), 1):
                # Who waits for many photographs has not left.
                self.sessions.get(request.session_hash)
                yield html.progress(session, done) + html.results(session)
        yield html.results(session)

    def leave(self, request: gradio.Request):
        self.sessions.leave(request.session_hash)

    def _views(self, session, knobs):
        faults, photo = html.faults(session), session.photo
        if photo is None:
            return faults, gradio.update(visible=False), None, None, None, ""
        after, marked = self.queue.preview(session, dict(zip(OFFERED, knobs, strict=True)))
        gallery = [(one.thumbnail, one.name) for one in session.photos]
        gallery = gradio.update(value=gallery, visible=len(gallery) > 1)
        pictures = gallery, (photo.preview, after), marked
        return faults, gradio.update(visible=True), *pictures, html.hints(photo)


def _choose(session, index):
    if type(index) is not int or index >= len(session.photos):
        raise InputError("Expected one of the photographs.")
    session.shown = index


def _hint(session, position, color):
    if session.photo is None or not isinstance(position, list):
        raise InputError("Expected a place on the picture.")
    shown = read_photograph(session.photo.preview).pixels.shape[:2]
    add_point(session.photo, position, shown, color)
