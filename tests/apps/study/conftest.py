import json

import numpy as np
import pytest
from PIL import Image

from keras_colorize.apps.study import questions

COUNT = 12


@pytest.fixture
def folders(tmp_path):
    """Folders of three methods by name: the same photographs in other colors, all of one size."""
    generator = np.random.default_rng(2)
    made = {name: tmp_path / f"{name} pictures" for name in ("oldest", "newest", "truth")}
    for number in range(COUNT):
        pixels = generator.integers(0, 256, (30, 40, 3), np.uint8)
        for turn, folder in enumerate(made.values()):
            path = folder / "deep" / f"photo{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.roll(pixels, turn, axis=-1)).save(path)
    return made


@pytest.fixture
def naturalness(folders, tmp_path):
    """Path of the page of a study of naturalness."""
    questions.write_study(
        questions.make_naturalness(folders, 1, size=20), tmp_path / "natural.html"
    )
    return tmp_path / "natural.html"


@pytest.fixture
def real_or_colorized(folders, tmp_path):
    """Path of the page of a test of one method: 2 practice, 9 test and 1 catch pair."""
    methods = {name: folders[name] for name in ("newest", "truth")}
    study = questions.make_real_or_colorized(methods, 1, size=20, trials=10, practice=2)
    questions.write_study(study, tmp_path / "real.html")
    return tmp_path / "real.html"


@pytest.fixture
def key_of():
    """`key_of(page)`: the key written next to a page."""
    return lambda page: json.loads(page.with_suffix(".key.json").read_text("utf-8"))


@pytest.fixture
def vote(tmp_path, key_of):
    """`vote(page, participant, decide, **fields)`: writes votes as the page saves them.

    `decide(meanings)` gets what the key says of the pictures shown, and answers.
    """

    def write(page, participant, decide, started="2025-01-01T10:00:00.000Z", **fields):
        key, trials = key_of(page), {}
        for picture, meaning in key["pictures"].items():
            place = picture if key["kind"] == "naturalness" else meaning["path"]
            trials.setdefault(place, []).append(picture)
        # Of pairs the true one comes first in every other.
        shown = [pair[:: 1 if number % 2 else -1] for number, pair in enumerate(trials.values())]
        votes = [
            {"shown": ids, "answer": decide([key["pictures"][one] for one in ids])}
            | {"milliseconds": 900, "at": "2025-01-01T10:00:01.000Z"}
            for ids in shown
        ]
        found = {"format": "keras-colorize study votes 1", "page": key["page"]}
        found |= {"kind": key["kind"], "participant": participant, "seed": 7}
        found |= {"started": started, "votes": votes} | fields
        path = tmp_path / f"votes-{participant}-{len(list(tmp_path.glob('votes-*')))}.json"
        path.write_text(json.dumps(found), "utf-8")
        return path

    return write
