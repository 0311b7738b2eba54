"""Folders of photographs to batches of lightness and targets."""

from keras_colorize.bins import UNLABELED
from .aging import aged_view
from .folders import PictureSet, list_pictures, scan_pictures, split_pictures
from .statistics import ab_counts, ab_prior, prior_json, read_prior
from .training_data import Targets, TrainingData, validation_batches

__all__ = [
    "UNLABELED",
    "PictureSet",
    "Targets",
    "TrainingData",
    "ab_counts",
    "ab_prior",
    "aged_view",
    "list_pictures",
    "prior_json",
    "read_prior",
    "scan_pictures",
    "split_pictures",
    "validation_batches",
]
