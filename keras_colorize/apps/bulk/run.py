"""A bulk run from the first photograph to the manifest."""

import dataclasses
import importlib.util

from keras_colorize.apps.bulk.folder import DONE, FAILED, SKIPPED, BulkFolder, write_tasks
from keras_colorize.apps.bulk.served import find_saved_model
from keras_colorize.apps.bulk.tasks import plan_tasks, with_records
from keras_colorize.inference.batch import describe


@dataclasses.dataclass(frozen=True)
class Report:
    """What became of a run.

    Attributes:
        done: how many photographs were colorized.
        skipped: how many were done before, and are as the manifest says.
        failures: list of dicts `path`, `source` and `reason`.
        unfinished: how many are left, where the pipeline broke off.
        broken: why it broke off; "" if it came to its end.
    """

    done: int
    skipped: int
    failures: list
    unfinished: int = 0
    broken: str = ""


def colorize_in_bulk(inputs, output, saved_model, *, mark_colorized=True, flags=()):
    """Colorizes photographs with an Apache Beam pipeline.

    Pictures come out as those of a `Colorizer`, within one step of 8 bits. What an earlier run
    into the same folder made with the same network from the same files is left as it is. Inputs,
    outputs and SavedModel must lie where every worker sees them under the same path.

    Args:
        inputs: files, folders (searched through and mirrored) and glob patterns.
        output: folder; one run at a time.
        saved_model: path `<name>/<version>` of a SavedModel, see `export_saved_model`.
        mark_colorized: see `write_photograph`.
        flags: words for Beam, such as `--runner=FlinkRunner`.

    Returns:
        A `Report`; what failed stands in `failures.jsonl`, what is made in `manifest.jsonl`.

    Raises:
        ImportError: if the extra `beam` is not installed.
        PhotographError: if inputs or output cannot be used.
        ValueError: if the SavedModel cannot be used.
    """
    run_pipeline = _load_pipeline()
    model, folder = find_saved_model(saved_model), BulkFolder(output)
    tasks = plan_tasks(inputs, folder)
    made_by = {"model": model.name, "model_sha256": model.sha256, "marked": mark_colorized}
    run, records = folder.start()
    tasks = with_records(tasks, records, made_by)
    broken = ""
    try:
        run_pipeline(run, write_tasks(run, tasks), model, made_by, flags)
    except Exception as error:
        # Every runner has errors of its own.
        broken = describe(error)
    return _report(folder, run, tasks, broken)


def _load_pipeline():
    if importlib.util.find_spec("apache_beam") is None:
        raise ImportError("Expected the package apache-beam: pip install keras-colorize[beam].")
    from keras_colorize.apps.bulk.pipeline import run_pipeline

    return run_pipeline


def _report(folder, run, tasks, broken):
    outcomes = folder.outcomes(run)
    failures = list(outcomes[FAILED].values())
    unfinished = len(tasks) - sum(map(len, outcomes.values()))
    # What a broken run left stays for the next one: its last workers may not be gone yet.
    if not broken:
        folder.finish(run, failures)
    return Report(len(outcomes[DONE]), len(outcomes[SKIPPED]), failures, unfinished, broken)
