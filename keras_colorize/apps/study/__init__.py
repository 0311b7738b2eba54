"""User studies of colorized pictures: pages to vote on, and what the votes say."""

from .questions import make_naturalness, make_real_or_colorized, write_study
from .votes import VotesError, bootstrap_interval, count_votes, read_key, read_votes

__all__ = [
    "VotesError",
    "bootstrap_interval",
    "count_votes",
    "make_naturalness",
    "make_real_or_colorized",
    "read_key",
    "read_votes",
    "write_study",
]
