"""`keras-colorize colorize` over folders: speed, processor time, memory, and where they go.

For every size (long side of grey JPEG files made from photographs of scikit-image) and precision,
the command runs over a folder and over one of twice as many; the difference is what the pictures
cost, without the start. Its parts are then measured alone, on the same files: Pillow's decoding
and encoding, the network on as many pictures at once as the command gives it, and composition,
which is all the rest of what this library does. Last, the network beside the same one in ONNX
Runtime (pip install "keras-colorize[onnx]") and PyTorch (pip install torch), in turns:

    python benchmarks/inference.py

Memory over many pictures, watched from outside:

    python benchmarks/inference.py --pictures 10000
"""

import argparse
import dataclasses
import functools
import io
import itertools
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data
from experiments import colorize
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize.inference.batch import Job
from keras_colorize.inference.groups import read_groups
from keras_colorize.io import jpeg_bytes

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "hubble_deep_field")
CORES = os.cpu_count()
COLUMNS = ("size", "precision", "pictures/s", "processor ms", "cores busy, %", "peak memory, GB")
PARTS = ("decode", "network", "compose", "encode")
DIFFERENT = 100
"""Pictures of a folder that differ; further ones are links to them."""


def main():
    """Prints the tables."""
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        if options.pictures:
            _many_pictures(Path(folder), options)
            return
        names = (*COLUMNS, *PARTS, "ratio")
        print(f"| {' | '.join(names)} |\n|{'---|' * len(names)}")
        for size, count in zip(options.sizes, options.counts, strict=True):
            made = _make(Path(folder, str(size)), size, 2 * count, options.mixed)
            for precision in options.precisions:
                print(_row(made, size, precision, options), flush=True)
        # Only this table needs the other runtimes installed.
        from other_runtimes import compare

        compare(options.preset, options.precisions, made, options.rounds)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--sizes", type=int, nargs="+", default=[256, 1024, 2048])
    parser.add_argument(
        "--counts", type=int, nargs="+", default=[300, 60, 24], help="pictures by size"
    )
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--repeats", type=int, default=3, help="of the command; the median counts")
    parser.add_argument("--rounds", type=int, default=9, help="of taking turns")
    parser.add_argument("--mixed", action="store_true", help="hardly two pictures of one size")
    parser.add_argument("--pictures", type=int, help="memory over so many, of --side pixels")
    parser.add_argument("--side", type=int, default=96)
    return parser.parse_args()


def _make(folder, size, count, mixed=False):
    """Writes JPEG files; returns their paths."""
    folder.mkdir()
    generator, paths = np.random.default_rng(0), []
    for number, name in zip(range(count), itertools.cycle(PHOTOGRAPHS), strict=False):
        paths.append(folder / f"{number:05}.jpg")
        if number >= DIFFERENT:
            paths[-1].hardlink_to(paths[number % DIFFERENT])
            continue
        width, height = (size, 3 * size // 4)
        if mixed:
            width, height = generator.permutation(
                (size - number, height - 2 * number % height // 2)
            )
        # Other parts and other noise, so that no two files are alike.
        left, top = generator.uniform(0, 0.2, 2)
        photograph = Image.fromarray(getattr(skimage.data, name)()).convert("L")
        box = np.multiply((left, top, left + 0.8, top + 0.8), 2 * photograph.size)
        grey = np.asarray(photograph.resize((width, height), Image.Resampling.BICUBIC, box))
        noisy = np.clip(grey + generator.normal(0, 2, grey.shape), 0, 255).astype("uint8")
        Image.fromarray(noisy).save(paths[-1], quality=90)
    return paths


def _row(paths, size, precision, options):
    runs = [_difference(paths, precision, options) for _ in range(options.repeats)]
    wall, processor, peak = np.median(runs, axis=0)
    parts = _parts(paths[: min(len(paths), DIFFERENT)], precision, options.preset)
    ratio = processor / sum(parts[name] for name in PARTS if name != "compose")
    cells = [str(size), precision, f"{1 / wall:.1f}", f"{1e3 * processor:.1f}"]
    cells += [f"{100 * processor / wall / CORES:.0f}", f"{peak / 1e9:.2f}"]
    cells += [f"{1e3 * parts[name]:.1f}" for name in PARTS]
    return f"| {' | '.join([*cells, f'{ratio:.2f}'])} |"


def _difference(paths, precision, options):
    """Seconds and processor seconds a picture, and peak memory in bytes."""
    half = len(paths) // 2
    few, many = (_run(part, precision, options) for part in (paths[:half], paths))
    wall, processor = ((many[index] - few[index]) / half for index in (0, 1))
    return wall, processor, many[2]


def _run(paths, precision, options, watch=None):
    """Seconds, processor seconds and peak memory of the command over files."""
    with tempfile.TemporaryDirectory(dir=paths[0].parent.parent) as folder:
        photographs = Path(folder, "in")
        photographs.mkdir()
        for path in paths:
            (photographs / path.name).hardlink_to(path)
        target = Path(folder, "out")
        note = watch and functools.partial(watch, output=target)
        return colorize(photographs, target, precision, options.preset, note)


def _parts(paths, precision, preset):
    """Processor seconds a picture of every part of the work."""
    colorizer = Colorizer.from_preset(preset, precision=precision)
    spent = dict.fromkeys(PARTS, 0.0)
    jobs = [Job(path, path, path) for path in paths]
    # The first time everything is compiled; memory holds a group at a time.
    for warm in (True, False):
        for group in read_groups(colorizer, jobs[:8] if warm else jobs, lambda job: False):
            for name, seconds in _group_parts(colorizer, group).items():
                spent[name] += 0.0 if warm else seconds / len(paths)
    return spent


def _group_parts(colorizer, group):
    photographs = [reading.photograph.pixels for reading in group]
    decode, _ = _timed(_decoded, [reading.job.source for reading in group])
    see, views = _timed(colorizer.see, photographs)
    network, (colors,) = _timed(colorizer.predict, [views])
    paint, (made,) = _timed(colorizer.paint, [views], [colors])
    encode, _ = _timed(_encoded, made)
    return {"decode": decode, "network": network, "compose": see + paint, "encode": encode}


def _timed(function, *arguments):
    start = time.process_time()
    made = list(map(function, *arguments))
    return time.process_time() - start, made


def _decoded(path):
    return np.asarray(Image.open(io.BytesIO(path.read_bytes())).convert("RGB"))


def _encoded(pixels):
    return jpeg_bytes(pixels, quality=95)


@dataclasses.dataclass
class _Watch:
    """Notes memory as pictures are done."""

    steps: list
    seen: list = dataclasses.field(default_factory=list)

    def __call__(self, process, output):
        status = Path(f"/proc/{process.pid}/status")
        while len(self.seen) < len(self.steps):
            done = len(os.listdir(output)) if output.is_dir() else 0
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if "VmRSS" not in lines:
                return
            if done >= self.steps[len(self.seen)]:
                self.seen.append((done, 1024 * int(lines["VmRSS"].split()[0])))
            time.sleep(0.1)


def _many_pictures(folder, options):
    paths = _make(folder / "pictures", options.side, options.pictures, options.mixed)
    watch = _Watch([options.pictures * step // 10 - 16 for step in range(1, 11)])
    wall, processor, peak = _run(paths, options.precisions[0], options, watch)
    print("| pictures done | resident memory, GB |\n|---|---|")
    for done, resident in watch.seen:
        print(f"| {done} | {resident / 1e9:.3f} |")
    done, resident = np.transpose(watch.seen[1:])
    growth = 1e3 * np.polyfit(done, resident, 1)[0]
    print(f"\n{growth / 1e6:+.2f} MB in 1,000 pictures after the first; peak {peak / 1e9:.3f} GB")
    print(f"{len(paths)} pictures in {wall:.0f} seconds, {processor:.0f} processor seconds")


if __name__ == "__main__":
    main()
