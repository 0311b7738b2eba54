"""Keras callbacks of the training loop."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from keras_colorize.io.atomic import write_file
from keras_colorize.training.checkpoints import parts_of
from keras_colorize.training.optimizers import rate_of


class ColorizedSamples(keras.callbacks.Callback):
    """Colorizes the same pictures after every epoch: PNG sheets, and images in TensorBoard.

    Args:
        lightness: float array (N, H, W, 1), L* in 0..100.
        rgb: float array (N, H, W, 3) in [0, 1], the true colors.
        colorize: callable (model, lightness) to rgb in [0, 1], shape of `rgb`.
        folder: where `epoch_0001.png` and so on are written.
        tensorboard: folder for TensorBoard events, or None.

    Raises:
        ImportError: if TensorBoard is asked for and not installed.
    """

    def __init__(self, lightness, rgb, colorize, folder, tensorboard=None):
        super().__init__()
        self.lightness = lightness
        self.rgb = np.asarray(rgb)
        self.colorize = colorize
        self.folder = Path(folder)
        self._writer = _event_writer(tensorboard) if tensorboard else None

    def on_epoch_end(self, epoch, logs=None):
        """Writes the sheet of this epoch: grey, colorized, true, a row each."""
        made = np.asarray(self.colorize(self.model, self.lightness))
        grey = np.repeat(np.asarray(self.lightness) / 100.0, 3, axis=-1)
        rows = [np.concatenate(list(row), axis=1) for row in (grey, made, self.rgb)]
        sheet = np.rint(np.clip(np.concatenate(rows), 0, 1) * 255).astype("uint8")
        path = self.folder / f"epoch_{epoch + 1:04d}.png"
        write_file(path, tf.io.encode_png(sheet).numpy(), overwrite=True)
        if self._writer:
            with self._writer.as_default(step=epoch):
                tf.summary.image("grey_colorized_true", sheet[None])


class PlateauCut(keras.callbacks.ReduceLROnPlateau):
    """Keras' callback, for all the networks that a model trains."""

    def on_epoch_end(self, epoch, logs=None):
        """Cuts the rates of the other networks as that of the first was cut."""
        first, *others = parts_of(self.model)
        before = rate_of(first.optimizer)
        super().on_epoch_end(epoch, logs)
        share = rate_of(first.optimizer) / before
        for part in others:
            part.optimizer.learning_rate = share * rate_of(part.optimizer)


def _event_writer(folder):
    # Without it TensorFlow fails at the first picture, which comes an epoch later.
    if importlib.util.find_spec("tensorboard") is None:
        raise ImportError(
            "Expected the package tensorboard, found none: pip install 'keras-colorize[train]'."
        )
    return tf.summary.create_file_writer(str(folder))


def standard_callbacks(run_folder, plateau=None, early_stop=None, tensorboard=False, worker=0):
    """Callbacks that every trainer offers.

    Args:
        run_folder: the run's folder; a table of the epochs goes to `history.csv` in it.
        plateau: epochs without progress of `val_loss` after which the learning rate (of both
            networks of an `AdversarialModel`) is halved, or None. Needs the constant schedule.
        early_stop: epochs without progress of `val_loss` after which the run ends, or None.
        tensorboard: whether events are written to `tensorboard/`; needs the extra `train`.
        worker: index of this worker; only the chief, 0, gets those that write files.

    Returns:
        List of Keras callbacks.
    """
    callbacks = _writers(Path(run_folder), tensorboard) if worker == 0 else []
    if plateau is not None:
        callbacks.append(PlateauCut("val_loss", factor=0.5, patience=plateau))
    if early_stop is not None:
        callbacks.append(keras.callbacks.EarlyStopping("val_loss", patience=early_stop))
    return callbacks


def _writers(folder, tensorboard):
    folder.mkdir(parents=True, exist_ok=True)
    writers = [keras.callbacks.CSVLogger(str(folder / "history.csv"), append=True)]
    if tensorboard:
        writers.append(keras.callbacks.TensorBoard(str(folder / "tensorboard")))
    return writers
