"""The network of a preset beside the same one in ONNX Runtime and PyTorch; see inference.py.

All go from lightness to a and b, on as many threads as there are cores. ONNX Runtime has the file
that `export_onnx` makes, in float32: its processor kernels know no bfloat16. PyTorch has the
layers of torch_networks.py with random weights, batch normalizations folded, channels last, and
autocast for bfloat16. They take turns, so that the ratios hold whatever else the machine does.
"""

import os
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
from onnxruntime import InferenceSession, SessionOptions
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch_networks import DistributionUnet

from keras_colorize import Colorizer
from keras_colorize.bins import ab_centers
from keras_colorize.export import export_onnx
from keras_colorize.inference.base import BaseColorizer
from keras_colorize.io import read_photograph

CORES = os.cpu_count()
PAUSE = 0.2
"""Seconds in which the threads of the one before go to sleep."""

REPEATS = 5
"""Runs of a round."""


def compare(preset, precisions, paths, rounds):
    """Prints a table.

    Args:
        preset: name or folder of a preset of `distribution_unet`, or None.
        precisions: those of `Colorizer.from_preset`.
        paths: photographs; what the network sees of the first is what all get.
        rounds: how often they take turns.
    """
    torch.set_num_threads(CORES)
    print("\n| precision | pictures at once | runtime | ms | processor ms | times ours |")
    print("|---|---|---|---|---|---|")
    for precision in precisions:
        colorizer = Colorizer.from_preset(preset, precision=precision)
        runs = {"this library": lambda x, own=colorizer: np.asarray(own.predict_ab(x))}
        if precision == "float32":
            runs["ONNX Runtime"] = _onnx(colorizer)
        runs["PyTorch"] = _pytorch(colorizer, precision)
        seen = colorizer.see(read_photograph(paths[0]).pixels).seen
        for count in (1, BaseColorizer.at_once):
            _print(precision, count, _take_turns(runs, np.stack([seen] * count), rounds))
        if precision != "float32":
            print(f"| {precision} | any | ONNX Runtime | none on processors | - | - |")


def _print(precision, count, spent):
    """Medians, and the median over the rounds of the ratio to the first."""
    first = spent["this library"]
    for name, times in spent.items():
        wall, processor = 1e3 * np.median(times, axis=0) / count
        ratios = "-" if times is first else f"{np.median(times[:, 0] / first[:, 0]):.2f}"
        ratios += (
            "" if times is first else f", processor {np.median(times[:, 1] / first[:, 1]):.2f}"
        )
        cells = (precision, str(count), name, f"{wall:.1f}", f"{processor:.1f}", ratios)
        print(f"| {' | '.join(cells)} |", flush=True)


def _take_turns(runs, lightness, rounds):
    """Seconds and processor seconds of every round, by name."""
    spent = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name, run in runs.items():
            time.sleep(PAUSE)
            run(lightness)
            start = np.array([time.perf_counter(), time.process_time()])
            for _ in range(REPEATS):
                run(lightness)
            took = np.array([time.perf_counter(), time.process_time()]) - start
            # The first round finds and compiles what is quickest.
            spent[name] += [took / REPEATS] if number else []
    return {name: np.array(times) for name, times in spent.items()}


def _onnx(colorizer):
    options = SessionOptions()
    options.intra_op_num_threads = CORES
    with tempfile.TemporaryDirectory() as folder:
        path = export_onnx(colorizer, Path(folder, "network.onnx"))
        session = InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return lambda lightness: session.run(["ab"], {"lightness": lightness})[0]


def _pytorch(colorizer, precision):
    network = DistributionUnet().eval()
    _fold(network)
    network = network.to(memory_format=torch.channels_last)
    centers = torch.from_numpy(np.array(ab_centers(), "float32"))

    def run(lightness):
        low = precision == "bfloat16"
        with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=low):
            logits = network(torch.from_numpy(lightness.transpose(0, 3, 1, 2)))["ab_logits"]
        with torch.inference_mode():
            likely = torch.softmax(logits.movedim(1, -1) / colorizer.temperature, -1)
            return (colorizer.saturation * likely @ centers).numpy()

    return run


def _fold(module):
    """Does what `fold_batch_norm` does."""
    for child in module.children():
        if isinstance(child, nn.Sequential) and isinstance(child[1], nn.BatchNorm2d):
            child[0], child[1] = fuse_conv_bn_eval(child[0], child[1]), nn.Identity()
        else:
            _fold(child)
