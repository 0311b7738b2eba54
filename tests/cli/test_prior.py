import json

import pytest

from keras_colorize.data import read_prior


def test_counts_a_folder(noise, tmp_path, command):
    noise("album", "a.png", "old/b.jpg")
    album = noise("album", "grey.png", size=(20, 30))
    path = tmp_path / "new" / "prior.json"
    code, out, _ = command("prior", album, "-o", path, "--size", "32")
    assert (code, out) == (0, "2 counted, 1 near-grey and 0 unreadable left out\n")
    fields = json.loads(path.read_text())
    assert (fields["pictures"], fields["size"]) == (2, 32)
    assert sum(fields["counts"]) == 2 * 8 * 8
    assert read_prior(path).sum() == pytest.approx(1)
    assert "expected a new file" in command("prior", album, "-o", path)[2]
    assert json.loads(path.read_text()) == fields
    words = ("--keep-near-grey", "--overwrite")
    out = command("prior", album, "-o", path, *words)[1]
    assert out == "3 counted, 0 near-grey and 0 unreadable left out\n"
    assert json.loads(path.read_text())["pictures"] == 3
    (album / "cut.jpg").write_bytes((album / "old" / "b.jpg").read_bytes()[:200])
    code, out, err = command("prior", album, "-o", tmp_path / "other.json")
    assert (code, out) == (1, "2 counted, 1 near-grey and 1 unreadable left out\n")
    assert f"left out: {album / 'cut.jpg'}: " in err
