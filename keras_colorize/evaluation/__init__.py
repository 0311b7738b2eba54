"""A colorizer over a set of pictures: figures, tables, records and contact sheets."""

from keras_colorize.evaluation.decoding import read_ahead
from keras_colorize.evaluation.fid import frechet_distance
from keras_colorize.evaluation.figures import ColorJudge, figures
from keras_colorize.evaluation.judges import make_judges
from keras_colorize.evaluation.measure import Measurement, Sample, measure
from keras_colorize.evaluation.pairs import PairError, pair_outputs
from keras_colorize.evaluation.perceptual import Lpips
from keras_colorize.evaluation.pictures import as_grey, measured_paths, recolored, scaled_rgb
from keras_colorize.evaluation.recognition import FeatureJudge, Recognition, load_features
from keras_colorize.evaluation.reports import check_targets, describe, write_csv, write_json
from keras_colorize.evaluation.scenes import Scenes
from keras_colorize.evaluation.sheets import (
    MeasuredRows,
    SheetRows,
    sweep_pictures,
    write_demo_photographs,
)
from keras_colorize.evaluation.table import format_details, format_table, summarize
from keras_colorize.presets import sha256

__all__ = [
    "ColorJudge",
    "FeatureJudge",
    "Lpips",
    "MeasuredRows",
    "Measurement",
    "PairError",
    "Recognition",
    "Sample",
    "Scenes",
    "SheetRows",
    "as_grey",
    "check_targets",
    "describe",
    "figures",
    "format_details",
    "format_table",
    "frechet_distance",
    "load_features",
    "make_judges",
    "measure",
    "measured_paths",
    "pair_outputs",
    "read_ahead",
    "recolored",
    "scaled_rgb",
    "sha256",
    "summarize",
    "sweep_pictures",
    "write_csv",
    "write_demo_photographs",
    "write_json",
]
