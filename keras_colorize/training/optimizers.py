"""Optimizers and learning-rate schedules of the training loop."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class Trapezoid(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, a level stretch, and a cosine cool-down to zero.

    The level stretch makes a run extensible: only its last part depends on where it ends.

    Args:
        peak: learning rate of the level stretch.
        total_steps: steps of the run.
        warmup: share of the steps that warm up.
        cooldown: share of the steps that cool down.
    """

    def __init__(self, peak, total_steps, warmup=0.02, cooldown=0.5):
        super().__init__()
        self.peak = peak
        self.total_steps = total_steps
        self.warmup = warmup
        self.cooldown = cooldown

    def __call__(self, step):
        """Learning rate at a step."""
        done = ops.cast(step, "float32") / self.total_steps
        rise = ops.minimum((done + 1.0 / self.total_steps) / max(self.warmup, 1e-9), 1.0)
        left = ops.clip((1.0 - done) / max(self.cooldown, 1e-9), 0.0, 1.0)
        return self.peak * rise * 0.5 * (1.0 - ops.cos(math.pi * left))

    def get_config(self):
        """Arguments to build this schedule again."""
        return {
            "peak": self.peak,
            "total_steps": self.total_steps,
            "warmup": self.warmup,
            "cooldown": self.cooldown,
        }


def rate_of(optimizer):
    """Learning rate of an optimizer as a number, under any strategy."""
    return float(ops.convert_to_numpy(optimizer.learning_rate))


def make_optimizer(config):
    """Builds the optimizer that a `TrainingConfig` names.

    Args:
        config: a `TrainingConfig`.

    Returns:
        A `keras.optimizers.Optimizer`.
    """
    rate = config.learning_rate
    if config.schedule == "trapezoid":
        rate = Trapezoid(rate, config.total_steps, config.warmup, config.cooldown)
    shared = {"learning_rate": rate, "global_clipnorm": config.clip_norm}
    if config.ema_momentum is not None:
        shared |= {"use_ema": True, "ema_momentum": config.ema_momentum}
    if config.optimizer == "adadelta":
        return keras.optimizers.Adadelta(**shared)
    if config.optimizer == "adam":
        return keras.optimizers.Adam(beta_1=config.beta_1, **shared)
    decay = {"beta_1": config.beta_1, "weight_decay": config.weight_decay}
    optimizer = keras.optimizers.AdamW(**decay, **shared)
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer
