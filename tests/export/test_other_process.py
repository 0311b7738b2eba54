"""What one process writes, another loads; SavedModels are in test_served.py."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from keras_colorize import iizuka16
from keras_colorize.layers import MeanField

SMALL = {"width": 1 / 16, "classes": 3, "global_size": 32}
LOAD = f"""
import sys
import keras, numpy as np
sys.path.insert(0, {str(Path(__file__).parents[2])!r})
import keras_colorize

lightness = np.load("lightness.npy")
fresh = keras_colorize.iizuka16(**{SMALL})
fresh.load_weights("network.weights.h5")
whole = keras.saving.load_model("network.keras")
np.savez("fresh.npz", **fresh.predict_on_batch(lightness))
np.savez("whole.npz", **whole.predict_on_batch(lightness))
np.save("field.npy", keras.saving.load_model("field.keras").predict_on_batch(lightness))
"""


def test_files_load_in_another_process(tmp_path):
    network, picture = iizuka16(**SMALL), keras.Input((None, None, 1))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="softmax")(picture / 100.0)
    field = keras.Model(picture, MeanField(sweeps=2)([x, picture]))
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 24, 40, 1)).astype("float32")
    np.save(tmp_path / "lightness.npy", lightness)
    network.save(tmp_path / "network.keras")
    network.save_weights(tmp_path / "network.weights.h5")
    field.save(tmp_path / "field.keras")
    command = [sys.executable, "-I", "-c", LOAD]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = field.predict_on_batch(lightness)
    np.testing.assert_allclose(np.load(tmp_path / "field.npy"), expected, atol=1e-5)
    for name, expected in network.predict_on_batch(lightness).items():
        for file in ("fresh.npz", "whole.npz"):
            np.testing.assert_allclose(np.load(tmp_path / file)[name], expected, atol=1e-5)
