import subprocess

import keras
import pytest

from keras_colorize import precision
from keras_colorize.precision import resolve_precision


@pytest.mark.parametrize("capabilities, fast", [("8.0\n9.0\n", True), ("9.0\n7.5\n", False)])
@pytest.mark.parametrize("processor", [True, False])
def test_gpus_are_asked_before_the_processor(monkeypatch, capabilities, fast, processor):
    def nvidia_smi(command, **_):
        return subprocess.CompletedProcess(command, 0, capabilities)

    monkeypatch.setattr(precision, "processor_has_bfloat16", lambda: processor)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["cpu:0"])
    assert resolve_precision("auto") == ("mixed_bfloat16" if processor else "float32")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0"])
    monkeypatch.setattr(precision.subprocess, "run", nvidia_smi)
    assert resolve_precision("auto") == ("mixed_bfloat16" if fast else "float32")
    assert resolve_precision("float32") == "float32"
    assert resolve_precision("bfloat16") == "mixed_bfloat16"
    with pytest.raises(ValueError, match="received 'float64'"):
        resolve_precision("float64")
