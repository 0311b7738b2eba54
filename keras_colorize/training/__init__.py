"""Training: one step and one loop for one device, several, and several machines."""

from .adversarial import AdversarialModel
from .callbacks import BestWeights, CollapseMonitor, PlateauCut, TwoPhases
from .checkpoints import DivergedError, RunCheckpoint
from .loop import TrainingLoop
from .replicas import WorkerLostError, make_strategy, synchronize, worker_of
from .run_config import TrainingConfig, WarmupStableDecay, bind_settings, make_optimizer

__all__ = [
    "AdversarialModel",
    "BestWeights",
    "CollapseMonitor",
    "DivergedError",
    "PlateauCut",
    "RunCheckpoint",
    "TrainingConfig",
    "TrainingLoop",
    "TwoPhases",
    "WarmupStableDecay",
    "WorkerLostError",
    "bind_settings",
    "make_optimizer",
    "make_strategy",
    "synchronize",
    "worker_of",
]
