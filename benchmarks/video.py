"""Flicker and colorfulness of colorized videos, by how their colors are held steady.

Frames are colorized as `keras-colorize video` does, without being encoded; color clips count as
grey, because only lightness is looked at. Rows: `frame by frame` without anything; `filter`, what
the command does, at several strengths; `field`, the Markov random field of `--refine mrf` alone
and with the pair in time, whose weight is given:

    python benchmarks/video.py black-and-white.mp4 color.mp4 --fields 0 1 3 10

`--given N` gives the true colors of every Nth frame of a color clip (`--reference`) and measures
the error of a and b in the frames between, with and without.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from keras import ops

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.inference.mrf import (
    decode_field,
    edge_weights,
    enlarge,
    packed_columns,
    solve,
    unary_potentials,
)
from keras_colorize.inference.pixels import to_float
from keras_colorize.io import Photograph, write_photograph
from keras_colorize.layers import compatible
from keras_colorize.metrics import chroma_flicker, colorfulness
from keras_colorize.video import SteadyColors, is_cut
from keras_colorize.video.carry import carried_colors, mixed_colors
from keras_colorize.video.reader import Excerpt, Source
from keras_colorize.video.steady import SIGMA

EVERY = 4
"""Colorfulness is the mean over every fourth frame."""


def main():
    """Prints a table per clip."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("clips", nargs="+", help="videos")
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--steady", nargs="+", type=float, default=(0.5, 0.8, 0.9))
    parser.add_argument("--fields", nargs="*", type=float, default=(), help="weights in time")
    parser.add_argument("--limit", type=int, help="take the first N frames")
    parser.add_argument("--given", type=int, help="give every Nth frame of a color clip")
    options = parser.parse_args()
    colorizer = Colorizer.from_preset(options.preset)
    rows = {"frame by frame": lambda: Filtered(colorizer, 0)}
    rows |= {f"filter {x:g}": lambda x=x: Filtered(colorizer, x) for x in options.steady}
    field = colorizer.replace(refine="mrf") if options.fields else None
    rows |= {f"field, pair in time {x:g}": lambda x=x: Field(field, x) for x in options.fields}
    for clip in options.clips:
        source = Source(clip, Excerpt(frames=options.limit))
        print(f"\n{source.width}x{source.height}, {source.frames} frames\n")
        if options.given:
            measure_given(source, colorizer, options.given)
            continue
        print("| colors | flicker | of it | colorfulness | of it | ms a frame |")
        print("|---|---|---|---|---|---|", flush=True)
        first = None
        for name, method in rows.items():
            flicker, colors, seconds = measure(source, colorizer, method(), options.limit)
            first = first or (flicker, colors)
            shares = flicker / first[0], colors / first[1]
            cells = f"{flicker:.3f} | {shares[0]:.2f} | {colors:.1f} | {shares[1]:.2f}"
            print(f"| {name} | {cells} | {1000 * seconds:.0f} |", flush=True)


def measure(source, colorizer, method, limit):
    """Flicker, colorfulness and seconds of a frame's prediction."""
    colors, seconds = [], []

    def frames():
        for number, picture in enumerate(source.pictures()):
            if limit and number == limit:
                return
            preprocessed = colorizer.preprocess(picture.pixels)
            start = time.perf_counter()
            ab = method(preprocessed.network_input)
            seconds.append(time.perf_counter() - start)
            (made,) = colorizer.compose([preprocessed], [ab])
            if number % EVERY == 0:
                colors.append(float(colorfulness(to_float(made))))
            yield ops.convert_to_numpy(rgb_to_lab(to_float(made)))

    flicker = chroma_flicker(frames())
    return flicker, np.mean(colors), np.median(seconds)


def measure_given(source, colorizer, every):
    """Prints the error of a and b of the frames that are not given, and the flicker of all."""
    print("| given | error of a and b | flicker | ms a frame |")
    print("|---|---|---|---|", flush=True)
    for number in (0, every):
        errors, seconds, references = [], [], {}
        with tempfile.TemporaryDirectory() as folder:
            for count, picture in enumerate(source.pictures(), 1):
                if number and (count - 1) % number == number // 2:
                    references[count] = Path(folder, f"{count}.png")
                    write_photograph(references[count], Photograph(picture.pixels))
            flicker = chroma_flicker(with_given(source, colorizer, references, errors, seconds))
        named = f"1 frame in {number}" if number else "none"
        cost = 1000 * np.mean(seconds)
        print(f"| {named} | {np.mean(errors):.2f} | {flicker:.3f} | {cost:.0f} |", flush=True)


def with_given(source, colorizer, references, errors, seconds):
    """Yields frames in Lab, as the command makes them; adds errors, and seconds of predictions."""
    steady = SteadyColors()
    given = carried_colors(colorizer, source, references, {})
    for count, picture in enumerate(source.pictures(), 1):
        true = ops.convert_to_numpy(rgb_to_lab(to_float(picture.pixels)))
        frame = colorizer.preprocess(picture.pixels)
        start = time.perf_counter()
        ab = colorizer.predict([frame])[0]
        if references:
            ab = mixed_colors(ab, frame.network_input, next(given))
        ab = steady(frame.network_input, ab)
        seconds.append(time.perf_counter() - start)
        (made,) = colorizer.compose([frame], [ab])
        lab = ops.convert_to_numpy(rgb_to_lab(to_float(made)))
        if count not in references:
            errors.append(np.linalg.norm((lab - true)[..., 1:], axis=-1).mean())
        yield lab


class Filtered:
    """What the command does."""

    def __init__(self, colorizer, strength):
        self.colorizer, self.steady = colorizer, SteadyColors(strength)

    def __call__(self, seen):
        """Returns a and b of the next frame."""
        return self.steady(seen, np.asarray(self.colorizer.predict_ab(seen[None]))[0])


class Field:
    """The pair in time as a potential more: what goes with the distribution before."""

    def __init__(self, colorizer, weight):
        self.colorizer, self.weight = colorizer, weight
        self.seen = self.field = None

    def __call__(self, seen):
        """Returns a and b of the next frame."""
        colorizer, refinement = self.colorizer, self.colorizer.refinement
        output, lightness = colorizer.config.output, seen[None]
        prediction = colorizer.model.predict_on_batch(lightness)[output]
        small = ops.convert_to_numpy(colorizer.distributions(prediction))[0]
        (order, back), share = packed_columns(seen.shape[1]), 0.0
        edges, solved = edge_weights(seen, refinement.sigma), []
        if self.weight and self.seen is not None and not is_cut(self.seen, seen):
            share = self.weight * np.exp(-np.square(seen - self.seen) / SIGMA)[:, None, order, 0]
        for channel in range(2):
            unary = unary_potentials(enlarge(small[:, :, channel], seen), refinement)
            if np.any(share):
                last = compatible(self.field[channel], refinement.compatibility, axis=1)
                unary = unary + share * ops.convert_to_numpy(last)
            solved.append(solve(unary, edges, refinement).reshape(unary.shape))
        self.seen, self.field = seen, solved
        field = np.stack([q[:, :, back].transpose(0, 2, 1) for q in solved], axis=2)[None]
        ab = decode_field(field, output, lightness, (), refinement.decode)
        return ops.convert_to_numpy(ab)[0]


if __name__ == "__main__":
    main()
