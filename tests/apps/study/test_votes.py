import json

import pytest

from keras_colorize.apps.study import VotesError, read_key, read_votes


def natural(_):
    return "yes"


def first(_):
    return "first"


def test_votes_are_read(naturalness, vote):
    key = read_key(naturalness.with_suffix(".key.json"))
    votes = read_votes(vote(naturalness, "Änne", natural), key)
    assert votes.participant == "Änne"
    assert len(votes.votes) == 36


def test_keys_of_another_kind_are_refused(naturalness, vote, tmp_path):
    with pytest.raises(VotesError, match="key of a study"):
        read_key(vote(naturalness, "anna", natural))
    with pytest.raises(VotesError, match="nowhere.json"):
        read_key(tmp_path / "nowhere.json")
    path = naturalness.with_suffix(".key.json")
    whole = json.loads(path.read_text())
    for damage in ({"kind": "taste"}, {"pictures": {"a": {"method": "x"}}}, {"pictures": []}):
        path.write_text(json.dumps(whole | damage))
        with pytest.raises(VotesError, match="damaged"):
            read_key(path)


def test_votes_of_another_page_are_refused(naturalness, real_or_colorized, vote):
    key = read_key(real_or_colorized.with_suffix(".key.json"))
    with pytest.raises(VotesError, match=f"expected votes on page {key['page']}, got votes on"):
        read_votes(vote(naturalness, "anna", natural), key)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"a": 1}'])
def test_files_that_are_no_votes_are_refused(naturalness, tmp_path, content):
    key = read_key(naturalness.with_suffix(".key.json"))
    path = tmp_path / "damaged.json"
    path.write_bytes(content)
    with pytest.raises(VotesError, match="damaged.json: expected a file of votes"):
        read_votes(path, key)


def test_damage_inside_is_refused(real_or_colorized, vote):
    key = read_key(real_or_colorized.with_suffix(".key.json"))
    whole = json.loads(vote(real_or_colorized, "anna", first).read_text())["votes"]
    (one, other), third = whole[0]["shown"], whole[1]["shown"][0]
    shown = [None, "text", [], [one], [one, one], [one, third], [one, "ffff"], [one, other, third]]
    damages = [whole[:1] + [{"shown": ids, "answer": "first"}] for ids in shown]
    damages += [whole[:1] + [whole[1] | {"answer": "yes"}], [5], "votes", whole[:1] * 2, None]
    for votes in damages:
        with pytest.raises(VotesError, match="expected"):
            read_votes(vote(real_or_colorized, "bert", first, votes=votes), key)
    given = {"participant": "bert", "decide": first}
    for fields in ({"participant": ""}, {"participant": 3}, {"started": None}):
        with pytest.raises(VotesError, match="participant"):
            read_votes(vote(real_or_colorized, **given | fields), key)
