"""What a training run is told: settings, kept beside its checkpoints, and the optimizer."""

import dataclasses
import functools
import json
import math
from pathlib import Path

import keras
from keras import ops

from keras_colorize.errors import InputError, check, expect, field
from keras_colorize.io.atomic import write_file

OPTIMIZERS = {
    "adadelta": (keras.optimizers.Adadelta, ("rho", "epsilon")),
    "adam": (keras.optimizers.Adam, ("beta_1", "beta_2", "epsilon")),
    "adamw": (keras.optimizers.AdamW, ("beta_1", "beta_2", "epsilon", "weight_decay")),
    "sgd": (functools.partial(keras.optimizers.SGD, nesterov=True), ("momentum",)),
}
"""Classes by name, and the settings that each takes."""

SCHEDULES = ("constant", "warmup_stable_decay")
_WORDS = "constant, or warmup_stable_decay: linear rise, level, cosine fall to 0"
_COUNT, FROM_0 = (1, math.inf), (0, math.inf)
ABOVE_0, _BELOW_1, _SHARE = (1e-12, math.inf), (0, 1 - 1e-9), (1e-12, 1 - 1e-9)


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Settings of one run, each with its range and text; `ValueError` outside its range."""

    epochs: int = field(10, _COUNT, "Epochs in all, resumed ones counted in.")
    steps_per_epoch: int = field(1000, _COUNT, "Batches per epoch.")
    batch_size: int = field(32, _COUNT, "Pictures per step, on all replicas together.")
    optimizer: str = field("adamw", tuple(OPTIMIZERS), f"{', '.join(OPTIMIZERS)}.")
    learning_rate: float = field(1e-3, ABOVE_0, "The highest learning rate.")
    momentum: float = field(0.9, _BELOW_1, "Nesterov momentum (sgd).")
    beta_1: float = field(0.9, _BELOW_1, "Decay of the first moment (adam, adamw).")
    beta_2: float = field(0.999, _BELOW_1, "Decay of the second moment (adam, adamw).")
    rho: float = field(0.95, _BELOW_1, "Decay of both averages (adadelta).")
    epsilon: float = field(1e-7, ABOVE_0, "Added to what is divided by (all but sgd).")
    weight_decay: float = field(0.01, FROM_0, "Decoupled (adamw); not of biases and batch norms.")
    schedule: str = field(SCHEDULES[1], SCHEDULES, f"Of the learning rate: {_WORDS}.")
    warmup: float = field(0.02, FROM_0, "Share of all steps that warm up.")
    cooldown: float = field(0.5, FROM_0, "Share that cools down; 1 - warmup is a cosine.")
    clip_norm: float | None = field(1.0, ABOVE_0, "Bound on the norm of the gradient.")
    ema_momentum: float | None = field(None, _SHARE, "Of averaged weights, validated and saved.")
    seed: int = field(0, FROM_0, "Initial weights, order and views follow from it.")
    log_every: int = field(10, _COUNT, "Steps between looks at the loss.")
    checkpoint_minutes: float = field(5.0, FROM_0, "Minutes between checkpoints within an epoch.")
    keep_checkpoints: int = field(3, _COUNT, "Checkpoints that are kept.")

    def __post_init__(self):
        check(type(self), **vars(self))
        total = self.warmup + self.cooldown
        expect(total <= 1, f"warmup + cooldown to be up to 1 in all, received {total}")

    def bind(self, run_folder):
        """Binds them to a run's `training.json`, see `bind_settings`; some may change."""
        # A setting that is younger than the run had its default.
        settings, defaults = dataclasses.asdict(self), dataclasses.asdict(type(self)())
        may_change = ("epochs", "log_every", "keep_checkpoints", "checkpoint_minutes")
        bind_settings(Path(run_folder) / "training.json", settings, defaults, may_change)


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
