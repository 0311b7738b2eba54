"""What cannot be meant ends with code 2 and one line, before anything is written."""

import pytest

from keras_colorize.cli import main

COMMANDS = """
colorise
colorize A
colorize A -o OUT --overwrite --skip-existing
colorize A -o OUT -q -v
colorize A -o OUT --saturation much
colorize A -o OUT --working-size 7
colorize A -o OUT --precision float64
colorize A -o OUT --sheet x.png --truth nowhere
colorize A -o OUT --sheet x.gif
colorize empty -o OUT
colorize A -o A
colorize A -o A/0.png/out
bulk A -o OUT --saved-model x --preset y
bulk A -o OUT --saved-model x --precision float32
bulk A -o OUT --runner=X
evaluate PRESET T/0.png
evaluate PRESET T --limit 0
evaluate PRESET T --workers -1
evaluate PRESET T --sheet x.gif
evaluate PRESET T --csv x --json x
evaluate PRESET T --classifier nowhere.h5
evaluate PRESET T --features nowhere.keras
prior nowhere -o OUT
prior A -o OUT.json --size 30
prior A -o OUT.txt
study
study naturalness -o page.html
study naturalness A B -o page.txt
study naturalness A A -o page.html
study naturalness A empty -o page.html
study naturalness A B -o page.html --size 0
study real-or-colorized A -o page.html
study real-or-colorized A --truth T -o page.html
study real-or-colorized A --truth T -o page.html --practice -1
study count --key key.json
study count votes.json --key nowhere.json
study count votes.json --key key.json --catch-pass 2
web --port 70000
web --max-upload-mb 0
"""


@pytest.mark.parametrize("words", ["", *COMMANDS.strip().splitlines()])
def test_wrong_usage(refused, noise, tiny_preset, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    for name in "ABT":
        noise(name, "0.png")
    before = sorted(tmp_path.rglob("*"))
    refused(*words.replace("PRESET", str(tiny_preset)).split())
    assert sorted(tmp_path.rglob("*")) == before


def test_help_says_what_is_taken_by_default(capsys):
    for name, said in {"prior": "default: 128", "colorize": "default: vivid"}.items():
        with pytest.raises(SystemExit):
            main([name, "--help"])
        assert f"({said})" in " ".join(capsys.readouterr().out.split())
