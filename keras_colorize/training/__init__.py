"""Training: one step and one loop for one device, several, and several machines."""

from keras_colorize.training.adversarial import AdversarialModel, DistillationModel
from keras_colorize.training.callbacks import (
    BestWeights,
    CollapseMonitor,
    ColorizedSamples,
    TwoPhases,
    standard_callbacks,
)
from keras_colorize.training.checkpoints import DivergedError, RunCheckpoint
from keras_colorize.training.loop import TrainingLoop
from keras_colorize.training.memory import memory_estimate
from keras_colorize.training.replicas import (
    WorkerLostError,
    make_strategy,
    set_precision,
    synchronize,
    worker_of,
)
from keras_colorize.training.run_config import (
    AdversarialConfig,
    TrainingConfig,
    WarmupStableDecay,
    bind_settings,
    make_optimizer,
)

__all__ = [
    "AdversarialConfig",
    "AdversarialModel",
    "BestWeights",
    "CollapseMonitor",
    "ColorizedSamples",
    "DistillationModel",
    "DivergedError",
    "RunCheckpoint",
    "TrainingConfig",
    "TrainingLoop",
    "TwoPhases",
    "WarmupStableDecay",
    "WorkerLostError",
    "bind_settings",
    "make_optimizer",
    "make_strategy",
    "memory_estimate",
    "set_precision",
    "standard_callbacks",
    "synchronize",
    "worker_of",
]
