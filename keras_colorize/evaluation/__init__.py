"""A colorizer over a set of pictures: metrics, tables, records, contact sheets and plots."""

from keras_colorize.evaluation.color_metrics import picture_metrics
from keras_colorize.evaluation.evaluators import Scenes, make_evaluators
from keras_colorize.evaluation.measure import (
    as_grey,
    measure,
    measured_paths,
    pair_outputs,
    scaled_rgb,
)
from keras_colorize.evaluation.sheets import (
    SheetRows,
    sweep_pictures,
    write_demo_photographs,
    write_plot,
)
from keras_colorize.evaluation.tables import (
    describe,
    format_details,
    format_table,
    summarize,
    write_csv,
    write_json,
)

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
    "sweep_pictures",
    "write_csv",
    "write_demo_photographs",
    "write_json",
    "write_plot",
]
