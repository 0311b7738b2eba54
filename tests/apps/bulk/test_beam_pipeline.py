"""The pipeline in Beam's direct runner, with everything in this process."""

import shutil
import warnings

import pytest
from PIL import Image
from skimage import data

from keras_colorize import cli
from keras_colorize.apps.bulk import colorize_in_bulk
from keras_colorize.apps.bulk.runs import ExportedColorizer, read_lines
from keras_colorize.io import read_photograph
from keras_colorize.presets import sha256

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    pytest.importorskip("apache_beam", reason="the extra `beam` takes 200 MB")
    from keras_colorize.apps.bulk import beam_pipeline

pytestmark = pytest.mark.filterwarnings("ignore")
"""Beam warns of its own code."""

FIELDS = {"path", "source", "input_sha256", "output_sha256", "width", "height", "notes", "model"}
FIELDS |= {"model_sha256", "marked", "versions"}
FLAGS = ["--runner=DirectRunner", "--direct_running_mode=in_memory"]


@pytest.fixture
def run(album, served, tmp_path):
    """Runs the pipeline on the album; the report, and the manifest by path."""

    def call(saved_model=served, **options):
        out = tmp_path / "out"
        report = colorize_in_bulk([album], out, saved_model, flags=FLAGS, **options)
        return report, {record["path"]: record for record in read_lines(out / "manifest.jsonl")}

    return call


def test_photographs_in_color_are_left_out_if_asked(run, album, tmp_path):
    Image.fromarray(data.astronaut()[:200, :200]).save(album / "suit.png")
    Image.fromarray(data.camera()[:64, :48]).save(album / "camera.png")
    report, manifest = run(keep_color=True)
    assert (report.failures, report.unfinished) == ([], 0)
    assert report.in_color >= 1 and report.done + report.in_color == 8
    assert "camera.png" in manifest and "suit.png" not in manifest
    assert not (tmp_path / "out" / "suit.png").exists()


def test_first_run_second_run(run, album, bulk_colorizer, tmp_path):
    out = tmp_path / "out"
    (album / "bad.jpg").write_text("This is no photograph.")
    report, manifest = run()
    assert (report.done, report.skipped, report.unfinished, report.broken) == (6, 0, 0, "")
    assert len(manifest) == 6
    for path, record in manifest.items():
        made = read_photograph(out / path).pixels
        expected = bulk_colorizer(read_photograph(record["source"])).pixels
        assert made.std() == pytest.approx(expected.std(), rel=0.1)
        assert record["versions"] == beam_pipeline.VERSIONS
        assert record["model"] == "tiny/1"
        assert set(record) == FIELDS
        for name, file in (("input", record["source"]), ("output", out / path)):
            assert record[f"{name}_sha256"] == sha256(file)
        assert (record["width"], record["height"]) == made.shape[1::-1]
        assert b"DigitalSourceType" in (out / path).read_bytes()
    assert report.failures == read_lines(out / "failures.jsonl")
    assert report.failures[0]["source"] == str(album / "bad.jpg")
    assert report.failures[0]["reason"].startswith("expected a photograph")

    # One is damaged, one is gone, one input is another, and the bad one is good now.
    shutil.copy(album / "wide.jpg", album / "bad.jpg")
    shutil.copy(album / "wide.jpg", album / "old" / "tall_too.jpg")
    (out / "tall.tif").write_bytes(b"damaged")
    (out / "wide_too.png").unlink()
    time = (out / "wide.jpg").stat().st_mtime_ns
    report, again = run()
    assert (report.done, report.skipped, report.failures) == (4, 3, [])
    assert read_lines(out / "failures.jsonl") == []
    assert time == (out / "wide.jpg").stat().st_mtime_ns
    # A run gives the same file as the run before it.
    same = {path for path in manifest if again[path] == manifest[path]}
    assert same == set(manifest) - {"old/tall_too.jpg"}
    assert again["bad.jpg"]["output_sha256"] == again["wide.jpg"]["output_sha256"]
    assert not any((out / ".bulk" / "runs").iterdir())


def test_a_network_that_cannot_take_a_batch_fails_its_pictures(run, monkeypatch):
    original = ExportedColorizer.predict_ab

    def predict_ab(colorizer, lightness, hints=None):
        if lightness.shape[1] > lightness.shape[2]:
            raise MemoryError("no room for tall ones")
        return original(colorizer, lightness)

    monkeypatch.setattr(ExportedColorizer, "predict_ab", predict_ab)
    report, manifest = run()
    assert report.done == len(manifest) == 4
    assert {line["path"] for line in report.failures} == {"tall.tif", "old/tall_too.jpg"}
    assert "no room for tall ones" in report.failures[0]["reason"]


def test_a_run_that_breaks_off_is_taken_up(run, tmp_path, monkeypatch):
    original, noted = beam_pipeline.append_line, []

    def full(path, line):
        if len(noted) == 2:
            raise OSError("no space left on the disk")
        noted.append(line)
        original(path, line)

    monkeypatch.setattr(beam_pipeline, "append_line", full)
    report, manifest = run()
    assert (report.done, report.unfinished, manifest) == (2, 4, {})
    assert "no space left" in report.broken
    # One more is written than is noted: it is made again.
    pictures = [path for path in (tmp_path / "out").rglob("*.*") if path.suffix != ".jsonl"]
    assert sum(path.is_file() for path in pictures) == 3
    monkeypatch.setattr(beam_pipeline, "append_line", original)
    report, manifest = run()
    assert (report.done, report.skipped, report.broken) == (4, 2, "")
    assert len(manifest) == 6


def test_the_command(album, served, tmp_path, capsys, monkeypatch):
    (album / "bad.jpg").touch()
    words = ["bulk", str(album), "-o", str(tmp_path / "out"), "--saved-model", str(served)]
    assert cli.main([*words, "--no-mark", "--", *FLAGS]) == 1
    out, err = capsys.readouterr()
    assert out.endswith("6 done, 0 skipped, 1 failed\n")
    assert f"failed: {album / 'bad.jpg'}: expected a photograph, received an empty file" in err
    assert b"DigitalSourceType" not in (tmp_path / "out" / "wide.jpg").read_bytes()
    assert cli.main([*words, "--", "--runner=NoSuchRunner"]) == 1
    assert "NoSuchRunner" in capsys.readouterr().err

    def interrupted(*arguments):
        assert cli.main(words) == 2
        raise KeyboardInterrupt

    monkeypatch.setattr(beam_pipeline, "run_pipeline", interrupted)
    assert cli.main(words) == 130
    second, first = capsys.readouterr().err.splitlines()
    assert "Expected a folder that no other bulk run writes to" in second
    assert first.startswith("keras-colorize: interrupted")
