"""The Beam pipeline; only tasks are shuffled, so pictures stay in the worker that reads them."""

import apache_beam as beam
import tensorflow as tf
from apache_beam.ml.inference.base import ModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.window import GlobalWindows

from keras_colorize import __version__
from keras_colorize.apps.bulk.exported import ShapeBatches, read_picture, write_picture
from keras_colorize.apps.bulk.manifest import DONE, FAILED, SKIPPED, Shard, is_done, read_lines
from keras_colorize.inference.batch import describe
from keras_colorize.inference.colorizer import BATCH, BATCH_PIXELS

VERSIONS = {
    "keras_colorize": __version__,
    "tensorflow": tf.__version__,
    "apache_beam": beam.__version__,
}


def run_pipeline(run, tasks_file, colorizer, source, flags):
    """Runs the pipeline to its end, and raises whatever the runner does when it breaks off."""
    run = str(run)
    pipeline = beam.Pipeline(options=PipelineOptions(list(flags)))
    read = (
        pipeline
        | "TaskFile" >> beam.Create([str(tasks_file)])
        | "Tasks" >> beam.FlatMap(read_lines)
        | "Spread" >> beam.Reshuffle()
        | "Read"
        >> beam.ParDo(ReadPictures(colorizer)).with_outputs(SKIPPED, FAILED, main="batches")
    )
    network = RunInference(NetworkHandler(colorizer)).with_exception_handling()
    colored, refused = read.batches | "Network" >> network
    writing = beam.ParDo(WritePictures(run, colorizer, source))
    written = colored | "Write" >> writing.with_outputs(FAILED)
    lost = refused.failed_inferences | "Refused" >> beam.FlatMap(_failures_of_batch)
    failed = (read[FAILED], lost, written[FAILED]) | "Failures" >> beam.Flatten()
    failed | "NoteFailed" >> beam.ParDo(Note(run, FAILED))
    read[SKIPPED] | "NoteSkipped" >> beam.ParDo(Note(run, SKIPPED))
    state = pipeline.run().wait_until_finish()
    if state != PipelineState.DONE:
        raise RuntimeError(f"expected a pipeline that comes to its end, this one is {state}")


class NetworkHandler(ModelHandler):
    """Runs an `ExportedColorizer`; Beam's own handler loads no SavedModel with Keras 3."""

    def __init__(self, colorizer):
        super().__init__()
        self.colorizer = colorizer

    def load_model(self):
        """Loads the network, once for each process of a worker."""
        return self.colorizer.load()

    def run_inference(self, batch, model, inference_args=None):
        """Returns each `Picture` of a batch with its a and b."""
        predicted = model.predict([picture.preprocessed for picture in batch])
        return list(zip(batch, predicted, strict=True))

    def should_skip_batching(self):
        """Batches come as they are to go through the network."""
        return True

    def get_num_bytes(self, batch):
        """Bytes that the network gets; Beam would pickle the full-size pictures to count them."""
        return sum(picture.preprocessed.network_input.nbytes for picture in batch)

    def get_metrics_namespace(self):
        """Name of Beam's counters of this step."""
        return "keras_colorize"


class ReadPictures(beam.DoFn):
    """Tasks in, batches of `Picture`s of equal shape out; `SKIPPED` and `FAILED` on the side."""

    def __init__(self, colorizer):
        self.colorizer = colorizer

    def start_bundle(self):
        """Begins with nothing that waits."""
        size = self.colorizer.working_size
        self.batches = ShapeBatches(min(BATCH, max(1, BATCH_PIXELS // size**2)))

    def process(self, task):
        """Reads one photograph."""
        try:
            if is_done(task):
                yield beam.pvalue.TaggedOutput(SKIPPED, {"path": task["path"]})
                return
            ready = self.batches.add(read_picture(task, self.colorizer))
        except Exception as error:
            # Whatever is wrong with one photograph must not stop the others.
            yield beam.pvalue.TaggedOutput(FAILED, _failure(task, describe(error)))
            return
        yield from ready

    def finish_bundle(self):
        """Gives out what waits."""
        for batch in self.batches.rest():
            yield GlobalWindows.windowed_value_at_end_of_window(batch)


class Note(beam.DoFn):
    """Writes down lines of one kind."""

    def __init__(self, run, kind):
        self.run, self.kind = run, kind

    def setup(self):
        """Takes a file of its own."""
        self.shard = Shard(self.run, self.kind)

    def process(self, line):
        """Writes down one line."""
        self.shard.add(line)

    def teardown(self):
        """Closes the file."""
        self.shard.close()


class WritePictures(Note):
    """Pairs of `Picture` and ab in; written, and noted for the manifest. `FAILED` on the side."""

    def __init__(self, run, colorizer, source):
        super().__init__(run, DONE)
        self.colorizer, self.source = colorizer, source

    def process(self, colored):
        """Writes one picture."""
        picture, ab = colored
        try:
            record = write_picture(picture, ab, self.colorizer, self.source["marked"])
        except Exception as error:
            yield beam.pvalue.TaggedOutput(FAILED, _failure(picture.task, describe(error)))
            return
        # Noted at once and by hand: what a pipeline collects is lost when it breaks.
        self.shard.add({**record, **self.source, "versions": VERSIONS})


def _failure(task, reason):
    source = task["source"]
    return {"path": task["path"], "source": source, "reason": reason.removeprefix(f"{source}: ")}


def _failures_of_batch(failed):
    batch, (_, reason, _) = failed
    return [_failure(picture.task, reason) for picture in batch]
