import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_colorize import cli, presets

ROOT = Path(__file__).parents[2]


@pytest.fixture
def album(tmp_path):
    """A folder of grey photographs: a file of each odd size, and one in a folder."""
    sizes = {"a.jpg": (20, 30), "dot.png": (1, 1), "line.png": (1, 4000), "old/b.tif": (9, 8)}
    for name, size in sizes.items():
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.random.default_rng(1).integers(0, 256, size, np.uint8)).save(path)
    return tmp_path / "album"


@pytest.fixture
def run(tiny_preset, capsys):
    """Runs the command with the tiny preset; returns exit code, stdout and stderr."""

    def call(*words, preset=tiny_preset):
        words = [str(word) for word in words]
        if words[:1] == ["colorize"]:
            words[1:1] = ["--precision", "float32"] + ["--preset", str(preset)] * bool(preset)
        try:
            code = cli.main(words)
        except SystemExit as leaving:
            code = leaving.code
        return code, *capsys.readouterr()

    return call


def test_a_folder(run, album, tmp_path):
    code, out, _ = run("colorize", album, "-o", tmp_path / "out")
    assert code == 0
    assert out == "4 done, 0 skipped, 0 failed\n"
    for path in ("a.jpg", "dot.png", "line.png", "old/b.tif"):
        with Image.open(album / path) as before, Image.open(tmp_path / "out" / path) as after:
            assert (after.size, after.mode, after.format) == (before.size, "RGB", before.format)


def test_bad_files_are_reported_and_the_rest_goes_on(run, album, tmp_path):
    (album / "empty.jpg").touch()
    (album / "text.jpg").write_text("This is no photograph.")
    whole = (album / "a.jpg").read_bytes()
    (album / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    code, out, err = run("colorize", album, "-o", tmp_path / "out")
    assert code == 1
    assert out == "4 done, 0 skipped, 3 failed\n"
    for name in ("empty.jpg", "text.jpg", "cut.jpg"):
        assert f"failed: {album / name}: expected" in err
        assert not (tmp_path / "out" / name).exists()


def test_existing_outputs(run, album, tmp_path):
    words = ("colorize", album / "a.jpg", "-o", tmp_path / "out")
    assert run(*words)[0] == 0
    code, out, err = run(*words)
    assert (code, out) == (1, "0 done, 0 skipped, 1 failed\n")
    assert "exists" in err
    assert run(*words, "--skip-existing")[:2] == (0, "0 done, 1 skipped, 0 failed\n")
    assert run(*words, "--overwrite")[:2] == (0, "1 done, 0 skipped, 0 failed\n")


def test_animations_are_noted(run, tmp_path):
    frames = [Image.new("L", (8, 8), level) for level in (10, 200)]
    frames[0].save(tmp_path / "two.gif", save_all=True, append_images=frames[1:])
    code, _, err = run("colorize", tmp_path / "two.gif", "-o", tmp_path / "out")
    assert code == 0
    assert "animated GIF: the first frame was used" in err
    assert (tmp_path / "out" / "two.png").exists()


def test_the_mark_and_options(run, album, tmp_path):
    run("colorize", album / "a.jpg", "-o", tmp_path / "marked.jpg")
    words = ("--no-mark", "--saturation", "0")
    run("colorize", album / "a.jpg", "-o", tmp_path / "plain.jpg", *words)
    assert b"DigitalSourceType" in (tmp_path / "marked.jpg").read_bytes()
    assert b"DigitalSourceType" not in (tmp_path / "plain.jpg").read_bytes()
    plain, marked = (Image.open(tmp_path / f"{name}.jpg") for name in ("plain", "marked"))
    assert np.ptp(plain, axis=-1).max() == 0 < np.ptp(marked, axis=-1).max()


def test_sheet_with_truth(run, album, tmp_path):
    words = ("colorize", album, "-o", tmp_path / "out", "--sheet")
    code, out, _ = run(*words, tmp_path / "sheet.png", "--truth", album)
    assert code == 0
    assert f"contact sheet: {tmp_path / 'sheet.png'}" in out
    assert run(*words, tmp_path / "two.png", "--overwrite")[0] == 0
    with Image.open(tmp_path / "sheet.png") as three, Image.open(tmp_path / "two.png") as two:
        assert two.width < three.width


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("colorise",),
        ("colorize", "IN"),
        ("colorize", "IN", "-o", "OUT", "--overwrite", "--skip-existing"),
        ("colorize", "IN", "-o", "OUT", "--saturation", "much"),
        ("colorize", "IN", "-o", "OUT", "--working-size", "7"),
        ("colorize", "IN", "-o", "OUT", "--precision", "float64"),
        ("colorize", "IN", "-o", "OUT", "--truth", "IN"),
        ("colorize", "IN", "-o", "OUT", "--sheet", "x.png", "--truth", "nowhere"),
        ("colorize", "IN", "-o", "OUT", "--sheet", "x.gif"),
        ("colorize", "IN", "nowhere", "-o", "OUT"),
        ("colorize", "IN/*.bmp", "-o", "OUT"),
        ("colorize", "empty", "-o", "OUT"),
        ("colorize", "IN", "-o", "IN"),
        ("colorize", "IN", "-o", "IN/a.jpg/out"),
        ("evaluate", "tiny", "nowhere"),
    ],
    ids=" ".join,
)
def test_wrong_usage(run, album, tmp_path, monkeypatch, words):
    monkeypatch.chdir(tmp_path)
    album.rename("IN")
    (tmp_path / "empty").mkdir()
    code, out, err = run(*words)
    assert code == 2
    assert out == ""
    assert err.strip().splitlines()[-1].startswith("keras-colorize")


def test_presets_that_cannot_be_used(run, album, tmp_path, tiny_preset, monkeypatch):
    shutil.copytree(tiny_preset, tmp_path / "shipped" / "best")
    monkeypatch.setattr(presets.names, "presets_folder", lambda: tmp_path / "shipped")
    words = ("colorize", album, "-o", tmp_path / "out")
    code, _, err = run(*words, preset="unknown")
    assert code == 2
    assert "(best)" in err
    assert run(*words, preset=None)[0] == 2
    with open(tmp_path / "shipped" / "best" / presets.WEIGHTS_FILE, "ab") as file:
        file.write(b"x")
    code, _, err = run(*words, preset="best")
    assert code == 2
    assert "sha256" in err


def test_a_fault_of_the_library_is_no_wrong_usage(run, album, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ValueError("a fault")

    monkeypatch.setattr("keras_colorize.inference.batch.colorize_files", fail)
    with pytest.raises(ValueError, match="a fault"):
        run("colorize", album, "-o", tmp_path / "out")


def test_demo(run, tmp_path, tiny_preset, monkeypatch):
    shutil.copytree(tiny_preset, tmp_path / "shipped" / "vivid")
    monkeypatch.setattr(presets.names, "presets_folder", lambda: tmp_path / "shipped")
    code, out, _ = run("demo", "-o", tmp_path / "demo")
    assert code == 0
    assert "4 done" in out
    assert (tmp_path / "demo" / "sheet.png").exists()
    assert len(list((tmp_path / "demo" / "color").iterdir())) == 4


def _process(*words, **options):
    script = "import sys; from keras_colorize import cli; sys.exit(cli.main())"
    # A test run in the background of a shell ignores Ctrl-C, and its children would, too.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("TF_CPP")
    }
    return subprocess.Popen(
        [sys.executable, "-c", heard + options.get("script", script), *map(str, words)],
        env=environment | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_the_command_is_quiet_and_can_be_interrupted(album, tmp_path, tiny_preset):
    # Many sizes, which cause no warning, before many photographs.
    for width in range(32, 320, 32):
        Image.new("L", (width, 256), 90).save(album / f"000-{width}.png")
    for number in range(300):
        shutil.copy(album / "a.jpg", album / f"{number:03}.jpg")
    words = ("-o", tmp_path / "out", "--preset", tiny_preset, "--working-size", "256")
    process = _process("colorize", album, *words)
    while not list((tmp_path / "out").glob("*.jpg")) and process.poll() is None:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert out == ""
    assert [line for line in err.splitlines() if "colorizing" not in line] == [
        "keras-colorize: interrupted; finished pictures are whole"
    ]
    colorized = list((tmp_path / "out").iterdir())
    assert 9 < len(colorized) < 300
    for path in colorized:
        with Image.open(path) as whole:
            whole.load()
