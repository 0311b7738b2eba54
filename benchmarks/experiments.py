"""What the experiments share: training as a user does it."""

import subprocess
import sys
from pathlib import Path

TRAINERS = Path(__file__).parents[1] / "trainers"


def train(trainer, run, flags):
    """Trains, or goes on, or finds that the run is finished.

    Args:
        trainer: name of a script in `trainers/`.
        run: folder of the run.
        flags: list of further flags.

    Returns:
        Folder of the preset.
    """
    subprocess.run([sys.executable, TRAINERS / trainer, f"--run={run}", *flags], check=True)
    return Path(run) / "preset"
