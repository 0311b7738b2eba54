import itertools
import json

import pytest

from keras_colorize.apps.study import (
    count_votes,
    format_results,
    read_key,
    read_votes,
    write_results,
)
from keras_colorize.io import PhotographError


@pytest.fixture
def count(vote):
    """`count(page, sessions)`: counts sessions given as tuples of arguments of `vote`."""

    def run(page, *sessions, **words):
        key = read_key(page.with_suffix(".key.json"))
        paths = [vote(page, name, decide, **fields) for name, decide, fields in sessions]
        return count_votes([read_votes(path, key) for path in paths], key, **words)

    return run


def yes_to_first(number):
    """Answers yes to so many pictures of `newest`, to all true ones and to none else."""
    asked = itertools.count()

    def decide(meanings):
        method = meanings[0]["method"]
        return "yes" if method == "truth" or (method == "newest" and next(asked) < number) else "no"

    return decide


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
    rows = {row["method"]: row for row in results.rows}
    assert {name: row["value"] for name, row in rows.items()} == {
        "oldest": 0.0,
        "newest": 9 / 12,
        "truth": 1.0,
    }
    assert rows["newest"]["interval"] == (3 / 12, 1.0)
    assert (rows["newest"]["participants"], rows["newest"]["votes"]) == (3, 36)
    assert results.notes == []
    assert results.shares["3"] == {"oldest": 0.0, "newest": 0.25, "truth": 1.0}
    assert (
        format_results(results).splitlines()[3] == "| newest | 75.0% | 25.0% to 100.0% | 3 | 36 |"
    )


def test_the_fooling_rate_is_the_mean_over_participants(real_or_colorized, count):
    results = count(real_or_colorized, ("anna", finder(9), {}), ("bert", finder(3), {}))
    (row,) = results.rows
    # Of nine pairs, anna is fooled by none and bert by six.
    assert row["value"] == pytest.approx((0 / 9 + 6 / 9) / 2)
    assert row["interval"] == pytest.approx((0.0, 6 / 9))
    assert (row["method"], row["participants"], row["votes"]) == ("newest", 2, 18)
    assert sorted(one["share"] for one in results.pictures) == [0.0] * 3 + [0.5] * 6


def test_who_misses_the_catch_pairs_is_left_out_and_named(real_or_colorized, count):
    sessions = [("anna", finder(5), {}), ("bert", finder(5, catch=False), {})]
    results = count(real_or_colorized, *sessions)
    assert results.notes == ["bert left out: found 0 of 1 catch pairs"]
    assert list(results.shares) == ["anna"]
    assert results.rows[0]["interval"] is None
    kept = count(real_or_colorized, *sessions, catch_pass=0.0)
    assert (kept.rows[0]["participants"], kept.notes) == (2, [])


def test_nobody_left(real_or_colorized, count):
    results = count(real_or_colorized, ("bert", finder(5, catch=False), {}))
    assert format_results(results).splitlines()[-1] == "| newest | - | - | 0 | 0 |"


def test_the_first_session_of_a_participant_counts(naturalness, count):
    late, early = "2025-02-01T10:00:00.000Z", "2025-01-31T10:00:00.000Z"
    results = count(
        naturalness,
        ("anna", yes_to_first(12), {"started": late}),
        ("anna", yes_to_first(6), {"started": early}),
    )
    assert results.shares["anna"]["newest"] == 0.5
    (note,) = results.notes
    assert note.startswith("anna twice: ")


def test_of_one_session_the_longest_file_counts(naturalness, count, vote):
    whole = json.loads(vote(naturalness, "other", yes_to_first(12)).read_text())["votes"]
    stopped = {"votes": whole[:10]}
    results = count(naturalness, ("anna", yes_to_first(6), stopped), ("anna", yes_to_first(6), {}))
    assert sum(row["votes"] for row in results.rows) == 36
    results = count(naturalness, ("anna", yes_to_first(6), stopped))
    assert sum(row["votes"] for row in results.rows) == 10
    assert results.notes == ["anna stopped after 10 of 36 votes"]


def test_results_are_written_once(naturalness, count, tmp_path):
    results = count(naturalness, ("anna", yes_to_first(6), {}), seed=5)
    write_results(results, tmp_path / "results.json")
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["format"] == "keras-colorize study results 1"
    assert found["settings"]["seed"] == 5
    assert found["rows"][1]["value"] == 0.5
    with pytest.raises(PhotographError, match="exists"):
        write_results(results, tmp_path / "results.json")
    write_results(results, tmp_path / "results.json", overwrite=True)
