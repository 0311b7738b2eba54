"""How quick is the Markov random field, and how near to what the memory allows?

Mean field on random distributions of two channels of 25 bins, on one picture that is measured in
turns with a plain copy of memory, a version in NumPy, and pydensecrf where it is installed (its
pairs join all pixels, so it solves another field; its sources, 1.0rc3, compile on Python 3.11
only after Cython 0.29 has made their C++ anew). Then the cost per pixel in tiles:

    python benchmarks/mrf.py --size 256 --megapixels 1 4
"""

import argparse
import importlib.util
import os
import resource
import time

import keras
import numpy as np
from keras import ops

from keras_colorize.bins import AB_BINS
from keras_colorize.inference.tiles import TILE, enlarged_window, solve_in_tiles
from keras_colorize.layers import MeanField, contrast_weights, mean_field

LABELS, CHANNELS = AB_BINS.count, 2
COPIED = 1 << 27
"""Bytes of the copied array: far more than any cache holds."""

PASSES = 3
"""Half grids that a half sweep cannot but move: the other color, the potentials, the result."""


def main():
    """Prints the tables."""
    options = _parse()
    print(f"Load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    contestants = make_contestants(options)
    seconds = {name: [] for name in contestants}
    for _ in range(options.rounds):
        for name, run in contestants.items():
            seconds[name].append(timed(run))
    print("| | median ms | least ms |\n|---|---|---|")
    for name, found in seconds.items():
        print(f"| {name} | {1000 * np.median(found):.1f} | {1000 * min(found):.1f} |")
    print_limit(options, min(seconds["copy of memory"]))
    print_tiles(options)


def make_contestants(options):
    """Functions without arguments, by name, each called once so that it is compiled."""
    picture = random_picture(options.size, options.size)
    source, target = np.ones(COPIED, "uint8"), np.empty(COPIED, "uint8")
    found = {"copy of memory": lambda: np.copyto(target, source)}
    for name, compiled in [("compiled by XLA", True), ("graph without XLA", False)]:
        model = make_model(options.sweeps, compiled)
        found[name] = lambda model=model: model.predict_on_batch(picture)
    field = ops.convert_to_tensor(10 * picture[0]), *contrast_weights(picture[1])
    found["operation by operation"] = lambda: ops.convert_to_numpy(
        mean_field(*field, sweeps=options.sweeps)
    )
    found["NumPy"] = lambda: numpy_mean_field(picture, options.sweeps)
    if importlib.util.find_spec("pydensecrf"):
        found["pydensecrf"] = lambda: dense_field(picture, options.sweeps)
    else:
        print("pydensecrf is not installed.\n")
    for run in found.values():
        run()
    return found


def make_model(sweeps, jit_compile):
    """The layer alone, on pictures of any size."""
    inputs = [keras.Input((None, None, CHANNELS, LABELS)), keras.Input((None, None, 1))]
    model = keras.Model(inputs, MeanField(sweeps)(inputs))
    model.compile(jit_compile=jit_compile)
    return model


def random_picture(height, width):
    """Probabilities (1, H, W, 2, 25) and lightness of smooth slopes with noise (1, H, W, 1)."""
    rng = np.random.default_rng(0)
    probabilities = rng.dirichlet(np.ones(LABELS), (1, height, width, CHANNELS))
    lightness = 50 + rng.normal(scale=0.5, size=(1, height, width, 1))
    return [probabilities.astype("float32"), lightness.astype("float32")]


def numpy_mean_field(picture, sweeps):
    """The same field in NumPy: both colors computed, one kept by a mask."""
    unary = 10 * picture[0]
    right, down = (ops.convert_to_numpy(w)[..., None] for w in contrast_weights(picture[1]))
    red = np.indices(unary.shape[1:3]).sum(axis=0)[None, ..., None, None] % 2 == 0
    q = np.full_like(unary, 1 / LABELS)
    for half in range(2 * sweeps):
        message = np.zeros_like(q)
        message[:, :, 1:] += right * q[:, :, :-1]
        message[:, :, :-1] += right * q[:, :, 1:]
        message[:, 1:] += down * q[:, :-1]
        message[:, :-1] += down * q[:, 1:]
        logits = unary + 10 * message
        for distance in (1, 2):
            logits[..., distance:] += 3 * message[..., :-distance]
            logits[..., :-distance] += 3 * message[..., distance:]
        weights = np.exp(logits - logits.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        q = np.where(red == (half % 2 == 0), weights, q)
    return q


def dense_field(picture, sweeps):
    """Fully connected field with a pair potential of place and lightness, channel by channel."""
    from pydensecrf import densecrf

    probabilities, lightness = (x[0] for x in picture)
    height, width = lightness.shape[:2]
    gray = np.ascontiguousarray(np.repeat(lightness * 2.55, 3, axis=-1).astype("uint8"))
    for channel in range(CHANNELS):
        unary = -10 * probabilities[:, :, channel].reshape(-1, LABELS).T
        field = densecrf.DenseCRF2D(width, height, LABELS)
        field.setUnaryEnergy(np.ascontiguousarray(unary))
        field.addPairwiseBilateral(sxy=3, srgb=3, rgbim=gray, compat=10)
        field.inference(sweeps)


def timed(run):
    """Seconds of one call."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def print_limit(options, copy_seconds):
    """Says how long the field would take if it only moved memory, at the speed of the copy."""
    bandwidth = 2 * COPIED / copy_seconds
    half_grid = options.size**2 * CHANNELS * LABELS * 4 / 2
    limit = 2 * options.sweeps * PASSES * half_grid / bandwidth
    print(f"\nA copy moves {bandwidth / 1e9:.1f} GB/s; at that speed the least traffic of")
    print(
        f"{options.sweeps} sweeps, {PASSES} half grids in each half, takes {1000 * limit:.1f} ms."
    )


def print_tiles(options):
    """Seconds and memory of large pictures, whose distributions come from a map 64 times less."""
    model = make_tile_model(options.sweeps)
    print(
        "\n| megapixels | seconds | microseconds per pixel | peak memory, MB |\n|---|---|---|---|"
    )
    for megapixels in options.megapixels:
        side = int((megapixels * 1e6) ** 0.5)
        small, _ = random_picture(side // 8, side // 8)
        lightness = random_picture(side, 1)[1][0] + np.zeros((1, side, 1), "float32")
        start = time.perf_counter()
        colors_in_tiles(model, small[0], lightness, options.sweeps)
        seconds = time.perf_counter() - start
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(f"| {megapixels:g} | {seconds:.1f} | {1e6 * seconds / side**2:.2f} | {peak:.0f} |")


def make_tile_model(sweeps):
    """The layer and the mean of its distributions."""
    inputs = [keras.Input((TILE, TILE, CHANNELS, LABELS)), keras.Input((TILE, TILE, 1))]
    means = ops.matmul(MeanField(sweeps)(inputs), AB_BINS.centers()[:, None])
    model = keras.Model(inputs, means[..., 0])
    model.compile(jit_compile=True)
    model.predict_on_batch(random_picture(TILE, TILE))
    return model


def colors_in_tiles(model, small, lightness, sweeps):
    """Means of a and b, (H, W, 2)."""
    return solve_in_tiles(
        lambda *picture: model.predict_on_batch(list(picture)),
        lambda rows, columns: enlarged_window(small, lightness.shape[:2], rows, columns),
        lightness,
        sweeps,
    )


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=256, help="side of the picture, pixels")
    parser.add_argument("--sweeps", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--megapixels", type=float, nargs="*", default=[1.0, 4.0])
    return parser.parse_args()


if __name__ == "__main__":
    main()
