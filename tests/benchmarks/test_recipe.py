"""The table of short runs: equal cost, flags that the trainers know, a row per choice."""

import dataclasses
import re
from pathlib import Path

from keras_colorize.training import TrainingConfig

TRAINERS = Path(__file__).parents[2] / "trainers"
HISTORY = "epoch,loss,val_ab_logits_ab_error,val_ab_logits_loss\n0,4.0,13.25,2.875\n"


def test_a_factor_has_a_row_per_choice_beside_the_base(
    script, presets, photographs, tmp_path, monkeypatch, capsys
):
    module, calls = script("recipe"), []

    def train(trainer, run, flags):
        calls.append(flags)
        run.mkdir(parents=True, exist_ok=True)
        (run / "history.csv").write_text(HISTORY)
        return presets["distribution"]

    words = f"--runs {tmp_path} --encoder-weights=w --scenes=s=2 --faces=f=1 --others=o=1"
    words += f" --validation=v --set=ours={photographs}:1 --factors views --steps=220"
    monkeypatch.setattr("sys.argv", ["recipe.py", *words.split()])
    monkeypatch.setattr(module, "train", train)
    module.main()
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(" | ")[1] for line in lines[2:4]] == ["as it is", "whole pictures"]
    assert len(calls) == len(lines) - 2 == 5
    assert " | 2.875 | 13.250 | - | " in lines[2]
    steps = [flag for flags in calls for flag in flags if flag.startswith("--steps")]
    # 192 pixels cost 2.2 times as much as 128.
    assert (steps[0], steps[-1]) == ("--steps_per_epoch=220", "--steps_per_epoch=100")


def test_trainers_know_every_flag(script):
    module = script("recipe")
    shared = {field.name for field in dataclasses.fields(TrainingConfig)}
    shared |= set(re.findall(r'flags\.DEFINE_\w+, "(\w+)"', _text("settings.py")))
    for choices in module.FACTORS.values():
        for choice in choices.values():
            own = re.findall(r'flags\.DEFINE_\w+\(\s*"(\w+)"', _text(choice.trainer))
            given = {flag.lstrip("-").partition("=")[0] for flag in choice.flags}
            assert given <= shared | set(own)


def _text(name):
    return (TRAINERS / name).read_text(encoding="utf-8")
