"""User studies of colorized pictures: pages to vote on, and what the votes say."""

from keras_colorize.apps.study.counting import count_votes
from keras_colorize.apps.study.intervals import bootstrap_interval
from keras_colorize.apps.study.methods import method_folders, paired_photographs
from keras_colorize.apps.study.naturalness import make_naturalness
from keras_colorize.apps.study.page import Study, check_paths, write_study
from keras_colorize.apps.study.real_or_colorized import make_real_or_colorized
from keras_colorize.apps.study.results import Results, format_results, write_results
from keras_colorize.apps.study.votes import Votes, VotesError, read_key, read_votes

__all__ = [
    "Results",
    "Study",
    "Votes",
    "VotesError",
    "bootstrap_interval",
    "check_paths",
    "count_votes",
    "format_results",
    "make_naturalness",
    "make_real_or_colorized",
    "method_folders",
    "paired_photographs",
    "read_key",
    "read_votes",
    "write_results",
    "write_study",
]
