"""What a training run is told, written beside its checkpoints."""

import dataclasses
import json
import os
from pathlib import Path

OPTIMIZERS = ("adadelta", "adam", "adamw")
SCHEDULES = ("constant", "trapezoid")
STRATEGIES = ("default", "mirrored", "multi_worker")

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
        path = Path(run_folder) / "training.json"
        own = dataclasses.asdict(self)
        if path.exists():
            before = json.loads(path.read_text())
            changed = [k for k in own if k not in _MAY_CHANGE and before.get(k) != own[k]]
            if changed:
                rows = "".join(f"\n  {k}: was {before.get(k)}, is {own[k]}" for k in changed)
                raise ValueError(f"Expected the settings of the run in {run_folder}, found:{rows}")
        path.parent.mkdir(parents=True, exist_ok=True)
        # Several workers may do this at once.
        temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
        temporary.write_text(json.dumps(own, indent=2) + "\n")
        temporary.replace(path)


def _check(name, value, fine, expected):
    if not fine:
        raise ValueError(f"Expected {name} to be {expected}, received {value!r}.")
