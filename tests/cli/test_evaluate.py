import csv
import dataclasses
import functools
import json
import re
import shutil

import pytest
from PIL import Image

from keras_colorize import PresetConfig, evaluation, save_preset
from keras_colorize.models import resnet18_gray_classifier


@pytest.fixture
def truth(noise):
    return noise("truth", "a.png", "b.png", "old/c.png")


@pytest.fixture
def run(command):
    """Runs `evaluate`; returns exit code, stdout and stderr."""
    return functools.partial(command, "evaluate")


def _first_cells(out):
    return [line.split("|")[1].strip() for line in out.splitlines() if line.startswith("|")]


def test_a_preset_that_only_tells_scenes_apart(run, refused, truth, tmp_path):
    arguments, classifier = {"width": 1 / 16, "classes": 2}, tmp_path / "classifier"
    config = PresetConfig("resnet18_gray_classifier", arguments, "class_logits", working_size=32)
    config = dataclasses.replace(config, class_names=("new", "old"))
    save_preset(resnet18_gray_classifier(**arguments), classifier, config)
    code, out, _ = run(classifier, truth)
    assert code == 0
    assert "| metric | better | grey | truth |" in out
    assert re.search(r"\| scene top-1, % \| higher \| (0|100).00 \| - \|", out)
    words = ["colorize", truth, "-o", tmp_path / "out", "--preset", classifier]
    assert "expected a preset that colorizes" in refused(*words)
    assert not any((tmp_path / "out").rglob("*.png"))


def test_all_files(run, refused, tiny_preset, truth, tmp_path, mobilenet_weights):
    files = {kind: tmp_path / "out" / f"x.{kind}" for kind in ("csv", "json", "png", "jpg")}
    words = (tiny_preset, truth, "--csv", files["csv"], "--json", files["json"])
    words += ("--sheet", files["png"], "--plot", files["jpg"], "--seed", "7")
    words += ("--classifier", mobilenet_weights)
    code, out, _ = run(*words)
    assert code == 0
    assert "| fid[mobilenet_v2], n = 3 |" in out
    cells = _first_cells(out)
    assert cells[:8] == ["method", "---", "better", "grey", "mean", "tiny", "truth", "metric"]
    assert {"SSIM", "CIEDE2000", "blotchiness", "Acc(U), %", "AuC, rebalanced, %"} <= set(cells)
    assert "lpips: not measured (package lpips not installed)" in out
    assert "scene top-1, top-5: not measured (no preset that knows scenes)" in out
    assert "\n3 measured, 0 failed\n" in out
    with open(files["csv"], newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 3 * 4
    assert {row["recognized"] for row in rows} <= {"0.0", "100.0"}
    record = json.loads(files["json"].read_text())
    assert (record["method"], record["seed"], record["n"]) == ("tiny", 7, 3)
    config = json.loads((tiny_preset / "config.json").read_text())
    assert record["weights_sha256"] == config["sha256"]
    assert list(record["evaluators_sha256"]) == [str(mobilenet_weights)]
    assert (record["options"]["working_size"], record["protocol"]["long_side"]) == (64, 256)
    assert record["not_measured"]["lpips"] == "package lpips not installed"
    with Image.open(files["png"]) as sheet, Image.open(files["jpg"]) as plot:
        assert sheet.width > 4 * 256
        assert plot.format == "JPEG"
    # Nothing is measured when it could not be written.
    before = files["csv"].read_bytes()
    assert "--overwrite" in refused("evaluate", *words)
    assert files["csv"].read_bytes() == before
    # A folder that is called like a row has another name there.
    code, out, _ = run(truth, truth, "--csv", files["csv"], "--overwrite")
    assert _first_cells(out)[3:6] == ["grey", "truth (measured)", "truth"]
    assert files["csv"].read_bytes() != before


def test_pictures_of_another_program(run, refused, truth, tmp_path):
    made = shutil.copytree(truth, tmp_path / "other")
    with Image.open(made / "b.png") as picture:
        picture.save(made / "b.tif")
    (made / "b.png").unlink()
    Image.new("RGB", (5, 5)).save(made / "more.png")
    code, out, err = run(made, truth, "--json", tmp_path / "x.json")
    assert code == 0
    assert _first_cells(out)[:6] == ["method", "---", "better", "grey", "other", "truth"]
    assert f"note: {made / 'more.png'}: belongs to no true picture" in err
    record = json.loads((tmp_path / "x.json").read_text())
    # They are the true pictures themselves.
    assert record["metrics"]["other"]["ab_error"] < 0.05
    assert record["colorized_pictures"]["a.png"] == record["photographs"]["a.png"]
    assert set(record["colorized_pictures"]) == {"a.png", "b.png", "old/c.png"}
    said = refused("evaluate", made, truth, "--saturation", "1.2", "--working-size", "64")
    assert "expected no --working-size, --saturation" in said
    (made / "a.png").unlink()
    assert "a.png: missing" in refused("evaluate", made, truth)


def test_a_training_run_and_its_curves(run, tiny_preset, truth, tmp_path, monkeypatch):
    folder = tmp_path / "run"
    shutil.copytree(tiny_preset, folder / "preset")
    (folder / "history.csv").write_text("epoch,loss,val_loss\n0,3.0,3.5\n1,2.0,2.5\n")
    histories = []
    monkeypatch.setattr(evaluation, "write_plot", lambda *words: histories.append(words[2]))
    for subject in (folder, folder / "preset"):
        code, out, _ = run(subject, truth, "--limit", "1", "--plot", tmp_path / "plot.png")
        assert code == 0
        assert "| preset |" in out
        assert f"written: {tmp_path / 'plot.png'}" in out
    assert histories == [folder / "history.csv"] * 2


def test_unreadable_photographs_are_counted_and_the_rest_is_measured(run, tiny_preset, truth):
    (truth / "a.png").write_text("This is no photograph.")
    code, out, err = run(tiny_preset, truth)
    assert code == 1
    assert out.endswith("2 measured, 1 failed\n")
    assert f"failed: {truth / 'a.png'}" in err
    for path in truth.rglob("*.png"):
        path.write_text("This is no photograph.")
    assert run(tiny_preset, truth)[:2] == (1, "0 measured, 3 failed\n")
