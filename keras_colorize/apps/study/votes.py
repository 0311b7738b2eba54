"""What comes back from participants, which anything may have happened to."""

import dataclasses
import json
from pathlib import Path

from keras_colorize.apps.study.page import KEY_FORMAT, VOTES_FORMAT

_ANSWERS = {"naturalness": ("yes", "no"), "real-or-colorized": ("first", "second")}
_SHOWN = {"naturalness": 1, "real-or-colorized": 2}


class VotesError(ValueError):
    """A file of votes that cannot be counted; the message is meant for people."""


@dataclasses.dataclass(frozen=True)
class Votes:
    """The votes of one file.

    Attributes:
        path: the file.
        participant: code of the participant.
        started: when the session began, ISO 8601.
        votes: list of dicts with `shown`, the ids in the order shown, and `answer`.
    """

    path: Path
    participant: str
    started: str
    votes: list


def read_key(path):
    """Reads the key of a page.

    Args:
        path: path of the `.key.json` file.

    Returns:
        dict, see `write_study`.

    Raises:
        VotesError: if it is none.
    """
    key = _read_json(path, KEY_FORMAT, "key of a study")
    missing = {"page", "kind", "methods", "expected_votes", "pictures"} - set(key)
    if missing or key["kind"] not in _ANSWERS or not _has_meanings(key["pictures"]):
        raise VotesError(f"{path}: expected the key of a study, got a damaged one")
    return key


def _has_meanings(pictures):
    whole = {"method", "path", "part"}
    return isinstance(pictures, dict) and all(set(one) == whole for one in pictures.values())


def read_votes(path, key):
    """Reads and checks a file of votes.

    Args:
        path: path of the file.
        key: what `read_key` returned.

    Returns:
        Votes.

    Raises:
        VotesError: if the file is damaged, of another page, or names pictures unknown to the key.
    """
    found = _read_json(path, VOTES_FORMAT, "file of votes")
    if found.get("page") != key["page"]:
        raise VotesError(
            f"{path}: expected votes on page {key['page']}, got votes on page {found.get('page')}"
        )
    texts = [found.get(name) for name in ("participant", "started")]
    votes = found.get("votes")
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(votes, list):
        raise VotesError(f"{path}: expected participant, start and a list of votes, got damage")
    for number, vote in enumerate(votes, 1):
        if not _is_vote(vote, key):
            raise VotesError(f"{path}: expected a vote on this page, got damage in vote {number}")
    if len({tuple(sorted(vote["shown"])) for vote in votes}) < len(votes):
        raise VotesError(f"{path}: expected one vote for each picture, got several")
    return Votes(Path(path), *texts, votes)


def _is_vote(vote, key):
    shown = vote.get("shown") if isinstance(vote, dict) else None
    if not isinstance(shown, list) or not all(isinstance(name, str) for name in shown):
        return False
    meanings = [key["pictures"].get(name) for name in shown]
    if len(set(shown)) != _SHOWN[key["kind"]] or None in meanings:
        return False
    one_photograph = len({meaning["path"] for meaning in meanings}) == 1
    return one_photograph and vote.get("answer") in _ANSWERS[key["kind"]]


def _read_json(path, form, what):
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise VotesError(f"{path}: expected a {what}, got: {fault}") from fault
    if not isinstance(found, dict) or found.get("format") != form:
        raise VotesError(f"{path}: expected a {what} ({form!r}), got another file")
    return found
