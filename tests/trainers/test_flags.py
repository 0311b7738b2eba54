"""Wrong flags end a trainer with a line that says what is wrong; a dry run changes nothing."""

import json

import pytest

TINY = ["--width=0.0625", "--size=32", "--validation_share=0.4", "--precision=float32"]
FUSION, DISTRIBUTION = "train_fusion.py", "train_distribution.py"


@pytest.fixture(scope="module")
def outcomes(pictures, begin, tmp_path_factory):
    """Exit status and output by case; all run at once."""
    folder = tmp_path_factory.mktemp("flags")
    data, run = f"--data={pictures}", f"--run={folder / 'run'}"
    begun = folder / "begun"
    begun.mkdir()
    (begun / "training.json").write_text(json.dumps({"batch_size": 7}))
    started = {
        "begun": begin(FUSION, data, f"--run={begun}", *TINY),
        "plateau": begin(DISTRIBUTION, data, run, "--plateau=2"),
        "weights": begin(DISTRIBUTION, data, f"{data}=2", run),
        "dry": begin(FUSION, data, f"--run={folder / 'dry'}", *TINY, "--dry_run"),
    }
    outputs = {case: process.communicate(timeout=300)[0] for case, process in started.items()}
    outcomes = {case: (started[case].returncode, output) for case, output in outputs.items()}
    return folder, outcomes


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("begun", "batch_size: was 7, is 128"),
        ("plateau", "distribution.py: Expected --schedule=constant with --plateau, received"),
        ("weights", "Expected every --data as PATH=WEIGHT, or every as PATH"),
    ],
)
def test_wrong_flags_are_told_in_plain_words(outcomes, case, message):
    status, output = outcomes[1][case]
    assert status == 1, output
    assert message in output
    assert "Traceback" not in output


def test_a_dry_run_shows_the_settings_and_trains_nothing(outcomes):
    folder, found = outcomes
    status, output = found["dry"]
    assert status == 0, output
    assert '"width": 0.0625' in output
    assert '"optimizer": "adadelta"' in output
    assert "weights, float32" in output
    assert [path.name for path in (folder / "dry").iterdir()] == ["scan.json"]
