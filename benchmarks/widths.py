"""Size, speed and learning of `distribution_unet` by encoder and decoder widths.

Every candidate is measured in the same process, one after the other, so that the ratios hold
whatever the machine does otherwise. With --data each candidate is also trained for the same
number of seconds, the question that matters when time is short:

    python benchmarks/widths.py --data photographs/ --seconds 240 \
        --encoder_weights mobilenet_v2.weights.h5
"""

import argparse
import time

import keras
import numpy as np
from experiments import median_seconds

from keras_colorize.data import (
    Targets,
    TrainingData,
    list_pictures,
    split_pictures,
    validation_batches,
)
from keras_colorize.losses import AbCrossentropy
from keras_colorize.metrics import AbError
from keras_colorize.models import distribution_unet, fold_batch_norm, freeze_through
from keras_colorize.models.distribution_unet import STRIDE
from keras_colorize.precision import resolve_precision

CANDIDATES = {
    "residual": ("residual", (256, 192, 128, 96), None),
    "mobilenet_v2, all trained": ("mobilenet_v2", (256, 192, 128, 96), None),
    "mobilenet_v2, frozen through block 5": ("mobilenet_v2", (256, 192, 128, 96), "block_5_add"),
    "mobilenet_v2, frozen": ("mobilenet_v2", (256, 192, 128, 96), "out_relu"),
    "mobilenet_v2, frozen, narrow": ("mobilenet_v2", (160, 128, 96, 64), "out_relu"),
    "mobilenet_v2, frozen, wide": ("mobilenet_v2", (320, 256, 192, 128), "out_relu"),
}
"""Name: encoder, decoder widths at strides 32, 16, 8 and 4, last layer that is frozen."""


def main():
    """Prints a table, a row per candidate."""
    options = _parse()
    keras.config.set_dtype_policy(resolve_precision(options.precision))
    columns = ["parameters", "ms at 256x256", "training pictures/s"]
    columns += ["pictures seen", "loss", "ab error"] if options.data else []
    print(f"| candidate | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, candidate in CANDIDATES.items():
        cells = _measure(candidate, options)
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", help="folder of pictures; without it nothing is learned")
    parser.add_argument("--seconds", type=float, default=240, help="training time of each")
    parser.add_argument("--encoder_weights", help="imagenet, or a path of MobileNetV2 weights")
    parser.add_argument("--precision", default="auto", help="auto, float32 or bfloat16")
    parser.add_argument("--batch_size", type=int, default=32, help="pictures per step")
    parser.add_argument("--size", type=int, default=128, help="side of a picture in pixels")
    return parser.parse_args()


def _measure(candidate, options):
    keras.utils.set_random_seed(0)
    model = _build(candidate, options)
    shape = (options.batch_size, options.size, options.size, 1)
    lightness = np.random.default_rng(0).uniform(0, 100, shape).astype("float32")
    ab = np.zeros((shape[0], options.size // STRIDE, options.size // STRIDE, 2), "float32")
    step = median_seconds(lambda: model.train_on_batch(lightness, {"ab_logits": ab}), 5)
    cells = [
        f"{model.count_params() / 1e6:.2f} M",
        f"{1000 * _inference_seconds(model):.1f}",
        f"{options.batch_size / step:.1f}",
    ]
    return cells + (_learn(candidate, options) if options.data else [])


def _build(candidate, options):
    encoder, widths, frozen = candidate
    pretrained = options.encoder_weights if encoder == "mobilenet_v2" else None
    model = distribution_unet(encoder, pretrained, decoder_widths=widths)
    if frozen:
        freeze_through(model, frozen)
    model.compile(
        keras.optimizers.AdamW(1e-3, weight_decay=0.01, global_clipnorm=1.0),
        loss={"ab_logits": AbCrossentropy()},
        metrics={"ab_logits": AbError()},
    )
    return model


def _inference_seconds(model):
    folded = fold_batch_norm(model)
    picture = np.full((1, 256, 256, 1), 50, "float32")
    return median_seconds(lambda: folded.predict_on_batch(picture), 20)


def _learn(candidate, options):
    training, held_out = split_pictures(list_pictures(options.data), 0.01)
    every = -(-len(held_out) // 256)
    held_out = held_out.keep([i % every == 0 for i in range(len(held_out))])
    targets = Targets({"ab_logits": "ab"}, STRIDE)
    data = TrainingData((training,), size=options.size)
    model = _build(candidate, options)
    batches = iter(data.epoch(0, options.batch_size, 100_000, targets))
    # The first step compiles; the clock starts after it.
    model.train_on_batch(*next(batches))
    steps, end = 1, time.monotonic() + options.seconds
    for batch in batches:
        # The rate comes down with the time that is left, so that equal times compare fairly.
        left = max(0.0, (end - time.monotonic()) / options.seconds)
        model.optimizer.learning_rate = 1e-3 * min(1.0, 2 * left)
        model.train_on_batch(*batch)
        steps += 1
        if left == 0.0:
            break
    batches = validation_batches(held_out, options.size, options.batch_size, targets)
    results = model.evaluate(batches, return_dict=True, verbose=0)
    error = next(value for name, value in results.items() if "ab_error" in name)
    return [f"{steps * options.batch_size}", f"{results['loss']:.3f}", f"{error:.2f}"]


if __name__ == "__main__":
    main()
