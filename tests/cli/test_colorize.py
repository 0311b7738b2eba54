import functools
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_colorize import presets
from keras_colorize.io import read_photograph

ROOT = Path(__file__).parents[2]


@pytest.fixture
def album(noise):
    """A folder of grey photographs: a file of each odd size, and one in a folder."""
    sizes = {"a.jpg": (20, 30), "dot.png": (1, 1), "line.png": (1, 4000), "old/b.tif": (9, 8)}
    return [noise("album", name, size=size) for name, size in sizes.items()][0]


@pytest.fixture
def run(tiny_preset, command):
    """Runs `colorize` with the tiny preset; returns exit code, stdout and stderr."""
    return functools.partial(command, "colorize", "--preset", tiny_preset)


def test_a_folder_whose_bad_files_are_reported(run, album, tmp_path):
    (album / "empty.jpg").touch()
    (album / "text.jpg").write_text("This is no photograph.")
    whole = (album / "a.jpg").read_bytes()
    (album / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    two, frame = Image.new("L", (8, 8), 10), Image.new("L", (8, 8), 200)
    two.save(album / "two.gif", save_all=True, append_images=[frame])
    code, out, err = run(album, "-o", tmp_path / "out")
    assert (code, out) == (1, "5 done, 0 skipped, 3 failed\n")
    assert "animated GIF: the first frame was used" in err
    for name in ("empty.jpg", "text.jpg", "cut.jpg"):
        assert f"failed: {album / name}: expected" in err
        assert not (tmp_path / "out" / name).exists()
    for path in ("a.jpg", "dot.png", "line.png", "old/b.tif"):
        with Image.open(album / path) as before, Image.open(tmp_path / "out" / path) as after:
            assert (after.size, after.mode, after.format) == (before.size, "RGB", before.format)


def test_one_archive(run, album, noise, tmp_path):
    """Access copies beside masters; what is in color or no photograph is left out and said."""
    noise("album", "in_color.png", size=(64, 64, 3))
    (album / "raw.dng").touch()
    words = ["-o", tmp_path / "out", "--format", "jpg", "--suffix", "_c", "--max-side", 16]
    record = tmp_path / "record.jsonl"
    code, out, _ = run(album, *words, "--quality", 60, "--record", record)
    assert code == 0
    assert out == "4 done, 0 skipped, 0 failed; left out: 1 .dng, 1 in color\n"
    assert not (tmp_path / "out" / "in_color_c.jpg").exists()
    lines = {line["path"]: line for line in map(json.loads, record.read_text().splitlines())}
    assert lines["in_color.png"]["status"] == "in color"
    line = lines["old/b.tif"]
    for name, path in (("input", album / "old/b.tif"), ("output", tmp_path / "out/old/b_c.jpg")):
        assert line[f"{name}_sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (line["width"], line["height"], line["options"]["working_size"]) == (8, 9, 64)
    with Image.open(tmp_path / "out" / "a_c.jpg") as copy:
        assert (copy.format, copy.size) == ("JPEG", (16, 11))
        xmp = copy.info["xmp"].decode()
    for said in ("AISystemUsed>keras_colorize<", "Preset>tiny@1<", lines["a.jpg"]["input_sha256"]):
        assert said in xmp
    # A single photograph is colorized all the same.
    code, out, err = run(album / "in_color.png", "-o", tmp_path / "one.png")
    assert (code, "in_color.png: was in color already" in err) == (0, True)
    words = album / "in_color.png", "-o", tmp_path / "two.png", "--already-color", "keep"
    assert run(*words)[1] == "0 done, 0 skipped, 0 failed; left out: 1 in color\n"
    assert "expected a folder with --format" in run(*words, "--format", "png")[2]


def test_classify_tells_scenes_and_which_files_are_no_photographs(command, album, tiny_preset):
    (album / "text.jpg").write_text("This is no photograph.")
    code, out, err = command("classify", album, "--top", 2)
    lines = out.splitlines()
    assert (code, len(lines)) == (1, 4)
    assert re.fullmatch(rf"{album}/a.jpg: \S+ [\d.]+ %, \S+ [\d.]+ %", lines[0])
    assert f"failed: {album}/text.jpg: expected" in err
    code, out, err = command("classify", album / "a.jpg", "--preset", tiny_preset)
    assert (code, out) == (2, "")
    assert "Expected a network that tells scenes apart" in err


def test_existing_outputs(run, album, tmp_path):
    words = (album / "a.jpg", "-o", tmp_path / "out")
    assert run(*words)[0] == 0
    code, out, err = run(*words)
    assert (code, out) == (1, "0 done, 0 skipped, 1 failed\n")
    assert "exists" in err
    assert run(*words, "--skip-existing")[:2] == (0, "0 done, 1 skipped, 0 failed\n")
    assert run(*words, "--overwrite")[:2] == (0, "1 done, 0 skipped, 0 failed\n")


def test_the_mark_and_options(run, album, tmp_path):
    run(album / "a.jpg", "-o", tmp_path / "marked.jpg")
    run(album / "a.jpg", "-o", tmp_path / "plain.jpg", "--no-mark", "--saturation", "0")
    assert b"DigitalSourceType" in (tmp_path / "marked.jpg").read_bytes()
    assert b"DigitalSourceType" not in (tmp_path / "plain.jpg").read_bytes()
    plain, marked = (Image.open(tmp_path / f"{name}.jpg") for name in ("plain", "marked"))
    assert np.ptp(plain, axis=-1).max() == 0 < np.ptp(marked, axis=-1).max()


def test_sheet_with_truth(run, album, tmp_path):
    words = (album, "-o", tmp_path / "out", "--sheet")
    code, out, _ = run(*words, tmp_path / "sheet.png", "--truth", album)
    assert code == 0
    assert f"contact sheet: {tmp_path / 'sheet.png'}" in out
    assert run(*words, tmp_path / "two.png", "--overwrite")[0] == 0
    with Image.open(tmp_path / "sheet.png") as three, Image.open(tmp_path / "two.png") as two:
        assert two.width < three.width


def test_a_fault_of_the_library_is_no_wrong_usage(run, album, tmp_path, monkeypatch):
    def fail(*_, **__):
        raise ValueError("a fault")

    monkeypatch.setattr("keras_colorize.inference.batch.colorize_files", fail)
    with pytest.raises(ValueError, match="a fault"):
        run(album, "-o", tmp_path / "out")


def test_quiet_and_verbose(run, album, tmp_path):
    (album / "empty.jpg").touch()
    code, out, err = run(album, "-o", tmp_path / "quiet", "-q")
    assert (code, out) == (1, "")
    assert err.splitlines() == [
        f"failed: {album}/empty.jpg: expected a photograph, received an empty file."
    ]
    code, out, err = run(
        album / "a.jpg", "-o", tmp_path / "a.png", "--verbose", "--saturation", 1.5
    )
    assert (code, out) == (0, "1 done, 0 skipped, 0 failed\n")
    said = rf"{album}/a.jpg: {tmp_path}/a.png, done, \d+\.\d\d s; .*'saturation': 1.5"
    assert re.search(said, err)


def test_demo(command, tmp_path, tiny_preset, monkeypatch):
    shutil.copytree(tiny_preset, tmp_path / "shipped" / "vivid")
    monkeypatch.setattr(presets.names, "presets_folder", lambda: tmp_path / "shipped")
    code, out, _ = command("demo", "-o", tmp_path / "demo")
    assert code == 0
    assert "4 done" in out
    assert (tmp_path / "demo" / "sheet.png").exists()
    folders = [tmp_path / "demo" / name for name in ("grey", "truth", "color")]
    names = [sorted(path.name for path in folder.iterdir()) for folder in folders]
    assert len(names[0]) == 4 and names[0] == names[1] == names[2]
    for name in names[0]:
        grey, truth = (np.ptp(read_photograph(x / name).pixels, axis=-1) for x in folders[:2])
        assert grey.max() <= 1 < 100 < truth.max()


SCRIPT = """
import signal, sys
from keras_colorize import cli
# A test run in the background of a shell ignores Ctrl-C, and its children would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)
sys.exit(cli.main())
"""


def test_the_command_is_quiet_and_can_be_interrupted(album, tmp_path, tiny_preset):
    # Many sizes, which cause no warning, before many photographs.
    for width in range(32, 320, 32):
        Image.new("L", (width, 256), 90).save(album / f"000-{width}.png")
    for number in range(300):
        shutil.copy(album / "a.jpg", album / f"{number:03}.jpg")
    words = ["colorize", album, "-o", tmp_path / "out", "--preset", tiny_preset]
    known = {name: one for name, one in os.environ.items() if not name.startswith("TF_CPP")}
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, *words, "--working-size", "256"],
        env={**known, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
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


def test_a_sheet_of_all_combinations(run, album, tiny_preset, tmp_path):
    words = "--grid", "saturation=0,1", "--grid", f"preset={tiny_preset}", "--samples", 2
    code, out, _ = run(album / "a.jpg", *words, "--sheet", tmp_path / "s.png")
    assert (code, out) == (0, f"contact sheet: {tmp_path / 's.png'}\n")
    with Image.open(tmp_path / "s.png") as image:
        pixels = np.asarray(image).astype(int)
    # Two columns, the draws, and two rows: without color and with it, each draw its own.
    color = np.ptp(pixels, axis=-1)[50:]
    middle, left = len(color) // 2, color.shape[1] // 2
    assert color[: middle - 30].max() <= 2 < color[middle + 30 :].max()
    cells = pixels[50 + middle + 30 :, 25:left], pixels[50 + middle + 30 :, left + 28 :]
    width = min(cell.shape[1] for cell in cells) - 30
    assert np.abs(cells[0][:, :width] - cells[1][:, :width]).mean() > 0.1


def test_samples_are_files(run, album, tmp_path):
    words = album / "a.jpg", "--samples", 2, "-o"
    assert run(*words, tmp_path / "out")[:2] == (0, 2 * "1 done, 0 skipped, 0 failed\n")
    assert run(*words, tmp_path / "one.png", "--seed", 1)[0] == 0
    drawn = [tmp_path / "out" / "a-1.jpg", tmp_path / "out" / "a-2.jpg"]
    first, second = (read_photograph(path).pixels for path in drawn)
    assert (first != second).any()
    assert (tmp_path / "one-2.png").exists() and not (tmp_path / "one.png").exists()
    code, _, err = run(*words, tmp_path / "out")
    assert code == 1 and "--overwrite" in err


def test_wrong_grids(refused, album, tmp_path):
    sheet = "--sheet", tmp_path / "s.png"
    for words, said in (
        (("--grid", "saturation=1,2"), "--sheet with --grid"),
        (("--grid", "saturation=1", *sheet, "-o", tmp_path), "no --output with --grid"),
        (("--samples", 2, *sheet, "-o", tmp_path), "-o or --sheet with --samples"),
        ((), "-o with a folder"),
        (("--grid", "saturation=1", "--sheet", album / "a.jpg"), "a sheet that is no input"),
    ):
        assert said in refused("colorize", album / "a.jpg", *words)
