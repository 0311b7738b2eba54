"""Is the data pipeline quick enough? Pictures per second of it, of a training step, and of both.

The pictures are cut from the photographs of scikit-image, sides 128..300 pixels, JPEG, so that
nothing has to be downloaded. All three are measured in turns in one process; the ratio holds
whatever else the machine does, the pictures per second do not:

    python benchmarks/data.py --batch_size 32 --size 128
"""

import argparse
import itertools
import pathlib
import tempfile
import time

import keras
import numpy as np
import skimage.data
import tensorflow as tf

from keras_colorize.data import Targets, TrainingData, list_pictures
from keras_colorize.losses import AbCrossentropy
from keras_colorize.models import distribution_unet, freeze_through
from keras_colorize.models.distribution_unet import STRIDE
from keras_colorize.precision import resolve_precision

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "hubble_deep_field", "retina", "rocket")
"""Color photographs that come with scikit-image."""

SIDES = (128, 300)
"""Shortest and longest side of the pictures, in pixels."""

FROZEN = "block_5_add"
"""Last encoder layer that is not trained, which makes the step quicker and the test harder."""


WARM_UP = 6
"""Steps before each measurement: more than the pipeline holds ready."""


def main():
    """Prints the table."""
    options = _parse()
    keras.config.set_dtype_policy(resolve_precision(options.precision))
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(pathlib.Path(folder), options.pictures)
        rounds = measure(list_pictures(folder), options)
    pipeline, step, both, waiting = np.median(rounds, axis=0)
    print("| | pictures/s | ms per step |\n|---|---|---|")
    for name, seconds in [("pipeline alone", pipeline), ("step alone", step), ("both", both)]:
        print(f"| {name} | {options.batch_size / seconds:.1f} | {1000 * seconds:.1f} |")
    print(f"\nThe pipeline is {step / pipeline:.1f} times as quick as the step;")
    print(f"training waits for it {100 * waiting / both:.1f} % of the time.")


def write_pictures(folder, count):
    """Writes random crops of the photographs, at random sizes.

    Args:
        folder: path of an existing folder.
        count: how many JPEG files to write.
    """
    rng = np.random.default_rng(0)
    photographs = [getattr(skimage.data, name)() for name in PHOTOGRAPHS]
    for number in range(count):
        photograph = photographs[number % len(photographs)]
        size = rng.integers(SIDES[0], SIDES[1] + 1, 2)
        top, left = (rng.integers(0, room + 1) for room in photograph.shape[:2] - size)
        crop = photograph[top : top + size[0], left : left + size[1]]
        (folder / f"{number:04}.jpg").write_bytes(tf.io.encode_jpeg(crop).numpy())


def measure(pictures, options):
    """Measures in turns.

    Args:
        pictures: a `PictureSet`.
        options: the command line.

    Returns:
        List of rounds: seconds per step of the pipeline alone, of the step alone, of both, and
        how many of the latter were spent waiting for the pipeline.
    """
    model = _build_model()
    targets = Targets({"ab_logits": "ab"}, STRIDE)
    data = TrainingData((pictures,), size=options.size, aged_share=options.aged_share)

    def batches():
        return iter(data.epoch(0, options.batch_size, WARM_UP + options.steps, targets))

    def train(batch):
        model.train_on_batch(*batch)

    rounds = []
    for _ in range(options.rounds):
        pipeline, _ = _seconds(batches(), lambda batch: None, options.steps)
        step, _ = _seconds(itertools.repeat(next(batches())), train, options.steps)
        rounds.append((pipeline, step, *_seconds(batches(), train, options.steps)))
    return rounds


def _seconds(batches, use, steps):
    """Seconds per step, and seconds of these until the batch was there."""
    for _ in range(WARM_UP):
        use(next(batches))
    waited, start = 0.0, time.perf_counter()
    for _ in range(steps):
        asked = time.perf_counter()
        batch = next(batches)
        waited += time.perf_counter() - asked
        use(batch)
    return (time.perf_counter() - start) / steps, waited / steps


def _build_model():
    model = distribution_unet()
    freeze_through(model, FROZEN)
    model.compile(keras.optimizers.AdamW(1e-3), {"ab_logits": AbCrossentropy()}, jit_compile=False)
    return model


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--batch_size", type=int, default=32, help="pictures per step")
    parser.add_argument("--size", type=int, default=128, help="side of a view in pixels")
    parser.add_argument("--aged_share", type=float, default=0.0, help="share of old photographs")
    parser.add_argument("--steps", type=int, default=10, help="steps per measurement")
    parser.add_argument("--rounds", type=int, default=5, help="measurements of each")
    parser.add_argument("--pictures", type=int, default=300, help="files in the folder")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    return parser.parse_args()


if __name__ == "__main__":
    main()
