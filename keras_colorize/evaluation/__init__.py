"""A colorizer over a set of pictures: figures, tables and contact sheets."""

from keras_colorize.evaluation.measure import (
    Figures,
    figures,
    format_table,
    measure,
    measured_paths,
    scaled_rgb,
    summarize,
)
from keras_colorize.evaluation.sheets import SheetRows, write_demo_photographs

__all__ = [
    "Figures",
    "SheetRows",
    "figures",
    "format_table",
    "measure",
    "measured_paths",
    "scaled_rgb",
    "summarize",
    "write_demo_photographs",
]
