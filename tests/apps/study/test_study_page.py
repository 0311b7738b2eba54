import base64
import hashlib
import html
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from keras_colorize.apps.study import questions
from keras_colorize.apps.study.questions import make_naturalness, write_study
from keras_colorize.errors import InputError

PART = re.compile(r"<(style|script)([^>]*)>(.*?)</\1>", re.DOTALL)
"""Name, attributes and text of what is styled, run or read as data."""


def data_of(path):
    """What the page shows and asks."""
    return next(json.loads(text) for _, kind, text in PART.findall(path.read_text()) if kind)


@pytest.fixture(params=["naturalness", "real_or_colorized"])
def path(request):
    return request.getfixturevalue(request.param)


def test_nothing_is_loaded_sent_or_run_from_elsewhere(path):
    source = path.read_text("utf-8")
    (policy,) = re.findall('http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    policy = dict(rule.split(" ", 1) for rule in html.unescape(policy).split("; "))
    assert policy["default-src"] == policy["form-action"] == policy["base-uri"] == "'none'"
    assert policy["img-src"] == "data:"
    parts = PART.findall(source)
    assert len(parts) == 3
    for tag, kind, text in parts:
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert kind or policy[f"{tag}-src"] == f"'sha256-{digest}'"
    assert not re.search(r"\w+://|@import|url\(", source)
    tags = " ".join(re.findall(r"<\w[^>]*>", PART.sub(r"<\1\2>", source)))
    assert re.findall(r'\s(?:src|href)\s*=\s*"?([^\s">]*)', tags) == ["data:,"]
    assert not re.search(r"\son\w+\s*=", tags)


def test_the_page_does_not_tell_which_is_which(path, folders, key_of):
    # Without the pictures, in which base64 may spell anything, and the keyword of the scripts.
    source = re.sub("[A-Za-z0-9+/=]{200,}", "", path.read_text("utf-8")).replace("} catch {", "")
    for name in (*folders, "photo0", "deep", "catch", str(path.parent)):
        assert name not in source
    assert data_of(path)["page"] == key_of(path)["page"]
    pictures = list(data_of(path)["pictures"])
    assert pictures == sorted(pictures)
    assert set(pictures) == set(key_of(path)["pictures"])
    assert all(re.fullmatch("[0-9a-f]{16}", picture) for picture in pictures)


def test_pictures_are_whole_and_carry_no_metadata(naturalness, folders, key_of):
    pictures = data_of(naturalness)["pictures"]
    for name, meaning in key_of(naturalness)["pictures"].items():
        with Image.open(io.BytesIO(base64.b64decode(pictures[name]))) as picture:
            assert (picture.format, picture.size) == ("JPEG", (20, 15))
            assert set(picture.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
            shown = np.asarray(picture, np.float32)
        with Image.open(folders[meaning["method"]] / f"{meaning['path']}.png") as original:
            small = np.asarray(original.resize((20, 15), Image.Resampling.LANCZOS), np.float32)
        assert np.abs(shown - small).mean() < 8.0


def test_existing_pages_are_kept_and_large_ones_refused(naturalness, folders, monkeypatch):
    study = make_naturalness(folders, 2, size=20)
    for kept in (naturalness, naturalness.with_suffix(".key.json")):
        before = kept.read_bytes()
        with pytest.raises(ValueError, match="exists"):
            write_study(study, naturalness)
        assert kept.read_bytes() == before
    naturalness.unlink()
    with pytest.raises(ValueError, match="key.json: .* exists"):
        write_study(study, naturalness)
    write_study(study, naturalness, overwrite=True)
    with pytest.raises(InputError, match="can be written"):
        write_study(study, naturalness / "page.html")
    monkeypatch.setattr(questions, "MOST_BYTES", 20_000)
    with pytest.raises(ValueError, match="--size"):
        make_naturalness(folders, 1)
