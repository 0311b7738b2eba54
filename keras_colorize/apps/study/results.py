"""What a study found, as a table for people and as a file for programs."""

import dataclasses
import json

from keras_colorize import __version__
from keras_colorize.apps.study.intervals import LEVEL
from keras_colorize.io.atomic import atomic_file

RESULTS_FORMAT = "keras-colorize study results 1"


@dataclasses.dataclass(frozen=True)
class Results:
    """What the votes on one page say.

    Attributes:
        figure: name of the figure.
        rows: list of dicts, one for each method: `method`, `value` in 0..1, `interval` (low and
            high, or None for fewer than two participants), `participants`, `votes`.
        shares: dict of participant to dict of method to share.
        pictures: list of dicts with `path`, `method`, `share` and `votes`.
        notes: sentences that name whoever was left out or stopped early.
        settings: page, kind, seed, confidence level and resamples.
    """

    figure: str
    rows: list
    shares: dict
    pictures: list
    notes: list
    settings: dict


def format_results(results):
    """Formats results as a Markdown table.

    Args:
        results: what `count_votes` returned.

    Returns:
        Text, one row per method.
    """
    lines = [["method", results.figure, f"{LEVEL:.0%} interval", "participants", "votes"]]
    lines.append(["---"] * len(lines[0]))
    for row in results.rows:
        value = "-" if row["value"] is None else f"{row['value']:.1%}"
        interval = "-" if row["interval"] is None else "{:.1%} to {:.1%}".format(*row["interval"])
        lines.append([row["method"], value, interval, str(row["participants"]), str(row["votes"])])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def write_results(results, path, overwrite=False):
    """Writes all that is known as JSON.

    Args:
        results: what `count_votes` returned.
        path: path of the file.
        overwrite: whether an existing file is replaced.

    Raises:
        PhotographError: if the file exists and is not to be replaced, or cannot be written.
    """
    found = {"format": RESULTS_FORMAT, "version": __version__} | dataclasses.asdict(results)
    with atomic_file(path, overwrite) as stream:
        stream.write(json.dumps(found, indent=1).encode())
