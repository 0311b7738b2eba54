"""Speed and memory of `keras-colorize colorize`, in processes of their own.

    python benchmarks/speed.py                    # folders at 256, 1024 and 2048 pixels
    python benchmarks/speed.py --photograph       # one photograph of up to 108 megapixels
    python benchmarks/speed.py --pictures 10000   # memory over many pictures

Folders are grey JPEG files made from photographs of scikit-image. The command runs over a folder
and over one of twice as many; the difference is what the pictures cost, without the start.
"""

import argparse
import itertools
import os
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data
from common import colorize, write_grey
from PIL import Image

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "hubble_deep_field")
SIZES = ((1, 1), (256, 256), (1024, 1024), (4000, 3000), (12000, 9000))
DIFFERENT = 100
"""Pictures of a folder that differ; further ones are links to them."""


def main():
    """Prints a table."""
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        if options.photograph:
            _photographs(Path(folder), options)
        elif options.pictures:
            _memory(Path(folder), options)
        else:
            _folders(Path(folder), options)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--preset", help="name or folder of a preset")
    add("--sizes", type=int, nargs="+", default=[256, 1024, 2048])
    add("--counts", type=int, nargs="+", default=[300, 60, 24], help="pictures by size")
    add("--precisions", nargs="+", default=["float32", "bfloat16"])
    add("--repeats", type=int, default=3, help="of the command; the median counts")
    add("--mixed", action="store_true", help="hardly two pictures of one size")
    add("--photograph", action="store_true", help="one photograph, by size")
    add("--pictures", type=int, help="memory over so many, of 96 pixels")
    return parser.parse_args()


def _folders(folder, options):
    columns = ("size", "precision", "pictures/s", "processor ms", "cores busy, %", "memory, GB")
    print(f"| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for size, count in zip(options.sizes, options.counts, strict=True):
        paths = _make(folder / str(size), size, 2 * count, options.mixed)
        for precision in options.precisions:
            runs = [
                [_run(part, precision, options) for part in (paths[:count], paths)]
                for _ in range(options.repeats)
            ]
            few, many = np.median(runs, axis=0)
            (wall, processor), peak = (many - few)[:2] / count, many[2]
            cells = f"{1 / wall:.1f} | {1e3 * processor:.1f} | "
            cells += f"{100 * processor / wall / os.cpu_count():.0f} | {peak / 1e9:.2f}"
            print(f"| {size} | {precision} | {cells} |", flush=True)


def _photographs(folder, options):
    print("| size | megapixels | seconds | processor seconds | peak memory, GB |")
    print("|---|---|---|---|---|")
    for width, height in SIZES:
        grey, colorized = folder / "grey.jpg", folder / f"{width}x{height}.jpg"
        write_grey(grey, width, height)
        wall, processor, peak = colorize(grey, colorized, options.precisions[0], options.preset)
        cells = f"{wall:.1f} | {processor:.1f} | {peak / 1e9:.2f}"
        print(f"| {width}x{height} | {width * height / 1e6:.1f} | {cells} |", flush=True)


def _memory(folder, options):
    paths = _make(folder / "pictures", 96, options.pictures, options.mixed)
    steps = [options.pictures * step // 10 - 16 for step in range(1, 11)]
    noted = []

    def watch(process, output):
        status = Path(f"/proc/{process.pid}/status")
        while len(noted) < len(steps):
            done = len(os.listdir(output)) if output.is_dir() else 0
            lines = dict(line.split(":", 1) for line in status.read_text().splitlines())
            if "VmRSS" not in lines:
                return
            if done >= steps[len(noted)]:
                noted.append((done, 1024 * int(lines["VmRSS"].split()[0])))
            time.sleep(0.1)

    wall, processor, peak = _run(paths, options.precisions[0], options, watch)
    print("| pictures done | resident memory, GB |\n|---|---|")
    for done, resident in noted:
        print(f"| {done} | {resident / 1e9:.3f} |")
    growth = 1e3 * np.polyfit(*np.transpose(noted[1:]), 1)[0]
    print(f"\n{growth / 1e6:+.2f} MB in 1,000 pictures after the first; peak {peak / 1e9:.3f} GB")
    print(f"{len(paths)} pictures in {wall:.0f} seconds, {processor:.0f} processor seconds")


def _make(folder, size, count, mixed):
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
            sides = (size - number, height - 2 * number % height // 2)
            width, height = generator.permutation(sides)
        # Other parts and other noise, so that no two files are alike.
        left, top = generator.uniform(0, 0.2, 2)
        photograph = Image.fromarray(getattr(skimage.data, name)()).convert("L")
        box = np.multiply((left, top, left + 0.8, top + 0.8), 2 * photograph.size)
        grey = np.asarray(photograph.resize((width, height), Image.Resampling.BICUBIC, box))
        noisy = np.clip(grey + generator.normal(0, 2, grey.shape), 0, 255).astype("uint8")
        Image.fromarray(noisy).save(paths[-1], quality=90)
    return paths


def _run(paths, precision, options, watch=None):
    """Seconds, processor seconds and peak memory of the command over files."""
    with tempfile.TemporaryDirectory(dir=paths[0].parent.parent) as folder:
        photographs, target = Path(folder, "in"), Path(folder, "out")
        photographs.mkdir()
        for path in paths:
            (photographs / path.name).hardlink_to(path)
        note = watch and (lambda process: watch(process, target))
        return colorize(photographs, target, precision, options.preset, note)


if __name__ == "__main__":
    main()
