"""Speed and memory of `keras-colorize colorize`, in processes of their own.

    python benchmarks/speed.py                    # folders at 256, 1024 and 2048 pixels
    python benchmarks/speed.py --photograph       # one photograph of up to 108 megapixels
    python benchmarks/speed.py --pictures 10000   # memory over many pictures
    python benchmarks/speed.py --runtimes         # the network beside PyTorch and ONNX Runtime

Folders are grey JPEG files made from photographs of scikit-image. The command runs over a folder
and over one of twice as many; the difference is what the pictures cost, without the start.
Runtimes go from lightness to a and b, on as many threads as there are cores, and take turns, so
that the ratios hold whatever else the machine does. PyTorch has the weights of the preset.
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
        elif options.runtimes:
            _runtimes(Path(folder), options)
        else:
            _folders(Path(folder), options)


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--preset", help="name or folder of a preset")
    add("--sizes", type=int, nargs="+", default=[256, 1024, 2048])
    add("--counts", type=int, nargs="+", default=[300, 60, 24], help="pictures by size")
    add("--precisions", nargs="+", default=["float32", "bfloat16"])
    add("--repeats", type=int, default=3, help="of command or turn; the median counts")
    add("--mixed", action="store_true", help="hardly two pictures of one size")
    add("--photograph", action="store_true", help="one photograph, by size")
    add("--pictures", type=int, help="memory over so many, of 96 pixels")
    add("--runtimes", action="store_true", help="networks on EfficientNet-Lite2")
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


def _runtimes(folder, options):
    import onnxruntime
    import torch

    from keras_colorize import Colorizer
    from keras_colorize.export import export_onnx

    torch.set_num_threads(os.cpu_count())
    print("| precision | at once | runtime | ms | processor ms | times ours |\n|" + 6 * "---|")
    for precision in options.precisions:
        colorizer = Colorizer.from_preset(options.preset, precision=precision)
        runs = {"this library": lambda x, own=colorizer: np.asarray(own.predict_ab(x))}
        runs["PyTorch"] = _pytorch(colorizer, precision)
        if precision == "float32":
            # Its processor kernels know no bfloat16.
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = os.cpu_count()
            path = export_onnx(colorizer, folder / "network.onnx")
            session = onnxruntime.InferenceSession(path, settings)
            runs["ONNX Runtime"] = lambda x, own=session: own.run(["ab"], {"lightness": x})[0]
        seen = colorizer.preprocess(skimage.data.astronaut()).network_input
        for count in (1, colorizer.at_once):
            spent = take_turns(runs, np.stack([seen] * count), options.repeats)
            for name, times in spent.items():
                wall, processor = 1e3 * np.median(times, axis=0) / count
                ratio, busy = np.median(times / spent["this library"], axis=0)
                cells = f"{wall:.1f} | {processor:.1f} | {ratio:.2f}, processor {busy:.2f}"
                print(f"| {precision} | {count} | {name} | {cells} |", flush=True)


def take_turns(runs, lightness, rounds, calls=5):
    """Seconds and processor seconds of every round, by name."""
    spent = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            # The threads of the one before go to sleep.
            time.sleep(0.2)
            run(lightness)
            start = np.array([time.perf_counter(), time.process_time()])
            for _ in range(calls):
                run(lightness)
            took = np.array([time.perf_counter(), time.process_time()]) - start
            # The first round finds and compiles what is quickest.
            spent[name] += [took / calls] if number else []
    return {name: np.array(times) for name, times in spent.items()}


def _pytorch(colorizer, precision):
    """The network of a preset in PyTorch, channels last, without its class branch."""
    import torch
    from torch.nn import functional

    from keras_colorize.bins import ab_centers
    from keras_colorize.inference.heads import class_log_weights

    if colorizer.config.arguments.get("encoder") != "efficientnet_lite2":
        raise SystemExit("--runtimes knows distribution_unet on EfficientNet-Lite2 alone")
    kind, weights, layers = getattr(torch, precision), {}, {}
    for layer in colorizer.model.layers:
        values = [torch.from_numpy(value).to(kind) for value in layer.get_weights()]
        if values and values[0].ndim == 4:
            order = (2, 3, 0, 1) if "depthwise" in layer.name else (3, 2, 0, 1)
            values[0] = values[0].permute(order).to(memory_format=torch.channels_last)
        weights[layer.name], layers[layer.name] = values, layer
    centers = torch.from_numpy(np.array(ab_centers(), "float32"))
    added = class_log_weights(colorizer.config, colorizer.rebalancing)
    added = torch.zeros(len(centers)) if added is None else torch.tensor(added).float()

    def conv(x, name, activation=torch.relu):
        kernel, bias = weights[name]
        # On both sides, where Keras pads strided ones on one: as much work, other values.
        options = {"stride": layers[name].strides, "padding": kernel.shape[-1] // 2}
        options["groups"] = len(kernel) if "depthwise" in name else 1
        return activation(functional.conv2d(x, kernel, bias, **options))

    def plain(x):
        return x

    def dense(x, name):
        kernel, bias = weights[name]
        return x @ kernel + bias

    def norm(x, name):
        return functional.layer_norm(x, x.shape[-1:], *weights[name], layers[name].epsilon)

    def attend(x, keys, name):
        pairs = zip((x, keys, keys), weights[name][:6:2], weights[name][1:6:2], strict=True)
        parts = [torch.einsum("nlc,chd->nhld", y, kernel) + b[:, None] for y, kernel, b in pairs]
        kernel, bias = weights[name][6:]
        mixed = functional.scaled_dot_product_attention(*parts)
        return torch.einsum("nhld,hdc->nlc", mixed, kernel) + bias

    def ask(scales):
        keys = [conv(x, f"queries_scale{n}", plain) for n, x in enumerate(scales)]
        keys = [x.flatten(2).transpose(1, 2) for x in keys]
        keys = [norm(x, f"queries_scale{n}_norm") for n, x in enumerate(keys)]
        x = weights["queries"][0].expand(len(keys[0]), -1, -1)
        for step, key in enumerate(keys):
            for name in (f"queries_step{step}_cross", f"queries_step{step}_self"):
                y = norm(x, f"{name}_norm")
                x = x + attend(y, key if name.endswith("cross") else y, name)
            name = f"queries_step{step}_dense"
            y = functional.gelu(dense(norm(x, f"{name}_norm"), f"{name}1"))
            x = x + dense(y, f"{name}2")
        return dense(norm(x, "queries_norm"), "queries_color")

    def run(lightness):
        x = torch.from_numpy(lightness).permute(0, 3, 1, 2) / 50 - 1
        x = conv(x.to(kind).repeat(1, 3, 1, 1), "stem", functional.relu6)
        skips, number = [], 0
        while (name := f"block_{number}") + "_project" in weights:
            wide = x if number == 0 else conv(x, f"{name}_expand", functional.relu6)
            skips += [wide] if layers[f"{name}_depthwise"].strides[0] == 2 else []
            y = conv(wide, f"{name}_depthwise", functional.relu6)
            y = conv(y, f"{name}_project", plain)
            x, number = x + y if x.shape == y.shape else y, number + 1
        x = conv(x, "head", functional.relu6)
        features = torch.relu(dense(x.mean((2, 3)), "global_dense"))
        scales = [x := conv(x, "decoder32_conv")]
        for stride, skip in zip((16, 8, 4), reversed(skips[1:]), strict=True):
            skip = conv(skip, f"decoder{stride}_tap")
            x = functional.interpolate(x, skip.shape[2:], mode="bilinear")
            x = conv(torch.cat([x, skip], 1), f"decoder{stride}_conv")
            if stride == 16:
                kernel, bias = weights["fusion"]
                vector = features @ kernel[: features.shape[1]] + bias
                local = kernel[features.shape[1] :].T[..., None, None]
                x = torch.relu(functional.conv2d(x, local) + vector[..., None, None])
            scales.append(x)
        asked = ask(scales[:-1])
        maps = torch.einsum("nkc,nchw->nkhw", asked * asked.shape[-1] ** -0.5, x)
        kernel, bias = (value.float() for value in weights["ab_logits"])
        logits = functional.conv2d(torch.cat([x, maps], 1).float(), kernel, bias).movedim(1, -1)
        likely = torch.softmax((logits + added) / colorizer.temperature, -1)
        return (likely @ centers).numpy()

    return torch.inference_mode()(run)


if __name__ == "__main__":
    main()
