"""Published networks here, in their authors' PyTorch and in ONNX Runtime: colors, time, memory.

    git clone https://github.com/piddnad/DDColor code/DDColor
    git clone https://github.com/richzhang/colorization code/colorization
    python benchmarks/published.py code/

The authors' code makes a network with random weights and saves it, and `import_checkpoint` reads
the file. Colors are those of a photograph at the network's own size, where sRGB has them. Times go
from lightness to a and b on as many threads as there are cores, and runtimes take turns; memory is
the peak of a process that runs the network twice, less what its imports took.
"""

import argparse
import importlib
import os
import subprocess
import sys
import tempfile
import types
import warnings
from pathlib import Path

import numpy as np
import skimage.data
from common import take_turns
from skimage import color, transform

SIZES = {"ddcolor_tiny": 512, "ddcolor": 512, "siggraph17": 256, "eccv16_release": 256}
MODULES = {"this library": "keras_colorize.inference.colorizer", "PyTorch": "torch"}
MODULES |= {"ONNX Runtime": "onnxruntime"}
RUNTIMES = tuple(MODULES)


def main():
    """Prints a table; with --alone runs one runtime, for its memory."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("code", help="folder of the authors' repositories")
    parser.add_argument("--networks", nargs="+", choices=SIZES, default=list(SIZES))
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--runtimes", nargs="+", choices=RUNTIMES, default=RUNTIMES)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--alone", nargs=2, metavar=("FOLDER", "RUNTIME"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    for name in ("basicsr", "basicsr.archs"):
        # Packages that would import all that DDColor's training needs.
        sys.modules[name] = types.ModuleType(name)
        sys.modules[name].__path__ = [f"{options.code}/DDColor/{name.replace('.', '/')}"]
    sys.path[:0] = [f"{options.code}/{name}" for name in ("DDColor", "colorization")]
    if options.alone:
        folder, runtime = options.alone
        importlib.import_module(MODULES[runtime])
        before = _memory("VmRSS")
        run = _runs(options.networks[0], Path(folder), options.precisions[0], (runtime,))[runtime]
        for _ in range(2):
            run(np.full((1, *2 * (SIZES[options.networks[0]],), 1), 50.0, "float32"))
        print((_memory("VmHWM") - before) // 1000)
        return
    head = ("network", "precision", "runtime", "ms", "processor ms", "times ours", "memory, MB")
    print(f"| {' | '.join(head)} |\n{len(head) * '|---'}|")
    for name in options.networks:
        with tempfile.TemporaryDirectory() as folder:
            _compare(name, Path(folder), options)


def _compare(name, folder, options):
    from keras_colorize import Colorizer
    from keras_colorize.export import export_onnx
    from keras_colorize.presets import import_checkpoint

    rgb = transform.resize(skimage.data.astronaut(), 2 * (SIZES[name],), anti_aliasing=True)
    rgb = np.rint(255 * rgb).astype("uint8")
    lightness = color.rgb2lab(rgb)[None, ..., :1].astype("float32")
    _save_random(name, folder / "network.pth", lightness)
    import_checkpoint(folder / "network.pth", folder / "preset")
    colorizer = Colorizer.from_preset(folder / "preset", precision="float32")
    if "ONNX Runtime" in options.runtimes:
        export_onnx(colorizer, folder / "network.onnx")
    _check(name, colorizer, rgb, _run_authors(name, folder / "network.pth", "float32")(lightness))
    del colorizer
    for precision in options.precisions:
        # The processor kernels of ONNX Runtime know no bfloat16.
        last = 3 if precision == "float32" else 2
        runtimes = [name for name in RUNTIMES[:last] if name in options.runtimes]
        runs = _runs(name, folder, precision, runtimes)
        spent = take_turns(runs, lightness, options.repeats, calls=1)
        del runs
        for runtime, times in spent.items():
            wall, processor = 1e3 * np.median(times, axis=0)
            ratio, busy = np.median(times / spent["this library"], axis=0)
            cells = f"{wall:.0f} | {processor:.0f} | {ratio:.2f}, processor {busy:.2f}"
            command = [sys.executable, __file__, options.code, "--networks", name]
            command += ["--precisions", precision, "--alone", str(folder), runtime]
            memory = subprocess.check_output(command, stderr=subprocess.DEVNULL, text=True).strip()
            print(f"| {name} | {precision} | {runtime} | {cells} | {memory} |", flush=True)


def _check(name, colorizer, rgb, ab):
    """Says how far the library's colors are from those of the authors' a and b."""
    from keras_colorize.inference.compose import resize_bicubic

    own = np.asarray(colorizer.predict_ab(colorizer.preprocess(rgb).network_input[None]))
    off = np.abs(own - ab).max()
    lightness = color.rgb2lab(rgb)[..., :1]
    lab = np.concatenate([lightness, resize_bicubic(ab, rgb.shape[:2])[0]], axis=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of colors that sRGB has not
        wanted = color.lab2rgb(lab)
    fits = np.abs(color.rgb2lab(wanted) - lab).max(axis=-1) < 0.05
    levels = np.abs(colorizer(rgb) - np.rint(255 * wanted))[fits]
    said = f"{name}: {colorizer.model.count_params():,} weights; a and b off by {off:.3f} at most, "
    said += f"8-bit levels by {levels.max():.0f} at most and {levels.mean():.4f} on average"
    print(f"{said} ({100 * fits.mean():.0f} % of the pixels)", file=sys.stderr)


def _runs(name, folder, precision, runtimes):
    """Functions from lightness (1, H, W, 1) to ab, by runtime."""
    runs = {}
    if "this library" in runtimes:
        from keras_colorize import Colorizer

        colorizer = Colorizer.from_preset(folder / "preset", precision=precision)
        runs["this library"] = lambda lightness: np.asarray(colorizer.predict_ab(lightness))
    if "PyTorch" in runtimes:
        runs["PyTorch"] = _run_authors(name, folder / "network.pth", precision)
    if "ONNX Runtime" in runtimes:
        import onnxruntime

        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = os.cpu_count()
        session = onnxruntime.InferenceSession(folder / "network.onnx", settings)
        runs["ONNX Runtime"] = lambda x: session.run(["ab"], {"lightness": x})[0]
    return runs


def _memory(what):
    """Memory of this process in kilobytes: VmRSS is that of now, VmHWM its peak."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(what)).split()[1])


def _authors(name):
    import torch

    torch.manual_seed(0)
    if name.startswith("ddcolor"):
        from ddcolor import DDColor

        encoder = "convnext-t" if name == "ddcolor_tiny" else "convnext-l"
        options = {"num_queries": 100, "last_norm": "Spectral", "num_output_channels": 2}
        return DDColor(encoder, **options).eval()
    import colorizers

    network = getattr(colorizers, name.removesuffix("_release"))(pretrained=False).eval()
    if name == "eccv16_release":
        network.upsample4 = torch.nn.Identity()
    return network


def _run_authors(name, path, precision):
    import torch

    torch.set_num_threads(os.cpu_count())
    network = _authors(name)
    state = torch.load(path, weights_only=True)
    network.load_state_dict(state.get("params", state))
    network.to(memory_format=torch.channels_last)
    low = torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16")

    def run(lightness):
        x = torch.from_numpy(lightness).permute(0, 3, 1, 2)
        if name.startswith("ddcolor"):
            # The sRGB grey of L*.
            y = torch.where(x > 8, ((x + 16) / 116) ** 3, x * (3 / 29) ** 3)
            grey = torch.where(y > 0.0031308, 1.055 * y.clamp(1e-6) ** (1 / 2.4) - 0.055, 12.92 * y)
            x = grey.repeat(1, 3, 1, 1).to(memory_format=torch.channels_last)
        with torch.inference_mode(), low:
            return network(x).float().permute(0, 2, 3, 1).numpy()

    return run


def _save_random(name, path, lightness):
    """Saves a network of the authors with random weights by which its layers and colors differ."""
    import torch

    network, random = _authors(name), torch.Generator().manual_seed(7)
    with torch.no_grad():
        if name.startswith("ddcolor"):
            # Spectral normalization begins with vectors that say nothing of its norms.
            network.train()(torch.rand(2, 3, 64, 64, generator=random))
            network.eval()
        for key, value in network.named_parameters():
            if key.endswith("gamma"):
                value.copy_(0.3 + 0.1 * torch.rand(value.shape, generator=random))
            elif value.ndim == 1:
                value.add_(0.1 * torch.randn(value.shape, generator=random))
        for key, value in network.named_buffers():
            if key.endswith("running_mean"):
                value.copy_(0.1 * torch.randn(value.shape, generator=random))
            elif key.endswith("running_var"):
                value.copy_(0.5 + torch.rand(value.shape, generator=random))
        if name == "eccv16_release":
            from keras_colorize.bins import ab_centers

            centers = torch.tensor(np.array(ab_centers())).T[..., None, None]
            network.model_out.weight.copy_(centers / 110)
            network.model8[6].weight.mul_(20.0)
    torch.save(network.state_dict(), path)
    if name == "eccv16_release":
        return
    # Colors around grey that spread as those of photographs do.
    ab = _run_authors(name, path, "float32")(lightness)
    factor, mean = 20.0 / ab.std(), torch.from_numpy(ab.mean((0, 1, 2)))
    with torch.no_grad():
        if name == "siggraph17":
            last, mean = network.model_out[0], mean / 110
            last.weight.mul_(factor)
        else:
            last = network.refine_net[0][0]
            # The norm would take the factor out of the weight again.
            last.weight_u.div_(factor)
        last.bias.sub_(mean).mul_(factor)
    state = network.state_dict()
    torch.save(state if name == "siggraph17" else {"params": state}, path)


if __name__ == "__main__":
    main()
