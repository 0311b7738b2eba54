"""Keras callbacks of the training loop: the best weights, what steers, and a GAN's collapse."""

import collections
import json
import logging
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_colorize.errors import expect
from keras_colorize.io.atomic import atomic_path, write_file
from .adversarial import ADVERSARIAL, RECONSTRUCTION
from .checkpoints import parts_of


class BestWeights(keras.callbacks.Callback):
    """Keeps the weights that had the lowest validation loss, and ends the run with them.

    They are in `best.weights.h5` and `best.json` of the run's folder, averaged ones as averaged.
    """

    def __init__(self, folder):
        super().__init__()
        self.weights, self.note = Path(folder) / "best.weights.h5", Path(folder) / "best.json"

    def on_test_end(self, logs=None):
        loss = logs["loss"]
        if self.note.exists() and json.loads(self.note.read_text())["val_loss"] <= loss:
            return
        with atomic_path(self.weights, overwrite=True) as part:
            parts_of(self.model)[0].save_weights(part)
        write_file(self.note, json.dumps({"val_loss": loss}), overwrite=True)

    def on_train_end(self, logs=None):
        if self.weights.exists():
            parts_of(self.model)[0].load_weights(self.weights)


class PlateauCut(keras.callbacks.ReduceLROnPlateau):
    """Keras' callback, for all the networks that a model trains."""

    def on_epoch_end(self, epoch, logs=None):
        first, *others = parts_of(self.model)
        before = _rate(first.optimizer)
        super().on_epoch_end(epoch, logs)
        for part in others:
            part.optimizer.learning_rate = _rate(first.optimizer) / before * _rate(part.optimizer)


class TwoPhases(keras.callbacks.Callback):
    """Trains a GAN for so many epochs on the reconstruction loss alone, then against the other."""

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        self.model.phase = RECONSTRUCTION if epoch < self.epochs else ADVERSARIAL


ACTIONS = ("warn", "stop", "cut", "return")
BOUNDS = {
    "discriminator_accuracy": (0.0, 0.97, "the discriminator tells nearly all"),
    "discriminator_loss": (0.15, np.inf, "the discriminator has won"),
    "val_colorfulness": (0.2, 1.6, "the pictures are grey or garish"),
    "val_diversity": (0.4, np.inf, "all pictures are colored alike"),
}
"""By name in the logs, see `AdversarialModel`: lowest and highest value, what is wrong beyond."""
_CUT = 0.3


class CollapseMonitor(keras.callbacks.Callback):
    """Says when adversarial training collapses (Zhou & Zhou 2019, section 2.2.2).

    It looks at the logs of each epoch, which all workers share, so all act alike; a sign must last
    for `patience` epochs. The epochs of the collapses found, from 0, are its `collapses`. The
    action is `"warn"`; `"stop"`, end the run; `"cut"` both learning rates to 0.3 of what they
    were; or `"return"` to the last good checkpoint and cut them; else `ValueError`.
    """

    def __init__(self, action="warn", patience=2):
        super().__init__()
        expect(action in ACTIONS, f"an action among {', '.join(ACTIONS)}, received {action!r}")
        self.action, self.patience, self.loop, self.collapses = action, patience, None, []
        self._lasting, self._good_step = collections.Counter(), 0

    def on_epoch_end(self, epoch, logs=None):
        signs = {}
        for name, (low, high, words) in BOUNDS.items():
            watched = self.model.phase == ADVERSARIAL and name in logs
            if watched and not low <= logs[name] <= high:
                expected = f"{low} or more" if high == np.inf else f"{low} to {high}"
                signs[name] = f"{words}: {name} {logs[name]:.3f}, expected {expected}"
        self._lasting = collections.Counter({name: self._lasting[name] + 1 for name in signs})
        if not signs:
            self._good_step = self.loop.steps_done
        if any(count >= self.patience for count in self._lasting.values()):
            self.collapses.append(epoch)
            self._lasting.clear()
            text = "; ".join(signs.values())
            logging.getLogger("keras_colorize").warning(
                "Epoch %d: training collapses: %s. %s", epoch + 1, text, self._act()
            )

    def _act(self):
        if self.action == "stop":
            self.model.stop_training = True
            return "The run ends here."
        if self.action == "warn":
            return "It goes on."
        text = ""
        if self.action == "return":
            text = "No checkpoint from before is left. "
            if kept := [step for step in self.loop.checkpoint.steps() if step <= self._good_step]:
                self.loop.checkpoint.restore(kept[-1])
                text = f"It goes on with the weights of step {kept[-1]}, the last good ones. "
        for part in self.model.parts:
            part.optimizer.learning_rate = _CUT * _rate(part.optimizer)
        return f"{text}Both learning rates are cut to {_CUT} of what they were."


def _rate(optimizer):
    """Learning rate of an optimizer as a number, under any strategy."""
    return float(ops.convert_to_numpy(optimizer.learning_rate))
