"""The Beam pipeline; only tasks are shuffled, so pictures stay in the worker that reads them."""

import apache_beam as beam
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.utils.shared import Shared

from keras_colorize import __version__
from keras_colorize.inference.batch import describe
from .exported import ShapeBatches, read_picture, write_picture
from .manifest import DONE, FAILED, SKIPPED, Shard, is_done, read_lines

VERSIONS = {"tensorflow": tf.__version__, "apache_beam": beam.__version__}
VERSIONS["keras_colorize"] = __version__


def run_pipeline(run, tasks_file, colorizer, source, flags):
    """Runs the pipeline to its end, and raises whatever the runner does when it breaks off."""
    pipeline = beam.Pipeline(options=PipelineOptions(list(flags)))
    tasks = (
        pipeline
        | "TaskFile" >> beam.Create([str(tasks_file)])
        | "Tasks" >> beam.FlatMap(read_lines)
        | "Spread" >> beam.Reshuffle()
    )
    tasks | "Colorize" >> beam.ParDo(_ColorizeTasks(str(run), colorizer, source))
    state = pipeline.run().wait_until_finish()
    if state != PipelineState.DONE:
        raise RuntimeError(f"expected a pipeline that comes to its end, this one is {state}")


class _ColorizeTasks(beam.DoFn):
    """Colorizes in batches of equal shape, and notes what became of each task."""

    def __init__(self, run, colorizer, source):
        self.run, self.colorizer, self.source, self.shared = run, colorizer, source, Shared()

    def setup(self):
        # Once for each process, which may have several of these.
        self.colorizer = self.shared.acquire(self.colorizer.load)
        self.shards = {kind: Shard(self.run, kind) for kind in (DONE, SKIPPED, FAILED)}

    def start_bundle(self):
        self.batches = ShapeBatches(self.colorizer.most_at_once)

    def process(self, task):
        try:
            picture = None if is_done(task) else read_picture(task, self.colorizer)
        except Exception as error:
            # Whatever is wrong with one photograph must not stop the others.
            self._fail(task, error)
            return
        if picture is None:
            self.shards[SKIPPED].add({"path": task["path"]})
            return
        for batch in self.batches.add(picture):
            self._colorize(batch)

    def finish_bundle(self):
        for batch in self.batches.waiting.values():
            self._colorize(batch)

    def teardown(self):
        for shard in self.shards.values():
            shard.close()

    def _colorize(self, batch):
        try:
            predicted = self.colorizer.predict([picture.preprocessed for picture in batch])
        except Exception as error:
            for picture in batch:
                self._fail(picture.task, error)
            return
        for picture, ab in zip(batch, predicted, strict=True):
            try:
                record = write_picture(picture, ab, self.colorizer, self.source["marked"])
            except Exception as error:
                self._fail(picture.task, error)
                continue
            # Noted at once and by hand: what a pipeline collects is lost when it breaks.
            self.shards[DONE].add({**record, **self.source, "versions": VERSIONS})

    def _fail(self, task, error):
        source, reason = task["source"], describe(error)
        line = {"path": task["path"], "source": source}
        self.shards[FAILED].add({**line, "reason": reason.removeprefix(f"{source}: ")})
