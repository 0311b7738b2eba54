"""User studies of colorized pictures: pages to vote on, and what the votes say."""

from keras_colorize.apps.study.questions import (
    Study,
    make_naturalness,
    make_real_or_colorized,
    method_folders,
    paired_photographs,
)
from keras_colorize.apps.study.study_page import check_paths, write_study
from keras_colorize.apps.study.votes import (
    Results,
    Votes,
    VotesError,
    bootstrap_interval,
    count_votes,
    format_results,
    read_key,
    read_votes,
    write_results,
)

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
