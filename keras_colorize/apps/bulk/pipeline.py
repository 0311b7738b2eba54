"""The pipeline: tasks, photographs in batches of equal shape, the network, pictures on the disk.

The only module that imports Apache Beam, and only who runs a pipeline imports it. Between tasks
and network nothing is shuffled but the tasks themselves, so that full-size pictures stay in the
worker that reads them, and the first picture is written long before the last one is read.
"""

import apache_beam as beam
import numpy as np
import tensorflow as tf
from apache_beam.ml.inference.base import ModelHandler, RunInference
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.runner import PipelineState
from apache_beam.transforms.window import GlobalWindows

from keras_colorize import __version__
from keras_colorize.apps.bulk.batches import ShapeBatches
from keras_colorize.apps.bulk.folder import DONE, FAILED, SKIPPED, Shard, read_lines
from keras_colorize.apps.bulk.pictures import read_picture, write_picture
from keras_colorize.apps.bulk.served import load_network
from keras_colorize.apps.bulk.tasks import is_done
from keras_colorize.inference.batch import describe
from keras_colorize.inference.colorizer import BATCH, BATCH_PIXELS

VERSIONS = {
    "keras_colorize": __version__,
    "tensorflow": tf.__version__,
    "apache_beam": beam.__version__,
}


class SavedModelHandler(ModelHandler):
    """Runs the network of a SavedModel on batches of `Picture`s.

    Beam's own `TFModelHandlerNumpy` cannot: it loads with `tf.keras.models.load_model`, which in
    Keras 3 takes no SavedModel, calls what it gets with one array, where a signature wants names,
    and stacks whatever it put into a batch, whether the shapes agree or not.

    Args:
        path: folder of the SavedModel, as the workers see it.
    """

    def __init__(self, path):
        super().__init__()
        self.path = path

    def load_model(self):
        """Loads the network, once for each process of a worker."""
        return load_network(self.path)

    def run_inference(self, batch, model, inference_args=None):
        """Yields each `Picture` of a batch with its a and b."""
        predicted = model(np.stack([picture.seen for picture in batch]))
        return list(zip(batch, predicted, strict=True))

    def should_skip_batching(self):
        """Batches come as they are to go through the network."""
        return True

    def get_num_bytes(self, batch):
        """Bytes that the network gets; Beam would pickle the full-size pictures to count them."""
        return sum(picture.seen.nbytes for picture in batch)

    def get_metrics_namespace(self):
        """Name of Beam's counters of this step."""
        return "keras_colorize"


class ReadPictures(beam.DoFn):
    """Tasks in, batches of `Picture`s of equal shape out; `SKIPPED` and `FAILED` on the side.

    Args:
        working_size: long side that the network sees.
    """

    def __init__(self, working_size):
        self.working_size = working_size

    def start_bundle(self):
        """Begins with nothing that waits."""
        self.batches = ShapeBatches(min(BATCH, max(1, BATCH_PIXELS // self.working_size**2)))

    def process(self, task):
        """Reads one photograph."""
        try:
            if is_done(task):
                yield beam.pvalue.TaggedOutput(SKIPPED, {"path": task["path"]})
                return
            ready = self.batches.add(read_picture(task, self.working_size))
        except Exception as error:
            # Whatever is wrong with one photograph must not stop the others.
            yield beam.pvalue.TaggedOutput(FAILED, failure(task, describe(error)))
            return
        yield from ready

    def finish_bundle(self):
        """Gives out what waits."""
        for batch in self.batches.rest():
            yield GlobalWindows.windowed_value_at_end_of_window(batch)


class WritePictures(beam.DoFn):
    """Pairs of `Picture` and ab in; written, and noted for the manifest. `FAILED` on the side.

    Args:
        run: folder of the run.
        made_by: dict of what made the pictures, for the manifest.
    """

    def __init__(self, run, made_by):
        self.run, self.made_by = run, made_by

    def setup(self):
        """Takes a file of its own for its notes."""
        self.shard = Shard(self.run, DONE)

    def process(self, colored):
        """Writes one picture."""
        picture, ab = colored
        try:
            record = write_picture(picture, ab, self.made_by["marked"])
        except Exception as error:
            yield beam.pvalue.TaggedOutput(FAILED, failure(picture.task, describe(error)))
            return
        # Noted at once and by hand: what a pipeline collects is lost when it breaks.
        self.shard.add({**record, **self.made_by, "versions": VERSIONS})

    def teardown(self):
        """Closes the file."""
        self.shard.close()


class Note(beam.DoFn):
    """Writes down lines of one kind.

    Args:
        run: folder of the run.
        kind: `SKIPPED` or `FAILED`.
    """

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


def failure(task, reason):
    """Line about a photograph that failed."""
    source = task["source"]
    return {"path": task["path"], "source": source, "reason": reason.removeprefix(f"{source}: ")}


def _failures(failed):
    batch, (_, reason, _) = failed
    return [failure(picture.task, reason) for picture in batch]


def run_pipeline(run, tasks_file, model, made_by, flags):
    """Runs the pipeline to its end.

    Args:
        run: folder of the run.
        tasks_file: file of tasks, JSON lines.
        model: a `ServedModel`.
        made_by: dict of what makes the pictures, for the manifest.
        flags: list of words for Beam: the runner and what it takes.

    Raises:
        Exception: whatever the runner raises when the pipeline breaks off.
    """
    pipeline = beam.Pipeline(options=PipelineOptions(list(flags)))
    _build(pipeline, str(run), str(tasks_file), model, made_by)
    state = pipeline.run().wait_until_finish()
    if state != PipelineState.DONE:
        raise RuntimeError(f"expected a pipeline that comes to its end, this one is {state}")


def _build(pipeline, run, tasks_file, model, made_by):
    read = (
        pipeline
        # The tasks may be too many for the description of a pipeline; their file is not.
        | "TaskFile" >> beam.Create([tasks_file])
        | "Tasks" >> beam.FlatMap(read_lines)
        | "Spread" >> beam.Reshuffle()
        | "Read"
        >> beam.ParDo(ReadPictures(model.working_size)).with_outputs(
            SKIPPED, FAILED, main="batches"
        )
    )
    network = RunInference(SavedModelHandler(model.path)).with_exception_handling()
    colored, refused = read.batches | "Network" >> network
    written = colored | "Write" >> beam.ParDo(WritePictures(run, made_by)).with_outputs(FAILED)
    lost = refused.failed_inferences | "Refused" >> beam.FlatMap(_failures)
    failed = (read[FAILED], lost, written[FAILED]) | "Failures" >> beam.Flatten()
    failed | "NoteFailed" >> beam.ParDo(Note(run, FAILED))
    read[SKIPPED] | "NoteSkipped" >> beam.ParDo(Note(run, SKIPPED))
