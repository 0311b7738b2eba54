import itertools
import json

import numpy as np
import pytest
import scipy.stats

from keras_colorize.apps.study import votes
from keras_colorize.apps.study.votes import read_key, read_votes
from keras_colorize.errors import InputError


def test_keys_of_another_kind_are_refused(naturalness, vote, tmp_path):
    with pytest.raises(InputError, match="key of a study"):
        read_key(vote(naturalness, "anna", lambda _: "yes"))
    with pytest.raises(InputError, match="nowhere.json"):
        read_key(tmp_path / "nowhere.json")
    path = naturalness.with_suffix(".key.json")
    whole = json.loads(path.read_text())
    pictures = ({"a": {"method": "x"}}, {"a": 5}, [])
    for damage in ({"kind": "taste"}, *({"pictures": found} for found in pictures)):
        path.write_text(json.dumps(whole | damage))
        with pytest.raises(InputError, match="whole key"):
            read_key(path)


def test_damaged_votes_and_those_of_other_pages_are_refused(
    naturalness, real_or_colorized, vote, tmp_path
):
    key = read_key(real_or_colorized.with_suffix(".key.json"))
    path = tmp_path / "damaged.json"
    for content in (b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a": 1}'):
        path.write_bytes(content)
        with pytest.raises(InputError, match="damaged.json: .xpected a file of votes"):
            read_votes(path, key)
    with pytest.raises(InputError, match=f"votes on page {key['page']}, received votes on"):
        read_votes(vote(naturalness, "anna", lambda _: "yes"), key)
    whole = json.loads(vote(real_or_colorized, "anna", lambda _: "first").read_text())["votes"]
    (one, other), third = whole[0]["shown"], whole[1]["shown"][0]
    shown = [None, "text", [], [one], [one, one], [one, third], [one, "ffff"], [one, other, third]]
    damages = [whole[:1] + [{"shown": ids, "answer": "first"}] for ids in shown]
    damages += [whole[:1] + [whole[1] | {"answer": "yes"}], [5], "votes", whole[:1] * 2, None]
    for damaged in damages:
        with pytest.raises(InputError, match="expected"):
            read_votes(vote(real_or_colorized, "bert", lambda _: "first", votes=damaged), key)
    for fields in ({"participant": ""}, {"participant": 3}, {"started": None}):
        fields = {"participant": "bert", "decide": lambda _: "first"} | fields
        with pytest.raises(InputError, match="participant"):
            read_votes(vote(real_or_colorized, **fields), key)


@pytest.fixture
def count(vote):
    """`count(page, sessions)`: counts sessions given as tuples of arguments of `vote`."""

    def run(page, *sessions, **words):
        key = read_key(page.with_suffix(".key.json"))
        paths = [vote(page, name, decide, **fields) for name, decide, fields in sessions]
        return votes.count_votes([read_votes(path, key) for path in paths], key, **words)

    return run


def yes_to_first(number):
    """Answers yes to so many pictures of `newest`, to all true ones and to none else."""
    left = {"truth": itertools.repeat("yes"), "newest": itertools.repeat("yes", number)}
    return lambda meanings: next(left.get(meanings[0]["method"], iter(())), "no")


def finder(found, catch=True):
    """Finds the colorized one of so many pairs, and of the catch pairs if `catch`."""
    asked = itertools.count()

    def decide(meanings):
        part = meanings[0]["part"]
        right = next(asked) < found if part == "test" else part == "catch" and catch
        true_first = meanings[0]["method"] == "truth"
        return "second" if true_first == right else "first"

    return decide


def test_naturalness_is_the_median_over_participants(naturalness, count):
    sessions = [(str(number), yes_to_first(number), {}) for number in (3, 9, 12)]
    results = count(naturalness, *sessions)
    assert [row["value"] for row in results["rows"]] == [0.0, 9 / 12, 1.0]
    row = {"method": "newest", "value": 9 / 12, "interval": (3 / 12, 1.0)}
    assert results["rows"][1] == row | {"participants": 3, "votes": 36}
    assert results["notes"] == []
    assert results["shares"]["3"] == {"oldest": 0.0, "newest": 0.25, "truth": 1.0}
    row = votes.format_results(results).splitlines()[3]
    assert row == "| newest | 75.0% | 25.0% to 100.0% | 3 | 36 |"


def test_the_fooling_rate_is_the_mean_over_those_who_find_the_catch_pairs(real_or_colorized, count):
    blind = ("carl", finder(5, catch=False), {})
    sessions = [("anna", finder(9), {}), ("bert", finder(3), {}), blind]
    results = count(real_or_colorized, *sessions)
    assert results["notes"] == ["carl left out: found 0 of 1 catch pairs"]
    assert list(results["shares"]) == ["anna", "bert"]
    (row,) = results["rows"]
    # Of nine pairs, anna is fooled by none and bert by six.
    assert row["value"] == pytest.approx((0 / 9 + 6 / 9) / 2)
    assert row["interval"] == pytest.approx((0.0, 6 / 9))
    assert (row["method"], row["participants"], row["votes"]) == ("newest", 2, 18)
    assert sorted(one["share"] for one in results["pictures"]) == [0.0] * 3 + [0.5] * 6
    kept = count(real_or_colorized, *sessions, catch_pass=0.0)
    assert (kept["rows"][0]["participants"], kept["notes"]) == (3, [])
    table = votes.format_results(count(real_or_colorized, blind))
    assert table.endswith("| newest | - | - | 0 | 0 |")


def test_of_several_files_of_a_participant_one_counts(naturalness, count, vote):
    days = {12: "2025-02-01T10:00:00.000Z", 6: "2025-01-31T10:00:00.000Z"}
    sessions = [("anna", yes_to_first(number), {"started": day}) for number, day in days.items()]
    results = count(naturalness, *sessions)
    assert results["shares"]["anna"]["newest"] == 0.5
    (note,) = results["notes"]
    assert note.startswith("anna twice: ")
    # Of one session it is the longest.
    whole = json.loads(vote(naturalness, "other", yes_to_first(12)).read_text())["votes"]
    sessions = [("anna", yes_to_first(6), fields) for fields in ({"votes": whole[:10]}, {})]
    assert sum(row["votes"] for row in count(naturalness, *sessions)["rows"]) == 36
    results = count(naturalness, sessions[0])
    assert sum(row["votes"] for row in results["rows"]) == 10
    assert results["notes"] == ["anna stopped after 10 of 36 votes"]


def test_intervals_are_those_of_scipy():
    bootstrap_interval = votes.bootstrap_interval
    shares = np.array([0.62, 0.71, 0.55, 0.9, 0.83, 0.78, 0.66, 0.95, 0.7, 0.81])
    for statistic in (np.mean, np.median):
        expected = scipy.stats.bootstrap(
            (shares,), statistic, n_resamples=50_000, method="percentile", rng=11
        ).confidence_interval
        np.testing.assert_allclose(bootstrap_interval(shares, statistic), expected, atol=0.006)
    assert bootstrap_interval([0.5], np.median) is None
    assert bootstrap_interval([], np.mean) is None
    assert bootstrap_interval([0.25, 0.25], np.mean) == (0.25, 0.25)
    first, same, other = (bootstrap_interval(shares, np.mean, seed) for seed in (1, 1, 2))
    assert first == same != other
