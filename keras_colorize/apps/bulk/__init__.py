"""Folders of any size on as many machines as there are: an Apache Beam pipeline."""

from keras_colorize.apps.bulk.run import Report, colorize_in_bulk
from keras_colorize.apps.bulk.served import export_preset

__all__ = ["Report", "colorize_in_bulk", "export_preset"]
