from collections import Counter

import pytest

from keras_colorize.apps.study import make_naturalness


def test_every_method_of_every_photograph(folders):
    study = make_naturalness(folders, 1)
    assert Counter(one["method"] for one in study.meaning.values()) == dict.fromkeys(folders, 12)
    assert study.settings["expected_votes"] == 36
    for ids in study.data["photographs"]:
        assert len({study.meaning[name]["path"] for name in ids}) == 1
        assert {study.meaning[name]["method"] for name in ids} == set(folders)


def test_some_photographs_are_drawn(folders):
    done = []
    study = make_naturalness(
        folders, 3, max_pictures=5, per_participant=4, on_picture=lambda: done.append(1)
    )
    assert len(done) == len(study.data["photographs"]) == 5
    assert study.data["perParticipant"] == 4
    assert study.settings["expected_votes"] == 12
    other = make_naturalness(folders, 4, max_pictures=5)
    paths = [{one["path"] for one in made.meaning.values()} for made in (study, other)]
    assert paths[0] != paths[1]


def test_no_more_photographs_than_there_are(folders):
    study = make_naturalness(folders, 1, max_pictures=100, per_participant=100)
    assert study.data["perParticipant"] == 12


def test_one_method_alone_is_refused(folders):
    with pytest.raises(ValueError, match="at least two folders"):
        make_naturalness({"newest": folders["newest"]}, 1)
