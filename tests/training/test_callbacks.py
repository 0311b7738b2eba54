"""Sheets of pictures, TensorBoard events, and the callbacks that every trainer offers."""

import csv
import importlib.util

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.training import ColorizedSamples, standard_callbacks
from keras_colorize.training.callbacks import PlateauCut

LIGHTNESS = np.full((2, 3, 4, 1), 50.0, "float32")
RGB = np.stack([np.full((3, 4, 3), 0.2), np.full((3, 4, 3), 0.8)])


def test_a_sheet_of_every_epoch(tmp_path):
    _samples(tmp_path, epochs=2)
    names = sorted(path.name for path in (tmp_path / "samples").iterdir())
    assert names == ["epoch_0001.png", "epoch_0002.png"]
    sheet = tf.io.decode_png((tmp_path / "samples" / names[1]).read_bytes()).numpy()
    assert sheet.shape == (9, 8, 3)
    assert np.unique(sheet[:3]).tolist() == [128]
    assert np.unique(sheet[3:6].reshape(-1, 3), axis=0).tolist() == [[255, 0, 128]]
    assert np.unique(sheet[6:, :4]).tolist() == [51]
    assert np.unique(sheet[6:, 4:]).tolist() == [204]


def test_images_for_tensorboard(tmp_path):
    _samples(tmp_path, epochs=2, tensorboard=tmp_path / "events")
    (file,) = (tmp_path / "events").iterdir()
    images = [value for event in _events(file) for value in event.summary.value]
    assert [value.tag for value in images] == ["grey_colorized_true"] * 2


def test_images_need_tensorboard(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match="package tensorboard.*keras-colorize.train"):
        _samples(tmp_path, epochs=1, tensorboard=tmp_path / "events")


def test_the_chief_gets_all_and_the_others_what_steers(tmp_path):
    everything = standard_callbacks(tmp_path / "run", 2, 3, tensorboard=True)
    steering = [PlateauCut, keras.callbacks.EarlyStopping]
    writing = [keras.callbacks.CSVLogger, keras.callbacks.TensorBoard]
    assert [type(callback) for callback in everything] == [*writing, *steering]
    others = standard_callbacks(tmp_path / "other", 2, 3, tensorboard=True, worker=1)
    assert [type(callback) for callback in others] == steering
    assert not (tmp_path / "other").exists()


def test_they_work_in_the_loop(toy, config, network, loop, validation, tmp_path):
    settings = config(epochs=3, learning_rate=1e-12)
    callbacks = standard_callbacks(tmp_path / "run", 1, 9, tensorboard=True)
    plateau = callbacks[2]
    plateau.min_delta = 1e-3
    loop(network(settings), settings, callbacks=callbacks).fit(toy, None, validation)
    with (tmp_path / "run" / "history.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["epoch"] for row in rows] == ["0", "1", "2"]
    assert float(rows[0]["val_loss"]) > 0
    assert float(plateau.model.optimizer.learning_rate) == pytest.approx(0.25e-12)
    tags = {
        value.tag
        for file in (tmp_path / "run" / "tensorboard").rglob("*tfevents*")
        for event in _events(file)
        for value in event.summary.value
    }
    assert {"epoch_loss", "epoch_learning_rate"} <= tags


def test_the_table_grows_when_a_run_goes_on(toy, config, network, loop, tmp_path):
    for epochs in (1, 3):
        settings = config(epochs=epochs)
        callbacks = standard_callbacks(tmp_path / "run")
        loop(network(settings), settings, callbacks=callbacks).fit(toy, None)
    lines = (tmp_path / "run" / "history.csv").read_text().splitlines()
    assert [line.partition(",")[0] for line in lines] == ["epoch", "0", "1", "2"]


def _samples(tmp_path, epochs, tensorboard=None):
    def colorize(model, lightness):
        assert model == "the model"
        return np.broadcast_to([1.2, -0.1, 0.5], (*lightness.shape[:3], 3))

    callback = ColorizedSamples(LIGHTNESS, RGB, colorize, tmp_path / "samples", tensorboard)
    callback.set_model("the model")
    for epoch in range(epochs):
        callback.on_epoch_end(epoch)
    callback.on_train_end()


def _events(file):
    for record in tf.data.TFRecordDataset(str(file)):
        yield tf.compat.v1.Event.FromString(record.numpy())
