"""What importing the library costs, and what must not come along."""

import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import keras_colorize
from keras_colorize import __version__, layers

ROOT = Path(__file__).parents[1]
BACKEND_NEUTRAL = ["color", "bins", "layers", "losses", "metrics", "models", "inference.colorizer"]


def _run(script, *words, **environment):
    """What a process of its own prints."""
    known = {name: value for name, value in os.environ.items() if not name.startswith("TF_CPP")}
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, words)],
        env=known | {"PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=True,
    )


def _loaded(script, **environment):
    heavy = "{'keras', 'tensorflow', 'matplotlib'}"
    script = f"import sys\n{script}\nprint(sorted({heavy} & set(sys.modules)))"
    return _run(script, **environment).stdout.strip()


def test_the_package_is_cheap_to_import():
    script = "import time; start = time.perf_counter(); import keras_colorize.presets"
    seconds, loaded = _loaded(f"{script}; print(time.perf_counter() - start)").split("\n")
    assert loaded == "[]"
    assert float(seconds) < 0.3


def test_rooms_and_names_come_when_they_are_used_and_saved_models_load_then(tmp_path):
    lightness = keras.Input((None, None, 1))
    keras.Model(lightness, layers.Upsample2x()(lightness)).save(tmp_path / "model.keras")
    script = (
        "import sys, keras_colorize\nassert 'iizuka16' in dir(keras_colorize)\n"
        "assert 'keras' not in sys.modules\nkeras_colorize.layers.ResizeLike\n"
        "assert 'keras' in sys.modules\nimport keras\nkeras.saving.load_model(sys.argv[1])\n"
        "keras_colorize.iizuka16\n"
    )
    _run(script, tmp_path / "model.keras")
    with pytest.raises(AttributeError, match="colourizer"):
        _ = keras_colorize.colourizer


def test_the_rooms_of_all_backends_do_not_import_tensorflow():
    rooms = ", ".join(f"keras_colorize.{room}" for room in BACKEND_NEUTRAL)
    assert "tensorflow" not in _loaded(f"import {rooms}", KERAS_BACKEND="jax")


def test_wrong_usage_is_told_before_keras_is_imported(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.jpg").touch()
    photographs, out = tmp_path / "in", tmp_path / "out"
    wrong = {
        ("colorize", photographs, "-o", out, "--preset", "vivd"): "received 'vivd'",
        ("colorize", tmp_path / "b.jpg", "-o", out): "no such file",
        ("colorize", photographs, "-o", tmp_path / "out.png"): "expected a folder for the copies",
        ("colorize", photographs, "-o", out, "--truth", photographs): "--sheet",
        ("colorize", photographs, "-o", out, "--style", "b.jpg"): "--style, received b.jpg",
        ("colorize", photographs, "-o", out, "--sweeps", "3"): "--refine mrf",
        ("bulk", tmp_path / "b.jpg", "-o", out): "no such file",
        ("video", tmp_path / "b.mp4", "-o", out): "expected a video",
        ("evaluate", "vivd", photographs): "received 'vivd'",
        ("evaluate", "vivid", tmp_path / "other"): "expected a folder of color photographs",
        ("export", "vivid", "-o", out, "--format", "litert-int8"): "expected --calibration",
        ("prior", tmp_path / "other", "-o", out): "Expected a folder of pictures",
    }
    script = (
        "import sys\nfrom keras_colorize import cli\n"
        f"for words in {[tuple(map(str, words)) for words in wrong]}:\n"
        "    print(cli.main(list(words)), 'keras' in sys.modules)\n"
    )
    result = _run(script)
    assert result.stdout.splitlines() == ["2 False"] * len(wrong)
    for line, said in zip(result.stderr.splitlines(), wrong.values(), strict=True):
        assert line.startswith("keras-colorize: ")
        assert said in line


def test_help_version_and_presets_need_no_keras():
    script = (
        "import sys, runpy\n"
        "try: runpy.run_module('keras_colorize', run_name='__main__')\n"
        "finally: print({'keras', 'tensorflow'} & set(sys.modules))"
    )
    for words, said in (("--help", "usage: "), ("presets", "preset")):
        result = _run(script, words)
        assert result.stdout.startswith(said)
        assert result.stdout.endswith("set()\n")
        assert result.stderr == ""
    assert __version__ in _run(script, "--version").stdout


def test_the_shell_completes_names_of_presets(tmp_path):
    line = "keras-colorize colorize a.jpg --preset vi"
    asked = {"_ARGCOMPLETE": "1", "COMP_LINE": line, "COMP_POINT": str(len(line))}
    # It ends without cleaning up, as a shell wants it, and writes where it is told to.
    written = tmp_path / "words"
    asked |= {"_ARGCOMPLETE_STDOUT_FILENAME": str(written), "_ARGCOMPLETE_IFS": " "}
    _run("from keras_colorize import cli; cli.main()", **asked)
    assert written.read_text().split() == ["vivid"]
