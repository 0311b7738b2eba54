"""What the experiments share: training as a user does it, and one table of figures."""

import subprocess
import sys
from pathlib import Path

from keras_colorize.evaluation.table import LABELS

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


def figure_table(summary, figures):
    """Formats chosen figures.

    Args:
        summary: what `summarize` returns.
        figures: keys of the figures, the columns.

    Returns:
        Text in Markdown, a row per method.
    """
    lines = [["", *(LABELS[key] for key in figures)], ["---"] * (len(figures) + 1)]
    for name, row in summary.items():
        lines.append([name, *(f"{row[key]:.2f}" if key in row else "" for key in figures)])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
