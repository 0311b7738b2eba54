"""What a training run is told, written beside its checkpoints."""

import dataclasses
import json
from pathlib import Path

from keras_colorize.io.atomic import write_file

OPTIMIZERS = ("adadelta", "adam", "adamw")
SCHEDULES = ("constant", "trapezoid")
STRATEGIES = ("default", "mirrored", "multi_worker")
RECONSTRUCTIONS = ("l1", "mse")

_MAY_CHANGE = ("epochs", "log_every", "keep_checkpoints", "checkpoint_minutes")


@dataclasses.dataclass(frozen=True)
class TrainingConfig:
    """Settings of one run.

    Attributes:
        epochs: epochs in all, resumed ones counted in.
        steps_per_epoch: batches per epoch.
        batch_size: global batch size.
        optimizer: one of `OPTIMIZERS`.
        learning_rate: the highest learning rate.
        beta_1: decay of the first moment (Adam, AdamW).
        weight_decay: decoupled weight decay (AdamW only); biases and batch norm are left out.
        schedule: `"constant"`, or `"trapezoid"`: linear warm-up, level, cosine cool-down to 0.
        warmup: share of all steps that warm up.
        cooldown: share of all steps that cool down; 1 - warmup is a cosine schedule.
        clip_norm: bound on the norm of the gradient, or None.
        ema_momentum: momentum of the averaged weights that are validated and saved, or None.
        seed: initial weights, order and views follow from it.
        log_every: steps between looks at the loss.
        checkpoint_minutes: minutes between checkpoints within an epoch.
        keep_checkpoints: how many checkpoints are kept.
    """

    epochs: int = 10
    steps_per_epoch: int = 1000
    batch_size: int = 32
    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    beta_1: float = 0.9
    weight_decay: float = 0.01
    schedule: str = "trapezoid"
    warmup: float = 0.02
    cooldown: float = 0.5
    clip_norm: float | None = 1.0
    ema_momentum: float | None = None
    seed: int = 0
    log_every: int = 10
    checkpoint_minutes: float = 5.0
    keep_checkpoints: int = 3

    def __post_init__(self):
        for name in ("epochs", "steps_per_epoch", "batch_size", "log_every", "keep_checkpoints"):
            _check(name, getattr(self, name), getattr(self, name) >= 1, "1 or more")
        _check("optimizer", self.optimizer, self.optimizer in OPTIMIZERS, f"one of {OPTIMIZERS}")
        _check("schedule", self.schedule, self.schedule in SCHEDULES, f"one of {SCHEDULES}")
        _check("learning_rate", self.learning_rate, self.learning_rate > 0, "above 0")
        _check("beta_1", self.beta_1, 0 <= self.beta_1 < 1, "0 or more and below 1")
        shares = self.warmup >= 0 and self.cooldown >= 0 and self.warmup + self.cooldown <= 1
        _check("clip_norm", self.clip_norm, self.clip_norm is None or self.clip_norm > 0, "above 0")
        momentum = self.ema_momentum is None or 0 < self.ema_momentum < 1
        _check("ema_momentum", self.ema_momentum, momentum, "between 0 and 1")
        for name in ("weight_decay", "checkpoint_minutes"):
            _check(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        _check("warmup and cooldown", (self.warmup, self.cooldown), shares, "shares up to 1 in all")

    @property
    def total_steps(self):
        """Steps of the whole run."""
        return self.epochs * self.steps_per_epoch

    def bind(self, run_folder):
        """Writes the settings to a new run folder, or checks them against those of a begun run.

        Args:
            run_folder: path of the run's folder.

        Raises:
            ValueError: if the folder holds a run with other settings; the message lists them.
                Epochs, logging and checkpoint keeping may change.
        """
        # A setting that is younger than the run had its default.
        defaults = dataclasses.asdict(type(self)())
        path = Path(run_folder) / "training.json"
        bind_settings(path, dataclasses.asdict(self), defaults, _MAY_CHANGE)


@dataclasses.dataclass(frozen=True)
class AdversarialConfig(TrainingConfig):
    """Settings of an adversarial run; those of `TrainingConfig` are the generator's.

    Attributes:
        reconstruction: one of `RECONSTRUCTIONS`, the loss of the generator beside the adversarial
            one.
        reconstruction_weight: lambda of eq. 6 (Zhou & Zhou 2019), on ab scaled to [0, 1].
        label_smoothing: see `discriminator_loss`.
        pretrain_epochs: epochs on the reconstruction loss alone.
        discriminator_learning_rate: the discriminator's highest learning rate.
        discriminator_schedule: its schedule over the adversarial steps, as `schedule`.
        perceptual_weight: factor on the perceptual loss, see `PerceptualLoss`; 0 for none.
        perceptual_answers: weight of the answers in it beside the features; 0 for none.
        distillation_weight: factor on what the encoder is to see in grey as its teacher does in
            color, see `DistillationLoss`; 0 for none.
    """

    reconstruction: str = "mse"
    reconstruction_weight: float = 100.0
    label_smoothing: float = 0.0
    pretrain_epochs: int = 0
    discriminator_learning_rate: float = 2e-4
    discriminator_schedule: str = "constant"
    perceptual_weight: float = 0.0
    perceptual_answers: float = 0.0
    distillation_weight: float = 0.0

    def __post_init__(self):
        super().__post_init__()
        kind, weight = self.reconstruction, self.reconstruction_weight
        _check("reconstruction", kind, kind in RECONSTRUCTIONS, f"one of {RECONSTRUCTIONS}")
        _check("reconstruction_weight", weight, weight >= 0, "0 or more")
        for name in ("perceptual_weight", "perceptual_answers", "distillation_weight"):
            _check(name, getattr(self, name), getattr(self, name) >= 0, "0 or more")
        smoothing, epochs = self.label_smoothing, self.pretrain_epochs
        _check("label_smoothing", smoothing, 0 <= smoothing < 0.5, "0 or more and below 0.5")
        _check("pretrain_epochs", epochs, 0 <= epochs <= self.epochs, "0 to the number of epochs")
        # The same checks as for the generator's rate and schedule.
        self.discriminator()

    def discriminator(self):
        """The `TrainingConfig` of the discriminator's optimizer."""
        own = {
            field.name: getattr(self, field.name) for field in dataclasses.fields(TrainingConfig)
        }
        own |= {
            "epochs": max(1, self.epochs - self.pretrain_epochs),
            "learning_rate": self.discriminator_learning_rate,
            "schedule": self.discriminator_schedule,
            "ema_momentum": None,
        }
        return TrainingConfig(**own)


def bind_settings(path, own, defaults=None, may_change=()):
    """Writes settings to a file of a new run, or checks them against those of a begun one.

    Args:
        path: path of the file, JSON.
        own: dict of the settings.
        defaults: dict of what settings were that the file does not name; those in neither were
            as they are now.
        may_change: names of settings that need not be the same.

    Raises:
        ValueError: if the file holds other settings; the message lists them.
    """
    path = Path(path)
    text = json.dumps(own, indent=2)
    if path.exists():
        # Read back, for JSON has no tuples.
        own = json.loads(text)
        before = {**own, **(defaults or {}), **json.loads(path.read_text())}
        changed = [k for k in own if k not in may_change and before[k] != own[k]]
        if changed:
            rows = "".join(f"\n  {k}: was {before[k]}, is {own[k]}" for k in changed)
            raise ValueError(f"Expected the settings of the run in {path.parent}, found:{rows}")
    # Several workers may do this at once, on several machines.
    write_file(path, text + "\n", overwrite=True)


def _check(name, value, fine, expected):
    if not fine:
        raise ValueError(f"Expected {name} to be {expected}, received {value!r}.")
