"""A colorizer over a set of pictures: metrics, tables, records, contact sheets and plots."""

from keras_colorize.evaluation.color_metrics import ColorEvaluator, picture_metrics
from keras_colorize.evaluation.evaluators import Lpips, Scenes, make_evaluators
from keras_colorize.evaluation.measure import (
    Measurement,
    Sample,
    as_grey,
    measure,
    measured_paths,
    recolored,
    scaled_rgb,
)
from keras_colorize.evaluation.pairs import PairError, pair_outputs
from keras_colorize.evaluation.recognition import (
    FeatureEvaluator,
    Recognition,
    frechet_distance,
    load_features,
)
from keras_colorize.evaluation.sheets import (
    MeasuredRows,
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
    "ColorEvaluator",
    "FeatureEvaluator",
    "Lpips",
    "MeasuredRows",
    "Measurement",
    "PairError",
    "Recognition",
    "Sample",
    "Scenes",
    "SheetRows",
    "as_grey",
    "describe",
    "format_details",
    "format_table",
    "frechet_distance",
    "load_features",
    "make_evaluators",
    "measure",
    "measured_paths",
    "pair_outputs",
    "picture_metrics",
    "recolored",
    "scaled_rgb",
    "summarize",
    "sweep_pictures",
    "write_csv",
    "write_demo_photographs",
    "write_json",
    "write_plot",
]
