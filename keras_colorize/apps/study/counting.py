"""From returned votes to figures with intervals."""

import statistics
from collections import defaultdict

import numpy as np

from keras_colorize.apps.study.intervals import LEVEL, RESAMPLES, bootstrap_interval
from keras_colorize.apps.study.methods import TRUTH
from keras_colorize.apps.study.results import Results

CATCH_PASS = 0.75
"""Share of the catch pairs that a participant must find; chance alone finds half of them."""

_NAMES = {"naturalness": "naturalness (median)", "real-or-colorized": "fooling rate (mean)"}


def count_votes(returned, key, seed=0, catch_pass=CATCH_PASS):
    """Counts votes.

    Naturalness is the share of yes of one participant, and the median over participants (Iizuka
    et al. 2016, figure 5). The fooling rate is the share of pairs in which the true version was
    taken for the colorized one, and the mean over participants (Zhang et al. 2016, table 1).
    Practice and catch pairs are in neither.

    Args:
        returned: list of Votes.
        key: what `read_key` returned.
        seed: number that decides the bootstrap samples.
        catch_pass: least share of catch pairs found, in 0..1.

    Returns:
        Results.
    """
    kept, notes = _one_each(returned)
    kept, failed = _attentive(kept, key, catch_pass)
    notes += failed + [
        f"{one.participant} stopped after {len(one.votes)} of {key['expected_votes']} votes"
        for one in kept
        if len(one.votes) < key["expected_votes"]
    ]
    judged = {one.participant: list(_judged(one, key, "test")) for one in kept}
    rows = [_row(method, judged, key["kind"], seed) for method in key["methods"]]
    return Results(
        _NAMES[key["kind"]],
        rows,
        {participant: _shares(one) for participant, one in judged.items()},
        _by_picture(judged),
        notes,
        {"page": key["page"], "kind": key["kind"], "seed": seed}
        | {"level": LEVEL, "resamples": RESAMPLES, "catch_pass": catch_pass},
    )


def _one_each(returned):
    """Keeps the first session of each participant, and of that the file with the most votes."""
    kept, notes = {}, []
    for one in sorted(returned, key=lambda one: (one.started, -len(one.votes))):
        first = kept.setdefault(one.participant, one)
        if first is not one:
            notes.append(f"{one.participant} twice: {first.path} counts, {one.path} does not")
    return list(kept.values()), notes


def _attentive(returned, key, catch_pass):
    if key["kind"] == "naturalness":
        return returned, []
    kept, notes = [], []
    for one in returned:
        found = [not fooled for _, _, fooled in _judged(one, key, "catch")]
        if found and sum(found) >= catch_pass * len(found):
            kept.append(one)
        else:
            notes.append(
                f"{one.participant} left out: found {sum(found)} of {len(found)} catch pairs"
            )
    return kept, notes


def _judged(one, key, part):
    """Yields method, path and whether the picture was taken for natural or real."""
    for vote in one.votes:
        meanings = [key["pictures"][name] for name in vote["shown"]]
        if meanings[0]["part"] != part:
            continue
        if key["kind"] == "naturalness":
            yield meanings[0]["method"], meanings[0]["path"], vote["answer"] == "yes"
        else:
            accused, other = meanings if vote["answer"] == "first" else meanings[::-1]
            fooled = accused["method"] == TRUTH
            made = other if fooled else accused
            yield made["method"], made["path"], fooled


def _shares(judgements):
    answers = defaultdict(list)
    for method, _, good in judgements:
        answers[method].append(good)
    return {method: statistics.fmean(goods) for method, goods in answers.items()}


def _row(method, judged, kind, seed):
    shares = [_shares(one) for one in judged.values()]
    values = [share[method] for share in shares if method in share]
    statistic = np.median if kind == "naturalness" else np.mean
    return {
        "method": method,
        "value": float(statistic(values)) if values else None,
        "interval": bootstrap_interval(values, statistic, seed),
        "participants": len(values),
        "votes": sum(name == method for one in judged.values() for name, _, _ in one),
    }


def _by_picture(judged):
    answers = defaultdict(list)
    for one in judged.values():
        for method, path, good in one:
            answers[path, method].append(good)
    return [
        {"path": path, "method": method, "share": statistics.fmean(goods), "votes": len(goods)}
        for (path, method), goods in sorted(answers.items())
    ]
