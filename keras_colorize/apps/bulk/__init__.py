"""Folders of any size on as many machines as there are: an Apache Beam pipeline."""

from .runs import Report, colorize_in_bulk

__all__ = ["Report", "colorize_in_bulk"]
