"""Speed and memory of the command, of videos and of what they consist of.

    python benchmarks/speed.py                    # start, folders, composition, field and video
    python benchmarks/speed.py --start            # start alone
    python benchmarks/speed.py --folders          # folders at 256, 1024 and 2048 pixels alone
    python benchmarks/speed.py --photograph       # one photograph of up to 108 megapixels
    python benchmarks/speed.py --pictures 10000   # memory over many pictures
    python benchmarks/speed.py --growth           # pictures and frames, few to many

Folders are grey JPEG files made from photographs of scikit-image. The command runs over a folder
and over one of twice as many; the difference is what the pictures cost, without the start. The
ratio is to the processor time of network, decoding and encoding alone on the same files. Videos
are a pan over a photograph, in H.264. `benchmarks/runtimes.py` has the network beside those of
others, `benchmarks/bulk.py` workers of `keras-colorize bulk`.
"""

import argparse
import functools
import itertools
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import skimage.data
from common import colorize, resources, write_grey
from PIL import Image

PHOTOGRAPHS = ("astronaut", "chelsea", "coffee", "rocket", "camera", "hubble_deep_field")
SIZES = ((1, 1), (256, 256), (1024, 1024), (4000, 3000), (12000, 9000))
DIFFERENT = 100
"""Pictures of a folder that differ; further ones are links to them."""


def main():
    """Prints a table."""
    options = _parse()
    with tempfile.TemporaryDirectory() as folder:
        if options.start:
            _start(Path(folder), options)
        elif options.photograph:
            _photographs(Path(folder), options)
        elif options.pictures:
            _memory(Path(folder), options)
        elif options.growth:
            _growth(Path(folder), options)
        else:
            if not options.folders:
                _start(Path(folder), options)
            _folders(Path(folder), options)
            if not options.folders:
                _parts(Path(folder), options)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--preset", help="name or folder of a preset")
    add("--sizes", type=int, nargs="+", default=[256, 1024, 2048])
    add("--counts", type=int, nargs="+", default=[300, 60, 24], help="pictures by size")
    add("--precisions", nargs="+", default=["float32"])
    add("--repeats", type=int, default=3, help="of command or turn; the median counts")
    add("--mixed", action="store_true", help="hardly two pictures of one size")
    add("--photograph", action="store_true", help="one photograph, by size")
    add("--pictures", type=int, help="memory over so many, of 96 pixels")
    add("--start", action="store_true", help="start alone")
    add("--folders", action="store_true", help="no start, composition, field and video")
    add("--growth", action="store_true", help="what few and many pictures and frames cost")
    return parser.parse_args()


def _start(folder, options):
    """Processor seconds of processes that start, in turns, over those of TensorFlow's import."""
    write_grey(folder / "one.jpg", 256, 192)
    preset = f"{options.preset!r}" if options.preset else ""
    command = "from keras_colorize.cli import main; main({})"
    words = ["colorize", f"{folder / 'one.jpg'}", "-o", f"{folder / 'done.jpg'}", "--overwrite"]
    words += ["--preset", options.preset] if options.preset else []
    codes = {
        "import tensorflow": "import tensorflow",
        "import keras_colorize": "import keras_colorize",
        "import Colorizer": "from keras_colorize import Colorizer",
        "Colorizer.from_preset": "from keras_colorize import Colorizer\n"
        f"Colorizer.from_preset({preset})",
        "one 256-pixel picture by the command": command.format(words),
    }
    # The file of the network is made when OpenVINO is first asked for, and that is not measured.
    words += ["--runtime", "openvino"]
    subprocess.run([sys.executable, "-c", command.format(words)], check=True, capture_output=True)
    codes["Colorizer.from_preset, OpenVINO"] = (
        "import os; os.environ['KERAS_BACKEND'] = 'numpy'\nfrom keras_colorize import Colorizer\n"
        f"Colorizer.from_preset({preset or None}, runtime='openvino')"
    )
    codes["one 256-pixel picture by the command, OpenVINO"] = command.format(words)
    spent = {name: [] for name in codes}
    for _ in range(options.repeats):
        for name, code in codes.items():
            process = subprocess.Popen(
                [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            spent[name].append(resources(process, name)[0])
    print("| start | processor seconds | over import tensorflow |\n|---|---|---|")
    for name, times in spent.items():
        ratio = np.median(np.divide(times, spent["import tensorflow"]))
        print(f"| {name} | {np.median(times):.2f} | {ratio:.2f} |", flush=True)


def _folders(folder, options):
    columns = ("size", "precision", "pictures/s", "processor ms", "cores busy, %", "memory, GB")
    columns += ("decode", "network", "encode", "ratio")
    print(f"\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")
    for size, count in zip(options.sizes, options.counts, strict=True):
        paths = _make(folder / str(size), size, 2 * count, options.mixed)
        for precision in options.precisions:
            runs = [
                [_run(part, precision, options) for part in (paths[:count], paths)]
                for _ in range(options.repeats)
            ]
            few, many = np.median(runs, axis=0)
            (wall, processor), peak = (many - few)[:2] / count, many[2]
            parts = _alone(paths[:count], precision, options)
            cells = f"{1 / wall:.1f} | {1e3 * processor:.1f} | "
            cells += f"{100 * processor / wall / os.cpu_count():.0f} | {peak / 1e9:.2f} | "
            cells += " | ".join(f"{1e3 * part:.1f}" for part in parts)
            print(f"| {size} | {precision} | {cells} | {processor / sum(parts):.2f} |", flush=True)


def _alone(paths, precision, options):
    """Processor seconds a picture of decoding, the network and encoding."""
    from keras_colorize import Colorizer
    from keras_colorize.io import read_photograph, write_photograph

    colorizer = Colorizer.from_preset(options.preset, precision=precision)
    paths = paths[: len(paths) // 4 * 4]
    spent, photographs = [], []
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder, "out.jpg")

        def decode():
            photographs[:] = [read_photograph(path) for path in paths]

        def encode():
            for one in photographs:
                write_photograph(target, one, overwrite=True)

        decode()
        batch = [colorizer.preprocess(one.pixels) for one in photographs]

        def predict():
            for start in range(0, len(batch), 4):
                colorizer.predict(batch[start : start + 4])

        predict()
        for step in (decode, predict, encode):
            start = time.process_time()
            step()
            spent.append((time.process_time() - start) / len(paths))
    return spent


def _parts(folder, options):
    """Composition, the field, and a video, in this process."""
    from keras_colorize import Colorizer
    from keras_colorize.inference.compose import compose
    from keras_colorize.inference.mrf import refined_ab
    from keras_colorize.inference.options import REFINEMENTS
    from keras_colorize.inference.pixels import lightness_of

    print("\n| part | processor ms | ms |\n|---|---|---|")

    def row(name, call, unit=1.0):
        call()
        spent = []
        for _ in range(10 * options.repeats):
            start = np.array([time.process_time(), time.perf_counter()])
            call()
            spent.append([time.process_time(), time.perf_counter()] - start)
        processor, wall = 1e3 / unit * np.min(spent, axis=0)
        print(f"| {name} | {processor:.1f} | {wall:.1f} |", flush=True)

    colorizer = Colorizer.from_preset(options.preset)
    photograph = Image.fromarray(skimage.data.astronaut()).convert("L")
    grey = np.asarray(photograph.resize((2048, 1536), Image.Resampling.BICUBIC))[..., None]
    lightness, unit = lightness_of(grey)[None], grey.size / 1e6
    ab = colorizer.predict([colorizer.preprocess(grey)])
    row("preparing a photograph, a megapixel", lambda: colorizer.preprocess(grey), unit)
    for dtype in ("uint8", "uint16"):
        target = np.empty((1, *grey.shape[:2], 3), dtype)
        call = functools.partial(compose, lightness, ab, colorizer.saturation, target)
        row(f"composition in {dtype}, a megapixel", call, unit)
    probabilities = np.random.default_rng(0).dirichlet(np.ones(25), (64, 64, 2)).astype("float32")
    square = np.asarray(photograph.resize((256, 256)))[..., None]
    call = functools.partial(refined_ab, probabilities, lightness_of(square), colorizer.config)
    row("the field, 8 sweeps, 25 bins, 256x256", lambda: call(REFINEMENTS["mrf"]))
    print("\n| video, 1920x1080 | frames/s | processor ms a frame | cores busy, % |")
    print("|---|---|---|---|")
    for name, grain, moves, encoder in (
        ("pan with grain, libx264", 4, 4, {}),
        ("pan with grain, libx264 veryfast", 4, 4, {"preset": "veryfast"}),
        ("pan, libx264 veryfast", 0, 4, {"preset": "veryfast"}),
        ("picture at rest, libx264 veryfast", 0, 0, {"preset": "veryfast"}),
    ):
        _write_video(folder / "in.mp4", 96, grain, moves)
        wall, processor = _video_seconds(colorizer, folder, encoder)
        cells = f"{96 / wall:.1f} | {1e3 * processor / 96:.0f}"
        print(f"| {name} | {cells} | {100 * processor / wall / os.cpu_count():.0f} |", flush=True)


def _video_seconds(colorizer, folder, encoder):
    from keras_colorize.video import colorize_video

    start = np.array([time.perf_counter(), time.process_time()])
    paths = folder / "in.mp4", folder / "out.mp4"
    colorize_video(colorizer, *paths, overwrite=True, encoder_options=encoder)
    return [time.perf_counter(), time.process_time()] - start


def _write_video(path, frames, grain, moves, size=(1920, 1080)):
    import av

    generator, (width, height) = np.random.default_rng(0), size
    side = max(width, height) * 3 // 2
    photograph = Image.fromarray(skimage.data.astronaut()).convert("L")
    grey = np.asarray(photograph.resize((side, side), Image.Resampling.BICUBIC), "float32")
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24, options={"preset": "fast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for number in range(frames):
            top = left = number * moves % (side - max(width, height))
            frame = grey[top : top + height, left : left + width]
            noisy = frame + generator.normal(0, grain, frame.shape) if grain else frame
            noisy = np.repeat(np.clip(noisy, 0, 255).astype("uint8")[..., None], 3, axis=-1)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, "rgb24")))
        container.mux(stream.encode(None))


def _growth(folder, options):
    """What pictures and frames cost, few and many, each time in a process of its own."""
    print("| what | how many | seconds | processor seconds | peak memory, GB |")
    print("|---|---|---|---|---|")

    def row(what, count, spent):
        wall, processor, peak = spent
        cells = f"{wall:.1f} | {processor:.1f} | {peak / 1e9:.2f}"
        print(f"| {what} | {count} | {cells} |", flush=True)

    paths = _make(folder / "many", 256, 400, False)
    for count in (1, 10, 100, 400):
        row("pictures of 256 pixels", count, _run(paths[:count], "float32", options))
    for count in (1, 30, 300):
        _write_video(folder / "in.mp4", count, 2, 1, (480, 270))
        words = ["video", folder / "in.mp4", "-o", folder / "out.mp4", "--overwrite"]
        row("frames of 480x270", count, _command(words, options))


def _command(words, options):
    words += ["--preset", options.preset] if options.preset else []
    words = [sys.executable, "-m", "keras_colorize", *map(str, words)]
    start = time.perf_counter()
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    processor, peak = resources(process, " ".join(words))
    return time.perf_counter() - start, processor, peak


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
