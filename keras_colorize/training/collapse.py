"""Says when adversarial training collapses, instead of silently going on.

Zhou & Zhou 2019, section 2.2.2: near epoch 20 "the generator started to colorize images with some
similar strategies, for example, filling extremely chromatic colors to the middle of each image".
"""

import collections
import dataclasses
import logging

import keras

from keras_colorize.training.adversarial import ADVERSARIAL
from keras_colorize.training.optimizers import rate_of

ACTIONS = ("warn", "stop", "cut", "return")
"""What the monitor may do: nothing more; end the run; cut both learning rates; go back to the
last good checkpoint and cut them."""


@dataclasses.dataclass(frozen=True)
class Bounds:
    """Where training is still sound.

    Attributes:
        accuracy: highest accuracy of the discriminator; above it, it learns no more from the
            generator, nor the generator from it.
        discriminator_loss: lowest loss of the discriminator, see `discriminator_loss`.
        dull: lowest colorfulness, as a share of the true pictures'.
        garish: highest colorfulness, as a share of the true pictures'.
        diversity: lowest diversity, as a share of the true pictures'.
    """

    accuracy: float = 0.97
    discriminator_loss: float = 0.15
    dull: float = 0.2
    garish: float = 1.6
    diversity: float = 0.4

    def signs(self, logs):
        """What is wrong, in words.

        Args:
            logs: logs of an epoch of an `AdversarialModel`.

        Returns:
            dict of sign to sentence.
        """
        tests = {
            "discriminator_accuracy": (0.0, self.accuracy, "the discriminator tells nearly all"),
            "discriminator_loss": (self.discriminator_loss, None, "the discriminator has won"),
            "val_colorfulness": (self.dull, self.garish, "the pictures are grey or garish"),
            "val_diversity": (self.diversity, None, "all pictures are colored alike"),
        }
        return {
            name: f"{words}: {name} {logs[name]:.3f}, expected {_range(low, high)}"
            for name, (low, high, words) in tests.items()
            if name in logs and not low <= logs[name] <= (high or float("inf"))
        }


class CollapseMonitor(keras.callbacks.Callback):
    """Watches adversarial training for its collapse.

    It looks at the logs of each epoch, which all workers share, so all act alike. A sign that
    lasts is a collapse; a sign of one epoch is not.

    Args:
        action: one of `ACTIONS`.
        patience: epochs that a sign must last.
        factor: what learning rates are multiplied by when they are cut.
        bounds: a `Bounds`.

    Attributes:
        loop: the `TrainingLoop` that it is a callback of, which sets it.
        collapses: epochs, from 0, at which a collapse was found.

    Raises:
        ValueError: for another action.
    """

    def __init__(self, action="warn", patience=2, factor=0.3, bounds=None):
        super().__init__()
        if action not in ACTIONS:
            raise ValueError(f"Expected an action among {', '.join(ACTIONS)}, received {action!r}.")
        self.action = action
        self.patience = patience
        self.factor = factor
        self.bounds = bounds or Bounds()
        self.loop = None
        self.collapses = []
        self._lasting = collections.Counter()
        self._good_step = None

    def on_epoch_end(self, epoch, logs=None):
        """Looks at the epoch."""
        if self.model.phase != ADVERSARIAL:
            self._good_step = self.loop.steps_done
            return
        signs = self.bounds.signs(logs)
        self._lasting = collections.Counter({name: self._lasting[name] + 1 for name in signs})
        if not signs:
            self._good_step = self.loop.steps_done
        if any(count >= self.patience for count in self._lasting.values()):
            self._collapsed(epoch, signs)

    def _collapsed(self, epoch, signs):
        self.collapses.append(epoch)
        self._lasting.clear()
        lines = "; ".join(signs.values())
        _log().warning("Epoch %d: training collapses: %s. %s", epoch + 1, lines, self._act())

    def _act(self):
        if self.action == "stop":
            self.model.stop_training = True
            return "The run ends here."
        if self.action == "warn":
            return "It goes on."
        done = []
        if self.action == "return":
            done.append(self._return())
        for part in self.model.parts:
            part.optimizer.learning_rate = self.factor * rate_of(part.optimizer)
        return " ".join([*done, f"Both learning rates are cut to {self.factor} of what they were."])

    def _return(self):
        kept = [step for step in self.loop.checkpoints() if step <= (self._good_step or 0)]
        if not kept:
            return "No checkpoint from before is left."
        self.loop.return_to(kept[-1])
        return f"It goes on with the weights of step {kept[-1]}, the last good ones."


def _range(low, high):
    return f"{low} or more" if high is None else f"{low} to {high}"


def _log():
    return logging.getLogger("keras_colorize")
