"""A bulk run from the first photograph to the manifest, and the exported network that it uses.

Of its output folder, `manifest.jsonl` has a line per picture, `failures.jsonl` one per failure of
the last run, `.bulk/` the lock and the lines of each worker. A line follows its picture, so a run
may die at any moment.
"""

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import re
import shutil
import uuid
from pathlib import Path

import tensorflow as tf

from keras_colorize import __version__
from keras_colorize.errors import expect, expecting, extra_import
from keras_colorize.export import export_saved_model, read_exported
from keras_colorize.export.saved_model import CHECKSUMS, EXTRA
from keras_colorize.inference import Colorizer
from keras_colorize.inference.batch import describe
from keras_colorize.inference.colorizer import BaseColorizer
from keras_colorize.io import plan_jobs
from keras_colorize.io.atomic import write_file
from keras_colorize.precision import resolve_precision
from keras_colorize.presets import CONFIG_FILE, DEFAULT, check_preset, find_preset, sha256

HIDDEN, MANIFEST = ".bulk", "manifest.jsonl"

DONE, SKIPPED, IN_COLOR, FAILED = "done", "skipped", "in_color", "failed"
"""How a task can end."""

_GRAPH = "saved_model.pb"
_PART = re.compile(r"\.[0-9a-f]{32}\.part(\.\w+)?")


@dataclasses.dataclass(frozen=True)
class Report:
    """How a run ended: numbers of photographs, what failed, and why it was broken off, "" if not.

    A failure is a dict of `path`, `source` and `reason`; `skipped` were done by an earlier run,
    `in_color` had colors and were left out.
    """

    done: int
    skipped: int
    failures: list
    unfinished: int = 0
    broken: str = ""
    in_color: int = 0


def colorize_in_bulk(
    inputs,
    output,
    saved_model=None,
    *,
    preset=None,
    precision="float32",
    mark_colorized=True,
    keep_color=False,
    flags=(),
):
    """Colorizes photographs with an Apache Beam pipeline; returns a `Report`.

    Pictures are those of a `Colorizer` within one step of 8 bits. Every worker must see inputs,
    outputs and SavedModel under the same path.

    Args:
        inputs: files, folders (searched through and mirrored) and glob patterns.
        output: folder; what an earlier run made with the same network from the same files stays.
        saved_model: path `<name>/<version>` of a SavedModel, see `export_saved_model`.
        preset: name or folder of what is exported where there is no `saved_model`.
        precision: of the preset: `"float32"`, `"bfloat16"`, or `"auto"` (what is fast here).
        mark_colorized: see `write_photograph`.
        keep_color: whether photographs that are in color already are left out.
        flags: words for Beam, such as `--runner=FlinkRunner`.

    Raises:
        ImportError: if the extra `beam` is not installed.
        InputError: if inputs, output, SavedModel or preset cannot be used.
    """
    with extra_import("beam"):
        from .beam_pipeline import run_pipeline
    colorizer = find_saved_model(saved_model) if saved_model is not None else None
    folder, broken = BulkFolder(output), ""
    tasks = plan_tasks(inputs, folder)
    with folder.locked():
        if colorizer is None:
            colorizer = find_saved_model(export_preset(preset, output, precision))
        source = {"model": colorizer.name, "model_sha256": colorizer.sha256}
        source["marked"] = mark_colorized
        run, records = folder.start()
        # They may be too many for the description of a pipeline; their file is not.
        for task in tasks:
            record = records.get(task["path"], {})
            task["done"] = record if source.items() <= record.items() else None
        write_lines(run / "tasks.jsonl", tasks)
        try:
            run_pipeline(run, run / "tasks.jsonl", colorizer, source, keep_color, flags)
        except Exception as error:
            # Every runner has errors of its own.
            broken = describe(error)
        outcomes = folder.outcomes(run)
        failures = [line for kind, line in outcomes.values() if kind == FAILED]
        # What a broken run left stays for the next one: its last workers may not be gone yet.
        if not broken:
            folder.finish(run, failures)
    kinds = [kind for kind, _ in outcomes.values()]
    done, skipped, in_color = map(kinds.count, (DONE, SKIPPED, IN_COLOR))
    return Report(done, skipped, failures, len(tasks) - len(outcomes), broken, in_color)


def plan_tasks(inputs, folder):
    """Lists tasks with absolute paths; refuses outputs that no bulk run has written."""
    with expecting("a folder", OSError, where=folder.path):
        folder.path.mkdir(parents=True, exist_ok=True)
    tasks, is_new = [], folder.is_new
    for job in plan_jobs(inputs, folder.path):
        target = os.path.abspath(job.target)
        expect(not job.fault, f"another folder for it: {job.fault}", job.source)
        foreign = is_new and os.path.lexists(target)
        expect(not foreign, "no file that a bulk run has not made", target)
        path = os.path.relpath(target, folder.path).replace(os.sep, "/")
        tasks.append({"path": path, "source": os.path.abspath(job.source), "target": target})
    return tasks


class ExportedColorizer(BaseColorizer):
    """The network of a SavedModel, with `name/version` and checksum; it applies the saturation."""

    def __init__(self, path, name, sha256, working_size):
        self.path, self.name, self.sha256, self.working_size = path, name, sha256, working_size
        self.at_once = self.most_at_once

    def load(self):
        """Loads the network; the other steps of colorizing do without."""
        self._model = tf.saved_model.load(self.path)
        return self

    def predict_ab(self, lightness, hints=None):
        """Predicts a and b, multiplied by the saturation that was exported."""
        signature = self._model.signatures["serving_default"]
        return signature(lightness=tf.constant(lightness))["ab"].numpy()


def find_saved_model(path):
    """Looks at a SavedModel without loading it; `InputError` if it has no colors or has changed."""
    path = Path(path).absolute()
    known = "the folder <name>/<version> that `keras-colorize export` writes"
    expect((path / _GRAPH).is_file(), f"{known}, found no {_GRAPH} in it", path)
    config = read_exported(path)
    expect(config.colorizes, "a network that colorizes, it only tells scenes apart", path)
    # The file of checksums was found to agree with all others.
    checksum, name = sha256(path / EXTRA / CHECKSUMS), f"{path.parent.name}/{path.name}"
    return ExportedColorizer(str(path), name, checksum, int(config.working_size))


def export_preset(preset, output, precision="float32"):
    """Writes the SavedModel of a preset into an output folder, unless an earlier run did."""
    source = find_preset(DEFAULT if preset is None else preset)
    dtype = resolve_precision(precision)
    parts = [sha256(source / CONFIG_FILE), check_preset(source).sha256, dtype, __version__]
    key = hashlib.sha256(" ".join(parts).encode()).hexdigest()
    folder = Path(output).absolute() / HIDDEN / "models" / key
    for graph in folder.glob(f"*/*/{_GRAPH}"):
        return graph.parent
    colorizer = Colorizer.from_preset(source, precision=precision)
    return export_saved_model(colorizer, folder, version=1, warmup=False)


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
        kinds = (FAILED, IN_COLOR, SKIPPED, DONE)
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
    with contextlib.suppress(OSError):
        return sha256(path)
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
