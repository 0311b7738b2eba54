"""What stands where on the page."""

from types import SimpleNamespace

import gradio

from keras_colorize.apps.web import texts
from keras_colorize.apps.web.settings import takes_distribution

_DECODERS = [
    ("Vivid average (annealed)", "annealed"),
    ("Average (mean)", "mean"),
    ("Likeliest (mode)", "mode"),
    ("Median", "median"),
    ("By lot (sample)", "sample"),
]
_SIZES = (64, 1024, 32)
_FIRST_COLOR = "#b08060"


def make_theme():
    """Neutral greys alone, as tints would change how colors look, and no fonts to be fetched."""
    return gradio.themes.Default(
        primary_hue="neutral",
        secondary_hue="neutral",
        neutral_hue="neutral",
        font=["system-ui", "sans-serif"],
        font_mono=["ui-monospace", "monospace"],
    ).set(
        button_primary_background_fill="*neutral_800",
        button_primary_background_fill_hover="*neutral_700",
        button_primary_text_color="white",
        slider_color="*neutral_600",
    )


def make_layout(settings, config, limits):
    """Makes the parts of the page, inside of a `gradio.Blocks`.

    Args:
        settings: `Settings` where the controls stand at first.
        config: the `PresetConfig` of the network.
        limits: `Limits`.

    Returns:
        Namespace of the parts by name; `knobs` is the list of those that make `Settings`.
    """
    parts = SimpleNamespace()
    gradio.HTML(texts.introduction(limits), padding=False)
    parts.add = gradio.File(
        file_count="multiple",
        label="Photographs",
        show_label=False,
        height=110,
        elem_id="add",
    )
    gradio.HTML(texts.TOO_LARGE, padding=False, elem_id="too-large")
    parts.faults = gradio.HTML(padding=False, elem_id="faults")
    with gradio.Row(visible=False, elem_id="work") as parts.work:
        with gradio.Column(scale=3, min_width=320):
            _pictures(parts)
        with gradio.Column(scale=2, min_width=300):
            _controls(parts, settings, takes_distribution(config))
    return parts


def _pictures(parts):
    with gradio.Tabs(elem_id="views"):
        with gradio.Tab("Before and after"):
            parts.slider = gradio.ImageSlider(
                interactive=False,
                show_label=False,
                buttons=["fullscreen"],
                max_height=640,
                elem_id="slider",
            )
        with gradio.Tab("Give hints"):
            parts.marked = gradio.Image(
                interactive=False, show_label=False, buttons=[], elem_id="marked"
            )
            with gradio.Row(elem_id="hint-tools", equal_height=True):
                parts.color = gradio.ColorPicker(
                    _FIRST_COLOR, label="Color of the hint", min_width=140, elem_id="color"
                )
                parts.undo = gradio.Button("Undo", size="sm", min_width=70, elem_id="undo")
                parts.clear = gradio.Button("Remove all", size="sm", min_width=90, elem_id="clear")
            parts.hints = gradio.HTML(padding=False, elem_id="hints")
    parts.gallery = gradio.Gallery(
        fit_columns=False,
        object_fit="cover",
        show_label=False,
        allow_preview=False,
        interactive=False,
        buttons=[],
        elem_id="gallery",
    )


def _controls(parts, settings, distribution):
    low, high, step = _SIZES
    working_size = gradio.Slider(
        min(low, settings.working_size),
        max(high, settings.working_size),
        settings.working_size,
        step=step,
        label="Working size",
        info="Pixels of the long side that the network sees: more for small things in it. "
        "The result always has the size of the photograph.",
        elem_id="working-size",
    )
    saturation = gradio.Slider(
        0, 2, settings.saturation, step=0.05, label="Saturation", elem_id="saturation"
    )
    if not distribution:
        gradio.Markdown(
            "This preset predicts one color for each pixel. Decoder, smooth regions and reference "
            "colors need a preset that predicts how likely each color is."
        )
    with gradio.Group(visible=distribution):
        distribution_knobs = _distribution_knobs(settings)
    with gradio.Accordion("Colors of another photograph", open=False, visible=distribution):
        strength = _palette(parts, settings)
    parts.make = gradio.Button(
        "Make full-size pictures", variant="primary", size="lg", elem_id="make"
    )
    parts.results = gradio.HTML(padding=False, elem_id="results")
    parts.remove = gradio.Button("Remove everything", size="sm", elem_id="remove")
    parts.decoder, parts.temperature, parts.seed, _ = distribution_knobs
    parts.knobs = [working_size, saturation, *distribution_knobs, strength]


def _distribution_knobs(settings):
    return [
        gradio.Dropdown(
            _DECODERS,
            value=settings.decoder,
            label="Decoder",
            info="How one color is chosen from those that are likely.",
            elem_id="decoder",
        ),
        gradio.Slider(
            0.05,
            1,
            settings.temperature,
            step=0.01,
            label="Temperature",
            info="Lower is more vivid, higher is more cautious.",
            visible=settings.decoder == "annealed",
            elem_id="temperature",
        ),
        gradio.Slider(
            0,
            99,
            settings.seed,
            step=1,
            label="Draw",
            info="Another number draws other colors.",
            visible=settings.decoder == "sample",
            elem_id="seed",
        ),
        gradio.Radio(
            [("Off", "none"), ("Markov random field", "mrf")],
            value=settings.refine,
            label="Smooth regions",
            info="Neighbors of equal lightness agree on a color. Slower; takes the place of the "
            "decoder, but for the temperature.",
            elem_id="refine",
        ),
    ]


def _palette(parts, settings):
    parts.palette = gradio.File(
        file_count="single", show_label=False, height=110, elem_id="palette"
    )
    parts.reference = gradio.Image(
        interactive=False, show_label=False, buttons=[], height=120, visible=False
    )
    return gradio.Slider(
        0, 1, settings.palette_strength, step=0.05, label="Strength", elem_id="strength"
    )
