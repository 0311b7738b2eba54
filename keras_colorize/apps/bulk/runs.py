"""A bulk run from the first photograph to the manifest."""

import dataclasses
import importlib.util
import os

from keras_colorize.inference.batch import describe
from keras_colorize.io import PhotographError, plan_jobs
from .exported import export_preset, find_saved_model
from .manifest import DONE, FAILED, SKIPPED, BulkFolder, write_lines


@dataclasses.dataclass(frozen=True)
class Report:
    """How a run ended: numbers of photographs, what failed, and why it was broken off, "" if not.

    A failure is a dict of `path`, `source` and `reason`; `skipped` were done by an earlier run.
    """

    done: int
    skipped: int
    failures: list
    unfinished: int = 0
    broken: str = ""


def colorize_in_bulk(
    inputs,
    output,
    saved_model=None,
    *,
    preset=None,
    precision="float32",
    mark_colorized=True,
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
        flags: words for Beam, such as `--runner=FlinkRunner`.

    Raises:
        ImportError: if the extra `beam` is not installed.
        PhotographError, InputError: if inputs, output, SavedModel or preset cannot be used.
    """
    if importlib.util.find_spec("apache_beam") is None:
        raise ImportError("Expected the package apache-beam: pip install keras-colorize[beam].")
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
        write_lines(run / "tasks.jsonl", with_records(tasks, records, source))
        try:
            run_pipeline(run, run / "tasks.jsonl", colorizer, source, flags)
        except Exception as error:
            # Every runner has errors of its own.
            broken = describe(error)
        outcomes = folder.outcomes(run)
        failures = list(outcomes[FAILED].values())
        # What a broken run left stays for the next one: its last workers may not be gone yet.
        if not broken:
            folder.finish(run, failures)
    unfinished = len(tasks) - sum(map(len, outcomes.values()))
    return Report(len(outcomes[DONE]), len(outcomes[SKIPPED]), failures, unfinished, broken)


def plan_tasks(inputs, folder):
    """Lists tasks with absolute paths; refuses outputs that no bulk run has written."""
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotographError(f"{folder.path}: expected a folder, found: {error}.") from error
    tasks, is_new = [], folder.is_new
    for job in plan_jobs(inputs, folder.path):
        target = os.path.abspath(job.target)
        if job.fault:
            advice = "colorize them into different folders"
            raise PhotographError(f"{job.source}: {job.fault}; {advice}.")
        if is_new and os.path.lexists(target):
            raise PhotographError(f"{target}: expected no file that a bulk run has not made.")
        path = os.path.relpath(target, folder.path).replace(os.sep, "/")
        tasks.append({"path": path, "source": os.path.abspath(job.source), "target": target})
    return tasks


def with_records(tasks, records, source):
    """Adds `done`, its record in the manifest, to each task whose record fits the source."""
    found = [(task, records.get(task["path"], {})) for task in tasks]
    return [{**task, "done": one if source.items() <= one.items() else None} for task, one in found]
