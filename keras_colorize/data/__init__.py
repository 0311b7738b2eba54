"""Folders of photographs to batches of lightness and targets."""

from keras_colorize.bins import UNLABELED
from keras_colorize.data.aging import aged_view
from keras_colorize.data.folders import (
    PictureSet,
    ScanReport,
    list_pictures,
    scan_pictures,
    split_pictures,
)
from keras_colorize.data.statistics import (
    CHANNEL_TARGETS,
    ab_counts,
    ab_prior,
    bin_means,
    prior_json,
    read_prior,
)
from keras_colorize.data.targets import Targets
from keras_colorize.data.tfds import list_source, write_tfds
from keras_colorize.data.training_data import TrainingData, epoch_order, validation_batches
from keras_colorize.io.photograph import is_near_grey

__all__ = [
    "CHANNEL_TARGETS",
    "UNLABELED",
    "PictureSet",
    "ScanReport",
    "Targets",
    "TrainingData",
    "ab_counts",
    "ab_prior",
    "aged_view",
    "bin_means",
    "epoch_order",
    "is_near_grey",
    "list_pictures",
    "list_source",
    "prior_json",
    "read_prior",
    "scan_pictures",
    "split_pictures",
    "validation_batches",
    "write_tfds",
]
