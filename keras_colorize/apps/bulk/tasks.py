"""Which photographs a bulk run colorizes, and which are done already."""

import os

from keras_colorize.apps.bulk.folder import checksum
from keras_colorize.io import PhotographError, plan_jobs


def plan_tasks(inputs, folder):
    """Says which photograph goes where, see `plan_jobs`.

    Args:
        inputs: files, folders and glob patterns.
        folder: a `BulkFolder`.

    Returns:
        List of tasks, dicts: `source` and `target`, absolute paths, for workers elsewhere; and
        `path`, the target as the manifest calls it.

    Raises:
        PhotographError: as `plan_jobs` does; and if there are outputs in a folder that no bulk
            run has written to, which might be anything.
    """
    try:
        folder.path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PhotographError(f"{folder.path}: expected a folder, got: {error}.") from error
    tasks = [_task(job, folder.path) for job in plan_jobs(inputs, folder.path)]
    if folder.is_new:
        _check_targets(tasks)
    return tasks


def _task(job, folder):
    target = os.path.abspath(job.target)
    path = os.path.relpath(target, folder).replace(os.sep, "/")
    return {"path": path, "source": os.path.abspath(job.source), "target": target}


def _check_targets(tasks):
    for task in tasks:
        if os.path.lexists(task["target"]):
            raise PhotographError(
                f"{task['target']}: expected a new folder, or that of an earlier bulk run; this "
                "file was made by something else."
            )


def with_records(tasks, records, made_by):
    """Adds to each task how the manifest describes it.

    Args:
        tasks: list of tasks.
        records: the manifest, a dict by path.
        made_by: dict of what a record must agree in to count, such as the network.

    Returns:
        List of tasks; `done` has the checksums of a task whose record counts.
    """
    return [{**task, **_done(records.get(task["path"]), made_by)} for task in tasks]


def _done(record, made_by):
    if record is None or any(record[name] != value for name, value in made_by.items()):
        return {}
    return {"done": {name: record[name] for name in ("input_sha256", "output_sha256")}}


def is_done(task):
    """Whether input and output of a task are, to the last bit, as the manifest says."""
    done = task.get("done")
    return (
        done is not None
        and checksum(task["source"]) == done["input_sha256"]
        and checksum(task["target"]) == done["output_sha256"]
    )
