"""The Beam pipeline; only tasks are shuffled, so pictures stay in the worker that reads them."""

import json
import uuid
from pathlib import Path

import apache_beam as beam
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.utils.shared import Shared

from keras_colorize import __version__
from keras_colorize.inference.batch import colorize_files
from keras_colorize.io import Job
from keras_colorize.io.atomic import append_line
from .runs import DONE, FAILED, IN_COLOR, SKIPPED, is_done, read_lines

VERSIONS = {"tensorflow": tf.__version__, "apache_beam": beam.__version__}
VERSIONS["keras_colorize"] = __version__


def run_pipeline(run, tasks_file, colorizer, source, keep_color, flags):
    """Runs the pipeline to its end, and raises whatever the runner does when it breaks off."""
    pipeline = beam.Pipeline(options=PipelineOptions(list(flags)))
    tasks = (
        pipeline
        | "TaskFile" >> beam.Create([str(tasks_file)])
        | "Tasks" >> beam.FlatMap(read_lines)
        | "Spread" >> beam.Reshuffle()
    )
    how = str(run), colorizer, source, keep_color
    tasks | "Colorize" >> beam.ParDo(_ColorizeTasks(*how))
    state = pipeline.run().wait_until_finish()
    if state != PipelineState.DONE:
        raise RuntimeError(f"expected a pipeline that comes to its end, this one is {state}")


class _ColorizeTasks(beam.DoFn):
    """Colorizes the photographs of a bundle, and notes what became of each."""

    def __init__(self, run, colorizer, source, keep_color):
        self.run, self.colorizer, self.source, self.shared = run, colorizer, source, Shared()
        self.keep_color = keep_color

    def setup(self):
        # Once for each process, which may have several of these.
        self.colorizer = self.shared.acquire(self.colorizer.load)
        self.name = uuid.uuid4().hex

    def start_bundle(self):
        self.jobs = []

    def process(self, task):
        if is_done(task):
            self._note(SKIPPED, {"path": task["path"]})
        else:
            self.jobs.append(Job(*(Path(task[name]) for name in ("source", "target", "path"))))

    def finish_bundle(self):
        how = {"mark_colorized": self.source["marked"], "overwrite": True, "records": True}
        how |= {"pages": "auto", "keep_color": self.keep_color}
        for outcome in colorize_files(self.colorizer, self.jobs, **how):
            # Noted at once and by hand: what a pipeline collects is lost when it breaks.
            record = {**outcome.record, **self.source, "versions": VERSIONS}
            del record["target"]
            if (status := record.pop("status")) == "done":
                self._note(DONE, record)
            elif status == "in color":
                self._note(IN_COLOR, {"path": record["path"]})
            else:
                line = {name: record[name] for name in ("path", "source")}
                self._note(FAILED, {**line, "reason": outcome.notes[0]})

    def _note(self, kind, line):
        path = Path(self.run, f"{self.name}.{kind}.jsonl")
        append_line(path, json.dumps(line, ensure_ascii=False))
