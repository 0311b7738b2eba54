"""Votes that come back, which anything may have happened to, and what they say."""

import json
import statistics
from collections import defaultdict
from pathlib import Path

import numpy as np

from keras_colorize import __version__
from keras_colorize.errors import expect, expecting
from .questions import CATCH, KEY_FORMAT, TRUTH, VOTES_FORMAT

LEVEL, RESAMPLES = 0.95, 10_000
"""Confidence level of intervals, whose ends repeat within about 0.1 standard errors."""

# Of each kind the metric, how it is taken over participants, the answers, and pictures at a time.
_KINDS = {
    "naturalness": ("naturalness (median)", np.median, ("yes", "no"), 1),
    "real-or-colorized": ("fooling rate (mean)", np.mean, ("first", "second"), 2),
}


def read_key(path):
    """Reads the key of a page, a dict, see `write_study`; `InputError` if it is none."""
    key = _read_json(path, KEY_FORMAT, "key of a study")
    with expecting("a whole key of a study", AttributeError, KeyError, TypeError, where=path):
        # All that is looked up later.
        _ = key["page"], key["methods"], key["expected_votes"], _KINDS[key["kind"]]
        _ = [(one["method"], one["path"], one["part"]) for one in key["pictures"].values()]
    return key


def read_votes(path, key):
    """Reads a file of votes on the page of a key, a dict with its `path`; `InputError` if not."""
    found = _read_json(path, VOTES_FORMAT, "file of votes")
    page, (_, _, answers, at_once) = found.get("page"), _KINDS[key["kind"]]
    expect(page == key["page"], f"votes on page {key['page']}, received votes on {page}", path)
    try:
        votes, names = found["votes"], (found["participant"], found["started"])
        is_whole = all(isinstance(name, str) and name for name in names)
        is_whole &= len({frozenset(vote["shown"]) for vote in votes}) == len(votes)
        for vote in votes:
            paths = [key["pictures"][name]["path"] for name in dict.fromkeys(vote["shown"])]
            is_whole &= len(vote["shown"]) == len(paths) == at_once and len(set(paths)) == 1
            is_whole &= vote["answer"] in answers
    except (KeyError, TypeError):
        is_whole = False
    expect(is_whole, "participant, start and votes on this page, each once", path)
    return {**found, "path": path}


def _read_json(path, form, what):
    with expecting(f"a {what}", OSError, ValueError, RecursionError, where=path):
        found = json.loads(Path(path).read_text(encoding="utf-8"))
    fits = isinstance(found, dict) and found.get("format") == form
    expect(fits, f"a {what} ({form!r}), received another file", path)
    return found


def count_votes(returned, key, seed=0, catch_pass=0.75):
    """Counts what `read_votes` returned of several files; a dict that JSON can hold.

    Naturalness is the share of yes of one participant, and the median over participants (Iizuka
    et al. 2016, figure 5). The fooling rate is the share of pairs in which the true version was
    taken for the colorized one, and the mean over participants (Zhang et al. 2016, table 1).
    Practice and catch pairs are in neither; who finds a smaller share of the latter than
    `catch_pass` is left out.
    """
    metric, statistic, *_ = _KINDS[key["kind"]]
    kept, notes, shares, by_picture = {}, [], {}, defaultdict(list)
    # The first session of each participant counts, and of that the file with the most votes.
    for votes in sorted(returned, key=lambda votes: (votes["started"], -len(votes["votes"]))):
        first = kept.setdefault(votes["participant"], votes)
        if first is not votes:
            files = f"{first['path']} counts, {votes['path']} does not"
            notes.append(f"{votes['participant']} twice: {files}")
    for name, votes in kept.items():
        caught = [not fooled for *_, fooled in _answers(votes, key, CATCH)]
        attentive = caught and sum(caught) >= catch_pass * len(caught)
        if key["kind"] != "naturalness" and not attentive:
            notes.append(f"{name} left out: found {sum(caught)} of {len(caught)} catch pairs")
            continue
        if (count := len(votes["votes"])) < key["expected_votes"]:
            notes.append(f"{name} stopped after {count} of {key['expected_votes']} votes")
        by_method = defaultdict(list)
        for path, method, good in _answers(votes, key, "test"):
            by_method[method].append(good)
            by_picture[path, method].append(good)
        shares[name] = {method: statistics.fmean(goods) for method, goods in by_method.items()}
    pictures = [
        {"path": path, "method": method, "share": statistics.fmean(goods), "votes": len(goods)}
        for (path, method), goods in sorted(by_picture.items())
    ]
    rows = []
    for method in key["methods"]:
        values = [share[method] for share in shares.values() if method in share]
        row = {"method": method, "value": float(statistic(values)) if values else None}
        row["interval"] = bootstrap_interval(values, statistic, seed)
        row["participants"] = len(values)
        row["votes"] = sum(one["votes"] for one in pictures if one["method"] == method)
        rows.append(row)
    settings = {"page": key["page"], "kind": key["kind"], "seed": seed, "catch_pass": catch_pass}
    settings |= {"level": LEVEL, "resamples": RESAMPLES}
    results = {"format": "keras-colorize study results 1", "version": __version__, "metric": metric}
    results |= {"rows": rows, "shares": shares, "pictures": pictures}
    return results | {"notes": notes, "settings": settings}


def _answers(votes, key, part):
    """Yields path, method and whether the picture was taken for natural or real."""
    for vote in votes["votes"]:
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


def bootstrap_interval(values, statistic, seed=0):
    """Percentile bootstrap interval, at 95 %, of one number for each participant; None below two.

    Participants are drawn, not votes: those of one person are not independent. The statistic takes
    an array (resamples, participants) and `axis`, as `np.median` does.
    """
    values = np.asarray(values, np.float64)
    if len(values) < 2:
        return None
    drawn = np.random.default_rng(seed).integers(0, len(values), (RESAMPLES, len(values)))
    tail = (1.0 - LEVEL) / 2.0
    return tuple(np.quantile(statistic(values[drawn], axis=1), [tail, 1.0 - tail]).tolist())


def format_results(results):
    """Formats what `count_votes` returned as a Markdown table, one row per method."""
    lines = [["method", results["metric"], f"{LEVEL:.0%} interval", "participants", "votes"]]
    lines.append(["---"] * len(lines[0]))
    for row in results["rows"]:
        value = "-" if row["value"] is None else f"{row['value']:.1%}"
        interval = "{:.1%} to {:.1%}".format(*row["interval"]) if row["interval"] else "-"
        lines.append([row["method"], value, interval, str(row["participants"]), str(row["votes"])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
