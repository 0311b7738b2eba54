"""Networks, steps and stopwatch of benchmarks/training.py."""

import time

import keras
import numpy as np
import tensorflow as tf
from data import write_pictures

from keras_colorize.data import Targets, TrainingData, list_pictures
from keras_colorize.models import (
    dcgan_discriminator,
    dcgan_generator,
    distribution_unet,
    eccv16,
    iizuka16,
    resnet18_gray,
    resnet18_gray_classifier,
    vgg16_residual_encoder,
)
from keras_colorize.training import AdversarialModel

RATE, WEIGHT = 1e-4, 100.0
"""Learning rate; weight of the reconstruction loss of the GAN."""


def keras_network(name, width, size, classes):
    """Builds and compiles a network.

    Args:
        name: see `NETWORKS` of benchmarks/training.py.
        width: factor on the channels.
        size: side of the pictures in pixels.
        classes: scene classes of the networks that have some.

    Returns:
        Compiled `keras.Model`.
    """
    if name == "dcgan":
        pair = dcgan_generator(width=width, dropout=0.0), dcgan_discriminator(width=width)
        model = AdversarialModel(*pair)
        model.compile(*(keras.optimizers.Adam(RATE) for _ in pair), "mse", WEIGHT)
        model.phase = "adversarial"
        return model
    shape = (size, size, 1)
    model = {
        "iizuka16": lambda: iizuka16(width, classes, global_size=size, input_shape=shape),
        "vgg16_residual_encoder": lambda: vgg16_residual_encoder(width=width),
        "resnet18_gray": lambda: resnet18_gray("A", width=width),
        "resnet18_gray_B": lambda: resnet18_gray("B", width=width),
        "resnet18_gray_classifier": lambda: resnet18_gray_classifier(classes, width),
        "eccv16": lambda: eccv16(width),
        "distribution_unet": distribution_unet,
    }[name]()
    model.compile(keras.optimizers.Adam(RATE), loss=dict.fromkeys(model.output, "mse"))
    return model


def torch_step(name, width, size, classes, precision, batch_size, weights, threads=None):
    """Builds the same network in PyTorch.

    Args:
        name: as for `keras_network`, and so the next three.
        width: factor on the channels.
        size: side of the pictures.
        classes: scene classes.
        precision: `"float32"` or `"bfloat16"`.
        batch_size: pictures per step.
        weights: number of trained weights that it must have.
        threads: number of threads; None for PyTorch's choice.

    Returns:
        A function that does one training step on random pictures.
    """
    import torch
    import torch_networks as networks

    if threads:
        torch.set_num_threads(threads)
    modules = {
        "iizuka16": lambda: [networks.Iizuka16(width, classes, size)],
        "vgg16_residual_encoder": lambda: [networks.Vgg16ResidualEncoder(width)],
        "resnet18_gray": lambda: [networks.Resnet18Gray(width, "A")],
        "resnet18_gray_B": lambda: [networks.Resnet18Gray(width, "B")],
        "resnet18_gray_classifier": lambda: [networks.Resnet18GrayClassifier(width, classes)],
        "eccv16": lambda: [networks.Eccv16(width)],
        "distribution_unet": lambda: [networks.DistributionUnet()],
        "dcgan": lambda: [networks.DcganGenerator(width), networks.DcganDiscriminator(width)],
    }[name]()
    found = sum(networks.count(module) for module in modules)
    if found != weights:
        raise SystemExit(f"Expected {weights} weights of {name} in PyTorch, found {found}.")
    # The layout and the optimizer that are quickest on a processor.
    modules = [module.to(memory_format=torch.channels_last) for module in modules]
    optimizers = [torch.optim.Adam(x.parameters(), RATE, fused=True) for x in modules]
    x = 100 * torch.rand(batch_size, 1, size, size)
    truth = torch.rand(batch_size, 2, size, size).to(memory_format=torch.channels_last)
    losses = _competition(*modules, truth) if name == "dcgan" else _distances(*modules)

    def step():
        with torch.autocast("cpu", torch.bfloat16, enabled=precision == "bfloat16"):
            pairs = losses(x)
        for index, (loss, module) in enumerate(zip(pairs, modules, strict=True)):
            more = index < len(modules) - 1
            found = torch.autograd.grad(loss, list(module.parameters()), retain_graph=more)
            for weight, gradient in zip(module.parameters(), found, strict=True):
                weight.grad = gradient
        for optimizer in optimizers:
            optimizer.step()

    return step


def _distances(network):
    def losses(x):
        return [sum(output.float().square().mean() for output in network(x).values())]

    return losses


def _competition(generator, discriminator, truth):
    from torch.nn import functional

    def losses(x):
        made = generator(x)["ab"].float()
        fake, real = discriminator(x, made).float(), discriminator(x, truth).float()
        deceit = functional.softplus(-fake).mean()
        judgement = functional.softplus(-real).mean() + functional.softplus(fake).mean()
        return [WEIGHT * (made - truth).square().mean() + deceit, judgement]

    return losses


class Batches:
    """Data of the loop: one batch in memory in even epochs, files in odd ones.

    Args:
        model: the network.
        folder: where the files are written.
        size: side of the pictures.
        pictures: number of files.
        replicas: number of replicas; with one, waiting is measured.

    Attributes:
        waits: seconds that the loop waited for each batch of the epoch.
    """

    def __init__(self, model, folder, size, pictures, replicas):
        write_pictures(folder, pictures)
        self.data = TrainingData((list_pictures(folder),), size=size)
        self.replicas = replicas
        self.waits = []
        pair = isinstance(model, AdversarialModel)
        self.targets = Targets({"ab": "ab_scaled"}, 1 if pair else 2)
        example = {} if pair else model(np.zeros((1, size, size, 1), "float32"))
        self.shapes = {name: tuple(value.shape[1:]) for name, value in example.items()}

    def epoch(self, epoch, batch_size, steps, _, *where):
        """As `TrainingData.epoch`."""
        batches = self.data.epoch(epoch, batch_size, steps, self.targets, *where)
        if self.shapes:
            batches = batches.map(self._with_zeros)
        if epoch % 2 == 0:
            batches = batches.take(1).cache().repeat()
        return batches if self.replicas > 1 else _Timed(batches, self.waits)

    def _with_zeros(self, lightness, _):
        count = tf.shape(lightness)[0]
        zeros = {n: tf.zeros((count, *shape)) for n, shape in self.shapes.items()}
        return lightness, zeros


class _Timed:
    """Batches that note how long each was waited for."""

    def __init__(self, batches, waits):
        self.batches, self.element_spec = batches, batches.element_spec
        self.waits = waits

    def rebatch(self, size):
        return _Timed(self.batches.rebatch(size), self.waits)

    def __iter__(self):
        batches = iter(self.batches)
        self.waits.clear()
        while True:
            start = time.perf_counter()
            batch = next(batches)
            self.waits.append(time.perf_counter() - start)
            yield batch


class Stopwatch(keras.callbacks.Callback):
    """Times the steps of the loop and, after each pair of epochs, of PyTorch.

    Args:
        data: a `Batches`.
        warm_up: steps that do not count.
        steps: steps of PyTorch in a round, after its warm-up.
        other: a function that does a step, or None.
    """

    def __init__(self, data, warm_up, steps, other):
        super().__init__()
        self.data = data
        self.warm_up = warm_up
        self.steps = steps
        self.other = other
        self.seconds = {"memory": [], "files": [], "torch": [], "waits": []}

    def on_epoch_begin(self, epoch, logs=None):
        """Notes where the batches come from."""
        self.kind = "files" if epoch % 2 else "memory"

    def on_train_batch_begin(self, batch, logs=None):
        """Starts."""
        self.start = time.perf_counter()

    def on_train_batch_end(self, batch, logs=None):
        """Stops."""
        if batch >= self.warm_up:
            self.seconds[self.kind].append(time.perf_counter() - self.start)

    def on_epoch_end(self, epoch, logs=None):
        """Lets PyTorch have its turn."""
        if self.kind == "memory":
            return
        self.seconds["waits"] += self.data.waits[self.warm_up :]
        if self.other is None:
            return
        for step in range(self.warm_up + self.steps):
            start = time.perf_counter()
            self.other()
            if step >= self.warm_up:
                self.seconds["torch"].append(time.perf_counter() - start)

    def medians(self):
        """Seconds per step of both, and the share of waiting, None where not measured."""
        waits, files = self.seconds["waits"], self.seconds["files"]
        return {
            "step": float(np.median(self.seconds["memory"])),
            "torch": float(np.median(self.seconds["torch"])) if self.other else None,
            "waiting": sum(waits) / sum(files) if waits else None,
        }
