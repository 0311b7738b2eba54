"""One run of the fusion trainer: stopped, gone on with, finished, and started once more."""

import json
import time

import numpy as np

SIZES = ["--width=0.0625", "--size=32", "--batch_size=2", "--epochs=2", "--steps_per_epoch=6"]
FLAGS = [*SIZES, "--precision=float32", "--log_every=1", "--validation_share=0.4"]


def test_a_stopped_run_goes_on_saves_a_preset_and_trains_no_more(
    pictures, fork, tmp_path, colorizes
):
    folder = tmp_path / "run"
    flags = [f"--data={pictures}", f"--run={folder}", *FLAGS]
    stopped = fork("trainers/train_fusion.py", *flags, "--checkpoint_minutes=0", EAGER="1")
    end = time.monotonic() + 240
    while not (folder / "checkpoints" / "checkpoint").exists():
        assert stopped.process.is_alive(), stopped.end()
        assert time.monotonic() < end
        time.sleep(0.02)
    stopped.process.terminate()
    ends = {"stopped": (*stopped.end(), _state(folder))}
    for name, eager in (("finished", ""), ("again", "1")):
        ends[name] = (*fork("trainers/train_fusion.py", *flags, EAGER=eager).end(), _state(folder))
    status, output, state = ends["stopped"]
    assert status == 0, output
    assert "stopped on request" in output
    assert "Traceback" not in output
    assert "preset/config.json" not in state
    assert any(name.startswith("checkpoints/") for name in state)
    status, output, state = ends["finished"]
    assert status == 0, output
    assert {"preset/config.json", "preset/weights.h5", "training.json"} <= set(state)
    rows = (folder / "history.csv").read_text().splitlines()
    assert [row.partition(",")[0] for row in rows] == ["epoch", "0", "1"]
    measured = "val_ab_ab_error,val_ab_loss,val_class_logits_loss,val_class_logits_top_1"
    assert rows[0] == f"epoch,loss,{measured},val_class_logits_top_5,val_loss"
    assert {"samples/epoch_0001.png", "samples/epoch_0002.png"} <= set(state)
    config = json.loads((folder / "preset" / "config.json").read_text())
    assert (config["network"], config["class_names"]) == ("iizuka16", ["forest", "harbour"])
    assert np.ptp(colorizes(folder).astype("float32"), axis=-1).max() > 0
    status, output, later = ends["again"]
    assert status == 0, output
    changed = {name for name in later if later[name] != state.get(name)}
    assert not any(name.startswith(("checkpoints/", "samples/", "history")) for name in changed)


def _state(folder):
    """Time of change of every file of the run."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.stat().st_mtime_ns for path in files}
