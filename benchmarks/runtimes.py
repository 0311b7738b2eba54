"""The network of a preset beside ONNX Runtime, OpenVINO and PyTorch.

    python benchmarks/runtimes.py [--preset accurate] [--precisions float32 bfloat16]

Runtimes go from lightness to a and b, on as many threads as there are cores, and take turns, so
that the ratios hold whatever else the machine does. PyTorch has the weights of the preset, where it
is a `distribution_unet` on EfficientNet-Lite2. Needs `pip install openvino`.
"""

import argparse
import os
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import openvino
import skimage.data
import torch
from common import take_turns
from torch.nn import functional

from keras_colorize import Colorizer
from keras_colorize.bins import ab_centers
from keras_colorize.export import export_onnx
from keras_colorize.inference.heads import class_log_weights


def main():
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--preset", help="name or folder of a preset")
    parser.add_argument("--precisions", nargs="+", default=["float32", "bfloat16"])
    parser.add_argument("--repeats", type=int, default=5, help="turns; the median counts")
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), parser.parse_args())


def measure(folder, options):
    """Prints a row per precision, number of pictures and runtime."""
    torch.set_num_threads(os.cpu_count())
    print("| precision | at once | runtime | ms | processor ms | times ours |\n|" + 6 * "---|")
    exact = Colorizer.from_preset(options.preset, precision="float32")
    path = export_onnx(exact, folder / "network.onnx")
    for precision in options.precisions:
        colorizer = Colorizer.from_preset(options.preset, precision=precision)
        runs = {"this library": lambda x, own=colorizer: np.asarray(own.predict_ab(x))}
        if colorizer.config.arguments.get("encoder") == "efficientnet_lite2":
            runs["PyTorch"] = _pytorch(colorizer, precision)
        if precision == "float32":
            # Its processor kernels know no bfloat16.
            settings = onnxruntime.SessionOptions()
            settings.intra_op_num_threads = os.cpu_count()
            session = onnxruntime.InferenceSession(path, settings)
            runs["ONNX Runtime"] = lambda x, own=session: own.run(["ab"], {"lightness": x})[0]
        hints = {"INFERENCE_NUM_THREADS": os.cpu_count(), "PERFORMANCE_HINT": "LATENCY"}
        hints["INFERENCE_PRECISION_HINT"] = {"float32": "f32", "bfloat16": "bf16"}[precision]
        compiled = openvino.Core().compile_model(path, "CPU", hints)
        runs["OpenVINO"] = lambda x, own=compiled: own({"lightness": x})["ab"]
        seen = colorizer.preprocess(skimage.data.astronaut()).network_input
        for count in (1, colorizer.at_once):
            spent = take_turns(runs, np.stack([seen] * count), options.repeats)
            for name, times in spent.items():
                wall, processor = 1e3 * np.median(times, axis=0) / count
                ratio, busy = np.median(times / spent["this library"], axis=0)
                cells = f"{wall:.1f} | {processor:.1f} | {ratio:.2f}, processor {busy:.2f}"
                print(f"| {precision} | {count} | {name} | {cells} |", flush=True)


def _pytorch(colorizer, precision):
    """The network of a preset in PyTorch, channels last, without its class branch."""
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
