"""Pictures per second of training, beside the same networks in PyTorch (pip install torch).

Every network is trained by `TrainingLoop` in a process of its own, by precision and by number of
replicas (logical devices of one processor). Rounds of steps on one batch in memory, of steps on
JPEG files through the pipeline, and of steps in PyTorch take turns, so that the ratios hold
whatever else the machine does; the pictures per second do not:

    python benchmarks/training.py --width 0.25 --batch_size 16 --size 128

Both sides have the same numbers of weights (which is checked), Adam, and the squared distance of
all outputs from zero as the loss; the pair of networks of the GAN has the losses of its paper.
Waiting is the share of a step that passes before its pictures are there. On a busy machine only
--threads 1 is fair: threads of PyTorch wait for each other at every operation.
"""

import argparse
import importlib.util
import json
import os
import pathlib
import subprocess
import sys
import tempfile

NETWORKS = (
    "iizuka16",
    "vgg16_residual_encoder",
    "resnet18_gray",
    "resnet18_gray_B",
    "resnet18_gray_classifier",
    "eccv16",
    "distribution_unet",
    "dcgan",
)
"""What can be measured; dcgan is the pair, at 128 pixels or more."""

CLASSES = 16
"""Scene classes of the networks that have some."""

COLUMNS = ("network", "precision", "replicas", "weights", "pictures/s", "PyTorch", "ratio")
COLUMNS += ("waiting, %",)


def main():
    """Prints the table, a row per process."""
    options = _parse()
    if options.worker:
        print(json.dumps(_measure(options)), flush=True)
        return
    print(f"| {' | '.join(COLUMNS)} |\n|{'---|' * len(COLUMNS)}")
    for network in options.networks:
        for precision in options.precisions:
            for replicas in options.replicas:
                cells = _row(options, network, precision, replicas)
                print(f"| {' | '.join([network, precision, str(replicas), *cells])} |", flush=True)


def _row(options, network, precision, replicas):
    own = ["--worker", "--networks", network, "--precisions", precision]
    own += ["--replicas", str(replicas)]
    command = [sys.executable, __file__, *sys.argv[1:], *own]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{network} failed:\n{done.stderr}")
    found = json.loads(done.stdout.splitlines()[-1])
    pictures = found["batch"] / found["step"]
    cells = [f"{found['weights']:,}", f"{pictures:.1f}", "-", "-", "-"]
    if found["torch"]:
        cells[2:4] = (
            f"{found['batch'] / found['torch']:.1f}",
            f"{found['torch'] / found['step']:.2f}",
        )
    if found["waiting"] is not None:
        cells[4] = f"{100 * found['waiting']:.1f}"
    return cells


def _measure(options):
    """Measures one network; returns seconds per step and so on."""
    import keras
    import numpy as np
    import tensorflow as tf
    from training_steps import Batches, Stopwatch, keras_network, torch_step

    from keras_colorize.training import TrainingConfig, TrainingLoop, make_strategy

    name, precision, replicas = options.networks[0], options.precisions[0], options.replicas[0]
    if options.threads:
        tf.config.threading.set_intra_op_parallelism_threads(options.threads)
        tf.config.threading.set_inter_op_parallelism_threads(options.threads)
    if replicas > 1:
        cpu = tf.config.list_physical_devices("CPU")[0]
        devices = [tf.config.LogicalDeviceConfiguration()] * replicas
        tf.config.set_logical_device_configuration(cpu, devices)
    strategy = make_strategy("mirrored" if replicas > 1 else "default")
    keras.config.set_dtype_policy({"bfloat16": "mixed_bfloat16"}.get(precision, precision))
    size = max(options.size, 128) if name == "dcgan" else options.size
    with strategy.scope():
        model = keras_network(name, options.width, size, CLASSES)
    weights = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    other = None
    if options.torch and replicas == 1 and importlib.util.find_spec("torch"):
        arguments = name, options.width, size, CLASSES, precision, options.batch_size
        other = torch_step(*arguments, weights, options.threads)
    config = TrainingConfig(
        epochs=2 * options.rounds,
        steps_per_epoch=options.warm_up + options.steps,
        batch_size=options.batch_size,
        log_every=1,
        keep_checkpoints=1,
    )
    with tempfile.TemporaryDirectory() as folder:
        data = Batches(model, pathlib.Path(folder), size, options.pictures, replicas)
        watch = Stopwatch(data, options.warm_up, options.steps, other)
        run = pathlib.Path(folder) / "run"
        TrainingLoop(model, config, run, strategy, [watch]).fit(data, None)
    return {"batch": options.batch_size, "weights": weights, **watch.medians()}


def _parse():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    add = parser.add_argument
    add("--networks", nargs="+", choices=NETWORKS, default=NETWORKS, help="which ones")
    add("--precisions", nargs="+", default=["float32", "bfloat16"], help="float32, bfloat16")
    add("--replicas", nargs="+", type=int, default=[1, 2], help="numbers of logical devices")
    add("--width", type=float, default=0.25, help="factor on the channels; 1 is the papers'")
    add("--batch_size", type=int, default=16, help="pictures per step, over all replicas")
    add("--size", type=int, default=128, help="side in pixels; 32 must divide it")
    add("--steps", type=int, default=5, help="steps per round")
    add("--rounds", type=int, default=3, help="rounds of each kind")
    add("--warm_up", type=int, default=6, help="steps before each round")
    add("--threads", type=int, help="of both sides; without, as many as there are cores")
    add("--pictures", type=int, default=200, help="JPEG files of the pipeline")
    add("--torch", action=argparse.BooleanOptionalAction, default=True, help="compare")
    add("--worker", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
