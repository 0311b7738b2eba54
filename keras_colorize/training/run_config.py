"""What a training run is told: settings, kept beside its checkpoints, and the optimizer."""

import dataclasses
import functools
import json
import math
from pathlib import Path

import keras
from keras import ops

from keras_colorize.errors import InputError, expect
from keras_colorize.io.atomic import write_file


def _setting(default, text, expected, holds):
    metadata = {"text": text, "expected": expected, "holds": holds}
    return dataclasses.field(default=default, metadata=metadata)


def _from(low, default, text):
    return _setting(default, text, f"{low} or more", lambda value: value >= low)


def _above(low, default, text, high=math.inf):
    expected = f"above {low}" if high == math.inf else f"above {low} and below {high}"
    return _setting(default, text, expected, lambda value: value is None or low < value < high)


def _below(high, default, text):
    return _setting(default, text, f"0 or more and below {high}", lambda value: 0 <= value < high)


def _choice(default, text, *names):
    return _setting(default, text, f"one of {', '.join(names)}", names.__contains__)


OPTIMIZERS = {
    "adadelta": (keras.optimizers.Adadelta, ("rho", "epsilon")),
    "adam": (keras.optimizers.Adam, ("beta_1", "beta_2", "epsilon")),
    "adamw": (keras.optimizers.AdamW, ("beta_1", "beta_2", "epsilon", "weight_decay")),
    "sgd": (functools.partial(keras.optimizers.SGD, nesterov=True), ("momentum",)),
}
"""Classes by name, and the settings that each takes."""

_SCHEDULES = ("constant", "warmup_stable_decay")
_WORDS = "constant, or warmup_stable_decay: linear rise, level, cosine fall to 0"


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Settings of one run, each with its range and text; `ValueError` outside its range."""

    epochs: int = _from(1, 10, "Epochs in all, resumed ones counted in.")
    steps_per_epoch: int = _from(1, 1000, "Batches per epoch.")
    batch_size: int = _from(1, 32, "Pictures per step, on all replicas together.")
    optimizer: str = _choice("adamw", f"{', '.join(OPTIMIZERS)}.", *OPTIMIZERS)
    learning_rate: float = _above(0, 1e-3, "The highest learning rate.")
    momentum: float = _below(1, 0.9, "Nesterov momentum (sgd).")
    beta_1: float = _below(1, 0.9, "Decay of the first moment (adam, adamw).")
    beta_2: float = _below(1, 0.999, "Decay of the second moment (adam, adamw).")
    rho: float = _below(1, 0.95, "Decay of both averages (adadelta).")
    epsilon: float = _above(0, 1e-7, "Added to what is divided by (all but sgd).")
    weight_decay: float = _from(0, 0.01, "Decoupled (adamw); not of biases and batch norms.")
    schedule: str = _choice(_SCHEDULES[1], f"Of the learning rate: {_WORDS}.", *_SCHEDULES)
    warmup: float = _from(0, 0.02, "Share of all steps that warm up.")
    cooldown: float = _from(0, 0.5, "Share of all steps that cool down; 1 - warmup is a cosine.")
    clip_norm: float | None = _above(0, 1.0, "Bound on the norm of the gradient.")
    ema_momentum: float | None = _above(0, None, "Of averaged weights, validated and saved.", 1)
    seed: int = _from(0, 0, "Initial weights, order and views follow from it.")
    log_every: int = _from(1, 10, "Steps between looks at the loss.")
    checkpoint_minutes: float = _from(0, 5.0, "Minutes between checkpoints within an epoch.")
    keep_checkpoints: int = _from(1, 3, "Checkpoints that are kept.")

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            expected = f"{field.name} to be {field.metadata['expected']}, received {value!r}"
            expect(field.metadata["holds"](value), expected)
        total = self.warmup + self.cooldown
        expect(total <= 1, f"warmup + cooldown to be up to 1 in all, received {total}")

    def bind(self, run_folder):
        """Binds them to a run's `training.json`, see `bind_settings`; some may change."""
        # A setting that is younger than the run had its default.
        settings, defaults = dataclasses.asdict(self), dataclasses.asdict(type(self)())
        may_change = ("epochs", "log_every", "keep_checkpoints", "checkpoint_minutes")
        bind_settings(Path(run_folder) / "training.json", settings, defaults, may_change)


@dataclasses.dataclass(frozen=True)
class AdversarialConfig(TrainingConfig):
    """Settings of an adversarial run; those of `TrainingConfig` are the generator's."""

    reconstruction: str = _choice("mse", "l1 or mse, the loss of the colors.", "l1", "mse")
    reconstruction_weight: float = _from(0, 100.0, "Lambda of eq. 6, for ab in [-1, 1].")
    label_smoothing: float = _below(0.5, 0.0, "How far labels of true colors are below 1.")
    pretrain_epochs: int = _from(0, 0, "Epochs on the loss of the colors alone.")
    discriminator_learning_rate: float = _above(0, 2e-4, "The discriminator's highest rate.")
    discriminator_schedule: str = _choice("constant", "As --schedule.", *_SCHEDULES)
    perceptual_weight: float = _from(0, 0.0, "Factor on the perceptual loss.")
    perceptual_logits: float = _from(0, 0.0, "Weight of class logits in it beside features.")
    distillation_weight: float = _from(0, 0.0, "Factor on the encoder's distance to its teacher.")

    def __post_init__(self):
        super().__post_init__()
        own = self.pretrain_epochs
        expect(own <= self.epochs, f"pretrain_epochs to be 0 to {self.epochs}, received {own}")

    def reconstruction_loss(self):
        """The loss of the colors, a Keras loss, and its weight for ab in [0, 1]."""
        if self.reconstruction == "l1":
            return keras.losses.MeanAbsoluteError(), 2.0 * self.reconstruction_weight
        return keras.losses.MeanSquaredError(), 4.0 * self.reconstruction_weight

    def discriminator(self):
        """The settings of the discriminator's optimizer."""
        return dataclasses.replace(
            self,
            epochs=max(1, self.epochs - self.pretrain_epochs),
            pretrain_epochs=0,
            learning_rate=self.discriminator_learning_rate,
            schedule=self.discriminator_schedule,
            ema_momentum=None,
        )


def bind_settings(path, settings, defaults=None, may_change=()):
    """Writes settings to a JSON file of a new run, or checks them against those of a begun one.

    Settings that the file lacks were those of the dict `defaults`, else as they are now; those
    named in `may_change` need not be the same. Others raise a `ValueError` that lists them; a file
    that cannot be written is a `PhotographError`.
    """
    path, text = Path(path), json.dumps(settings, indent=2)
    if path.exists():
        # Read back, for JSON has no tuples.
        settings = json.loads(text)
        before = {**settings, **(defaults or {}), **json.loads(path.read_text())}
        changed = [k for k in settings if k not in may_change and before[k] != settings[k]]
        if changed:
            rows = "".join(f"\n  {k}: was {before[k]}, is {settings[k]}" for k in changed)
            raise InputError(f"Expected the settings of the run in {path.parent}, received:{rows}")
    # Several workers may do this at once, on several machines.
    write_file(path, f"{text}\n", overwrite=True)


@keras.saving.register_keras_serializable(package="keras_colorize")
class WarmupStableDecay(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, a level stretch and a cosine cool-down to zero.

    `warmup` and `cooldown` are shares of `total_steps`; `peak` is the rate between them.
    """

    def __init__(self, peak, total_steps, warmup=0.02, cooldown=0.5):
        super().__init__()
        self.peak, self.total_steps = peak, total_steps
        self.warmup, self.cooldown = warmup, cooldown

    def __call__(self, step):
        """Learning rate at a step."""
        done = ops.cast(step, "float32") / self.total_steps
        rise = ops.minimum((done + 1.0 / self.total_steps) / max(self.warmup, 1e-9), 1.0)
        left = ops.clip((1.0 - done) / max(self.cooldown, 1e-9), 0.0, 1.0)
        return self.peak * rise * 0.5 * (1.0 - ops.cos(math.pi * left))

    def get_config(self):
        """Arguments to build this schedule again."""
        return {name: getattr(self, name) for name in ("peak", "total_steps", "warmup", "cooldown")}


def make_optimizer(config):
    """Builds the `keras.optimizers.Optimizer` that a `TrainingConfig` names."""
    rate = config.learning_rate
    if config.schedule != "constant":
        steps = config.epochs * config.steps_per_epoch
        rate = WarmupStableDecay(rate, steps, config.warmup, config.cooldown)
    shared = {"learning_rate": rate, "global_clipnorm": config.clip_norm}
    if config.ema_momentum is not None:
        shared |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    make, names = OPTIMIZERS[config.optimizer]
    optimizer = make(**shared, **{name: getattr(config, name) for name in names})
    if config.optimizer == "adamw":
        optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
