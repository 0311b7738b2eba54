"""Votes that come back, which anything may have happened to, and what they say."""

import dataclasses
import json
import statistics
from collections import defaultdict
from pathlib import Path

import numpy as np

from keras_colorize import __version__
from keras_colorize.apps.study.questions import CATCH, TRUTH
from keras_colorize.apps.study.study_page import KEY_FORMAT, VOTES_FORMAT
from keras_colorize.errors import InputError
from keras_colorize.io.atomic import write_file

LEVEL = 0.95
"""Confidence level of every interval."""

RESAMPLES = 10_000
"""Bootstrap samples; the ends of an interval then repeat within about 0.1 standard errors."""

# Of each kind the metric, how it is taken over participants, the answers, and pictures at a time.
_KINDS = {
    "naturalness": ("naturalness (median)", np.median, ("yes", "no"), 1),
    "real-or-colorized": ("fooling rate (mean)", np.mean, ("first", "second"), 2),
}


class VotesError(InputError):
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
    """Reads the key of a page, a dict, see `write_study`; `VotesError` if it is none."""
    key = _read_json(path, KEY_FORMAT, "key of a study")
    pictures = key.get("pictures")
    if (
        not {"page", "methods", "expected_votes"} <= set(key)
        or key.get("kind") not in _KINDS
        or not isinstance(pictures, dict)
        or not all(isinstance(meaning, dict) for meaning in pictures.values())
        or any(set(meaning) != {"method", "path", "part"} for meaning in pictures.values())
    ):
        raise VotesError(f"{path}: expected the key of a study, received a damaged one")
    return key


def read_votes(path, key):
    """Reads a file of votes on the page of a key, see `read_key`, and returns `Votes`.

    Raises VotesError if it is damaged, of another page, or names pictures unknown to the key.
    """
    found = _read_json(path, VOTES_FORMAT, "file of votes")
    if found.get("page") != key["page"]:
        raise VotesError(
            f"{path}: expected votes on page {key['page']}, received votes on {found.get('page')}"
        )
    texts, votes = [found.get(name) for name in ("participant", "started")], found.get("votes")
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(votes, list):
        raise VotesError(f"{path}: expected participant, start and a list of votes")
    for number, vote in enumerate(votes, 1):
        if not _is_vote(vote, key):
            raise VotesError(f"{path}: expected a vote on this page as vote {number}")
    if len({tuple(sorted(vote["shown"])) for vote in votes}) < len(votes):
        raise VotesError(f"{path}: expected one vote for each picture, received several")
    return Votes(Path(path), *texts, votes)


def _is_vote(vote, key):
    _, _, answers, at_once = _KINDS[key["kind"]]
    shown = vote.get("shown") if isinstance(vote, dict) else None
    if not isinstance(shown, list) or not all(isinstance(name, str) for name in shown):
        return False
    known = all(name in key["pictures"] for name in shown) and len(set(shown)) == at_once
    one_photograph = known and len({key["pictures"][name]["path"] for name in shown}) == 1
    return one_photograph and vote.get("answer") in answers


def _read_json(path, form, what):
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as fault:
        raise VotesError(f"{path}: expected a {what}: {fault}") from fault
    if not isinstance(found, dict) or found.get("format") != form:
        raise VotesError(f"{path}: expected a {what} ({form!r}), received another file")
    return found


@dataclasses.dataclass(frozen=True)
class Results:
    """What the votes on one page say.

    Attributes:
        metric: name of the metric.
        rows: list of dicts, one for each method: `method`, `value` in 0..1, `interval` (low and
            high, or None for fewer than two participants), `participants`, `votes`.
        shares: dict of participant to dict of method to share.
        pictures: list of dicts with `path`, `method`, `share` and `votes`.
        notes: sentences that name whoever was left out or stopped early.
        settings: page, kind, seed, confidence level and resamples.
    """

    metric: str
    rows: list
    shares: dict
    pictures: list
    notes: list
    settings: dict


def count_votes(returned, key, seed=0, catch_pass=0.75):
    """Counts votes and returns `Results`.

    Naturalness is the share of yes of one participant, and the median over participants (Iizuka
    et al. 2016, figure 5). The fooling rate is the share of pairs in which the true version was
    taken for the colorized one, and the mean over participants (Zhang et al. 2016, table 1).
    Practice and catch pairs are in neither.

    Args:
        returned: list of `Votes`.
        key: what `read_key` returned.
        seed: number that decides the bootstrap samples.
        catch_pass: least share of catch pairs found, in 0..1; chance alone finds half of them.
    """
    metric, statistic, *_ = _KINDS[key["kind"]]
    kept, notes, shares, together = {}, [], {}, []
    # The first session of each participant counts, and of that the file with the most votes.
    for votes in sorted(returned, key=lambda votes: (votes.started, -len(votes.votes))):
        first = kept.setdefault(votes.participant, votes)
        if first is not votes:
            notes.append(f"{votes.participant} twice: {first.path} counts, {votes.path} does not")
    for name, votes in kept.items():
        caught = [not fooled for *_, fooled in _answers(votes, key, CATCH)]
        if key["kind"] != "naturalness" and not (
            caught and sum(caught) >= catch_pass * len(caught)
        ):
            notes.append(f"{name} left out: found {sum(caught)} of {len(caught)} catch pairs")
            continue
        if len(votes.votes) < key["expected_votes"]:
            counted = f"{len(votes.votes)} of {key['expected_votes']} votes"
            notes.append(f"{name} stopped after {counted}")
        answers = list(_answers(votes, key, "test"))
        grouped = _grouped((method, good) for _, method, good in answers)
        shares[name] = {method: statistics.fmean(goods) for method, goods in grouped.items()}
        together += answers
    rows = []
    for method in key["methods"]:
        values = [share[method] for share in shares.values() if method in share]
        rows.append(
            {
                "method": method,
                "value": float(statistic(values)) if values else None,
                "interval": bootstrap_interval(values, statistic, seed),
                "participants": len(values),
                "votes": sum(answered == method for _, answered, _ in together),
            }
        )
    pictures = [
        {"path": path, "method": method, "share": statistics.fmean(goods), "votes": len(goods)}
        for (path, method), goods in sorted(
            _grouped(((path, method), good) for path, method, good in together).items()
        )
    ]
    settings = {"page": key["page"], "kind": key["kind"], "seed": seed}
    settings |= {"level": LEVEL, "resamples": RESAMPLES, "catch_pass": catch_pass}
    return Results(metric, rows, shares, pictures, notes, settings)


def _answers(votes, key, part):
    """Yields path, method and whether the picture was taken for natural or real."""
    for vote in votes.votes:
        meanings = [key["pictures"][name] for name in vote["shown"]]
        if meanings[0]["part"] != part:
            continue
        if key["kind"] == "naturalness":
            colorized, good = meanings[0], vote["answer"] == "yes"
        else:
            accused, other = meanings if vote["answer"] == "first" else meanings[::-1]
            good = accused["method"] == TRUTH
            colorized = other if good else accused
        yield colorized["path"], colorized["method"], good


def _grouped(pairs):
    groups = defaultdict(list)
    for name, good in pairs:
        groups[name].append(good)
    return groups


def bootstrap_interval(values, statistic, seed=0):
    """Percentile bootstrap interval over participants at 95 %, None for fewer than two.

    Participants are drawn, not votes: those of one person are not independent.

    Args:
        values: one number for each participant.
        statistic: function of an array (resamples, participants) and `axis`, such as `np.median`.
        seed: number that decides the samples.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(statistic(values[drawn], axis=1), [tail, 1.0 - tail])
    return float(low), float(high)


def format_results(results):
    """Formats what `count_votes` returned as a Markdown table, one row per method."""
    lines = [["method", results.metric, f"{LEVEL:.0%} interval", "participants", "votes"]]
    lines.append(["---"] * len(lines[0]))
    for row in results.rows:
        value = "-" if row["value"] is None else f"{row['value']:.1%}"
        interval = "-" if row["interval"] is None else "{:.1%} to {:.1%}".format(*row["interval"])
        lines.append([row["method"], value, interval, str(row["participants"]), str(row["votes"])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_results(results, path, overwrite=False):
    """Writes what `count_votes` returned as JSON; raises as `io.atomic.write_file`."""
    found = {"format": "keras-colorize study results 1", "version": __version__}
    found |= dataclasses.asdict(results)
    write_file(path, json.dumps(found, indent=1), overwrite)
