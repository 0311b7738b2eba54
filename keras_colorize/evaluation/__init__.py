"""A colorizer over a set of pictures: metrics, tables, records, contact sheets and plots."""

from .color_metrics import picture_metrics
from .measure import as_grey, measure, measured_paths, pair_outputs, scaled_rgb
from .recognition import Scenes, make_evaluators
from .sheets import SheetRows, write_demo_photographs, write_plot
from .tables import describe, format_details, format_table, summarize, write_csv

__all__ = [
    "Scenes",
    "SheetRows",
    "as_grey",
    "describe",
    "format_details",
    "format_table",
    "make_evaluators",
    "measure",
    "measured_paths",
    "pair_outputs",
    "picture_metrics",
    "scaled_rgb",
    "summarize",
    "write_csv",
    "write_demo_photographs",
    "write_plot",
]
