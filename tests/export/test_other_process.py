"""What one process writes, another loads; SavedModels are in test_served.py."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np

from keras_colorize import iizuka16
from keras_colorize.layers import MeanField

ROOT = Path(__file__).parents[2]
SMALL = {"width": 1 / 16, "classes": 3, "global_size": 32}
LOAD = f"""
import sys
import keras, numpy as np
sys.path.insert(0, {str(ROOT)!r})
import keras_colorize

lightness = np.load("lightness.npy")
whole = keras.saving.load_model("network.keras")
fresh = keras_colorize.iizuka16(**{SMALL})
fresh.load_weights("network.weights.h5")
field = keras.saving.load_model("field.keras")
made = {{f"whole_{{name}}": x for name, x in whole.predict_on_batch(lightness).items()}}
made |= {{f"fresh_{{name}}": x for name, x in fresh.predict_on_batch(lightness).items()}}
np.savez("made.npz", field=field.predict_on_batch(lightness), **made)
"""


def _with_field():
    """A network of another kind with the field of this library behind it."""
    lightness = keras.Input((None, None, 1))
    x = keras.layers.Conv2D(4, 3, padding="same", activation="softmax")(lightness / 100.0)
    return keras.Model(lightness, MeanField(sweeps=2)([x, lightness]))


def test_files_load_in_another_process(tmp_path):
    network, field = iizuka16(**SMALL), _with_field()
    lightness = np.random.default_rng(0).uniform(0, 100, (1, 24, 40, 1)).astype("float32")
    np.save(tmp_path / "lightness.npy", lightness)
    network.save(tmp_path / "network.keras")
    network.save_weights(tmp_path / "network.weights.h5")
    field.save(tmp_path / "field.keras")
    command = [sys.executable, "-I", "-c", LOAD]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    made = np.load(tmp_path / "made.npz")
    np.testing.assert_allclose(made["field"], field.predict_on_batch(lightness), atol=1e-5)
    for name, expected in network.predict_on_batch(lightness).items():
        for form in ("whole", "fresh"):
            np.testing.assert_allclose(made[f"{form}_{name}"], expected, atol=1e-5)
