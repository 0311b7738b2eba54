"""Training: one step and one loop for one device, several, and several machines."""

from keras_colorize.training.adversarial import AdversarialModel, TwoPhases
from keras_colorize.training.batch_norm import synchronize
from keras_colorize.training.callbacks import ColorizedSamples, standard_callbacks
from keras_colorize.training.checkpoints import DivergedError, RunCheckpoint
from keras_colorize.training.collapse import CollapseMonitor
from keras_colorize.training.config import AdversarialConfig, TrainingConfig, bind_settings
from keras_colorize.training.distillation import DistillationModel
from keras_colorize.training.hardware import make_strategy, set_precision, worker_of
from keras_colorize.training.loop import TrainingLoop
from keras_colorize.training.memory import memory_estimate
from keras_colorize.training.optimizers import Trapezoid, make_optimizer
from keras_colorize.training.replicas import WorkerLostError

__all__ = [
    "AdversarialConfig",
    "AdversarialModel",
    "CollapseMonitor",
    "ColorizedSamples",
    "DistillationModel",
    "DivergedError",
    "RunCheckpoint",
    "TrainingConfig",
    "TrainingLoop",
    "Trapezoid",
    "TwoPhases",
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
