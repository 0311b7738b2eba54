"""The output folder of bulk runs: what is done, what failed, and how the next run goes on.

`manifest.jsonl` has a line per picture, `failures.jsonl` one per failure of the last run, `.bulk/`
the lock and the lines of each worker. A line follows its picture, so a run may die at any moment.
"""

import contextlib
import fcntl
import json
import os
import re
import shutil
import uuid
from pathlib import Path

from keras_colorize.errors import expecting
from keras_colorize.io.atomic import write_file
from keras_colorize.presets import sha256

HIDDEN, MANIFEST = ".bulk", "manifest.jsonl"

DONE, SKIPPED, FAILED = "done", "skipped", "failed"
"""How a task can end."""

_PART = re.compile(r"\.[0-9a-f]{32}\.part(\.\w+)?")


class BulkFolder:
    """An output folder, by its path."""

    def __init__(self, path):
        self.path = Path(path).absolute()
        self.runs = self.path / HIDDEN / "runs"

    @property
    def is_new(self):
        """Whether no bulk run has written to it yet."""
        return not (self.runs.exists() or (self.path / MANIFEST).exists())

    @contextlib.contextmanager
    def locked(self):
        """Makes the folder and keeps other runs out; `InputError` if one is at work in it."""
        (self.path / HIDDEN).mkdir(parents=True, exist_ok=True)
        with (self.path / HIDDEN / "lock").open("ab") as lock:
            known = "a folder that no other bulk run writes to; let that one end first"
            with expecting(known, OSError, where=self.path):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield

    def start(self):
        """Takes over what a dead run left; returns the folder of the run and the manifest."""
        dead = list(self.runs.glob("*"))
        records = self._compact(dead)
        if dead:
            # A worker that was killed while it wrote leaves the beginning of a picture, hidden.
            for part in self.path.rglob(".*.part*"):
                if _PART.fullmatch(part.name):
                    part.unlink(missing_ok=True)
        run = self.runs / uuid.uuid4().hex
        run.mkdir(parents=True)
        return run, {record["path"]: record for record in records}

    def outcomes(self, run):
        """How tasks ended, at best where given out twice: dict of path to kind and line."""
        kinds = (FAILED, SKIPPED, DONE)
        return {line["path"]: (kind, line) for kind in kinds for line in _lines_of([run], kind)}

    def finish(self, run, failures):
        """Ends a run whose workers are gone: writes the manifest and the failures."""
        self._compact([run])
        write_lines(self.path / "failures.jsonl", failures)

    def _compact(self, runs):
        """Leaves one record for each path, since runners may give out a task twice.

        Of records that disagree the one stays that describes the output as it is, if any does.
        """
        by_path = {}
        for record in [*read_lines(self.path / MANIFEST), *_lines_of(runs, DONE)]:
            by_path.setdefault(record["path"], {})[record["output_sha256"]] = record
        kept = []
        for path, versions in sorted(by_path.items()):
            true = versions if len(versions) == 1 else [checksum(self.path / path)]
            kept += [versions[output] for output in true if output in versions]
        if by_path:
            write_lines(self.path / MANIFEST, kept)
        for run in runs:
            shutil.rmtree(run)
        return kept


def checksum(path):
    """SHA-256 of a file in hexadecimal digits; None where there is no file that can be read."""
    try:
        return sha256(path)
    except OSError:
        return None


def is_done(task):
    """Whether input and output of a task are, to the last bit, as the manifest says."""
    names, done = {"source": "input_sha256", "target": "output_sha256"}, task["done"]
    return bool(done) and all(checksum(task[name]) == done[names[name]] for name in names)


def write_lines(path, lines):
    """Writes dicts as a file of JSON lines, which appears whole or not at all."""
    texts = (json.dumps(line, ensure_ascii=False) for line in lines)
    write_file(path, "".join(f"{text}\n" for text in texts), overwrite=True)


def read_lines(path):
    """Reads dicts from a file of JSON lines, if it is there; a last line cut short is left out."""
    if not os.path.exists(path):
        return []
    with open(path, "rb") as stream:
        return [json.loads(line) for line in stream if line.endswith(b"\n")]


def _lines_of(runs, kind):
    paths = (path for run in runs for path in run.glob(f"*.{kind}.jsonl"))
    return [line for path in paths for line in read_lines(path)]
