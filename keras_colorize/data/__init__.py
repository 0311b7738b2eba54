"""Folders of photographs to batches of lightness and targets."""

from keras_colorize.bins import UNLABELED
from keras_colorize.io.photograph import is_near_grey
from .aging import aged_view
from .folders import PictureSet, ScanReport, list_pictures, scan_pictures, split_pictures
from .statistics import ab_counts, ab_prior, prior_json, read_prior
from .training_data import Targets, TrainingData, epoch_order, validation_batches

__all__ = [
    "UNLABELED",
    "PictureSet",
    "ScanReport",
    "Targets",
    "TrainingData",
    "ab_counts",
    "ab_prior",
    "aged_view",
    "epoch_order",
    "is_near_grey",
    "list_pictures",
    "prior_json",
    "read_prior",
    "scan_pictures",
    "split_pictures",
    "validation_batches",
]
