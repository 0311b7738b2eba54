"""Wrong flags end a trainer with a line that says what is wrong; a dry run changes nothing."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TINY = ["--width=0.0625", "--size=32", "--validation_share=0.4", "--precision=float32"]
DRY = ["--aged_share=0.25", "--dry_run"]
FUSION, DISTRIBUTION = "trainers/train_fusion.py", "trainers/train_distribution.py"


def _write(folder, values):
    path = folder / f"{'-'.join(map(str, values.values()))}.json"
    path.write_text(json.dumps(values))
    return path


@pytest.fixture(scope="module")
def outcomes(pictures, fork, tmp_path_factory):
    """Exit status and output by case; all run at once."""
    folder = tmp_path_factory.mktemp("flags")
    data, run = f"--data={pictures}", f"--run={folder / 'run'}"
    begun = folder / "begun"
    begun.mkdir()
    (begun / "training.json").write_text(json.dumps({"batch_size": 7}))
    started = {
        "begun": fork(FUSION, data, f"--run={begun}", *TINY),
        "plateau": fork(DISTRIBUTION, data, run, "--plateau=2"),
        "weights": fork(DISTRIBUTION, data, f"{data}=2", run),
        "neither": fork(FUSION),
        "no file": fork(FUSION, data, run, "--config=absent.json"),
        "no flag": fork(FUSION, data, run, f"--config={_write(folder, {'widht': 1})}"),
        "no number": fork(FUSION, data, run, f"--config={_write(folder, {'width': 'wide'})}"),
        "recipe": fork(FUSION, data, run, "--config=george"),
        "yuv": fork(FUSION, data, run, "--config=iizuka16_yuv", *TINY, "--dry_run"),
        "network": fork("trainers/distill_encoder.py", data, run),
        "dry": fork(FUSION, data, f"--run={folder / 'dry'}", *TINY, *DRY),
    }
    return folder, {case: one.end() for case, one in started.items()}


WRONG = {
    "begun": "batch_size: was 7, is 128",
    "plateau": "distribution.py: Expected --schedule=constant with --plateau, received",
    "network": "Expected --data and --run and --network, received no --network.",
    "neither": "Expected --data and --run, received no --data and no --run.",
    "no file": "iizuka16_yuv, .* or a JSON file as --config, received absent.json",
    "recipe": "Expected the trainer train_resnet18 with --config=george, received train_fusion.",
    "no flag": r"received \['widht'\]",
    "no number": "Expected a float for width in --config, received 'wide'.",
    "weights": "Expected every --data as PATH=WEIGHT, or every as PATH",
}


@pytest.mark.parametrize(("case", "message"), WRONG.items())
def test_wrong_flags_are_told_in_plain_words(outcomes, case, message):
    status, output = outcomes[1][case]
    assert status == 1, output
    assert re.search(message, output)
    assert "Traceback" not in output


def test_help_shows_every_flag_by_group_and_is_no_error(fork):
    paths = (ROOT / "trainers").glob("*_*.py")
    scripts = [path.name for path in paths if "from settings import" in path.read_text()]
    started = {script: fork(f"trainers/{script}", "--help") for script in scripts}
    helps = {script: one.end() for script, one in started.items()}
    assert len(helps) > 8
    for script, (status, output) in helps.items():
        assert status == 0, output
        source = (ROOT / "trainers" / script).read_text()
        for name in re.findall(r'flags\.DEFINE_\w+\(\s*"(\w+)"', source):
            assert re.search(rf"^  --(\[no\])?{name}: ", output, re.MULTILINE), (script, name)
    titles = ["Of this script:", "Pictures:", "Views:", "Run:", "Optimization:"]
    for script in ("train_fusion.py", "train_gan.py"):
        lines = helps[script][1].splitlines()
        assert [line for line in lines if line in titles] == titles
        assert sum(line.startswith("  --") for line in lines) > 40
    text = "\n  --clip_norm: Bound on the norm of the gradient. 0 for none. [0.0]"
    assert text in helps["train_fusion.py"][1]


def test_a_dry_run_trains_nothing_and_what_it_prints_is_a_config(outcomes, tmp_path):
    folder, found = outcomes
    status, output = found["dry"]
    assert status == 0, output
    for said in ('"width": 0.0625', '"optimizer": "adadelta"', '"aged_share": 0.25'):
        assert said in output
    assert "weights, float32" in output
    assert [path.name for path in (folder / "dry").iterdir()] == ["scan.json"]
    recipe = _settings(found["yuv"][1])
    assert (recipe["color_space"], recipe["batch_size"], recipe["size"]) == ("yuv", 128, 32)
    config = _settings(output)
    assert (config["size"], config["precision"]) == (32, "float32")
    (tmp_path / "config.json").write_text(json.dumps({**config, "run": str(tmp_path / "run")}))
    # In an interpreter of its own, by the name that `python -m keras_colorize_trainers` takes.
    command = [sys.executable, ROOT / "trainers", "train_fusion", "--batch_size=3", "--dry_run"]
    again = subprocess.run(
        [*command, f"--config={tmp_path / 'config.json'}"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert again.returncode == 0, again.stderr
    expected = {**config, "run": str(tmp_path / "run"), "batch_size": 3}
    assert _settings(again.stdout + again.stderr) == expected


def _settings(output):
    text = output.partition("as --config takes them: ")[2]
    return json.JSONDecoder().raw_decode(text)[0]
