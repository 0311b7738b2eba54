"""Which precision the machine computes fast in: one rule for inference and training."""

import subprocess
from pathlib import Path

from keras_colorize.errors import InputError

PRECISIONS = ("auto", "float32", "bfloat16")


def resolve_precision(precision):
    """Name of the Keras dtype policy of a precision, `"float32"` or `"mixed_bfloat16"`.

    `"auto"` is mixed where the machine is fast in bfloat16, which the GPUs or else the processor
    tell. Raises InputError for an unknown precision.
    """
    if precision not in PRECISIONS:
        raise InputError(
            f"Expected a precision among {', '.join(PRECISIONS)}, received {precision!r}."
        )
    fast = precision == "bfloat16"
    if precision == "auto":
        import keras

        # GPUs where there are any, else the processor.
        kind = keras.distribution.list_devices()[0].partition(":")[0].lower()
        fast = gpus_have_bfloat16() if kind == "gpu" else processor_has_bfloat16()
    return "mixed_bfloat16" if fast else "float32"


def gpus_have_bfloat16():
    """Whether all GPUs are NVIDIA's of compute capability 8.0 or later; False if none tells."""
    query = ["nvidia-smi", "--query-gpu=compute_cap", "--format=csv,noheader"]
    try:
        said = subprocess.run(query, capture_output=True, text=True, check=True, timeout=60)
        capabilities = [float(line) for line in said.stdout.split()]
    except (OSError, subprocess.SubprocessError, ValueError):
        return False
    return bool(capabilities) and min(capabilities) >= 8.0


def processor_has_bfloat16():
    """Whether the processor has bfloat16 instructions; False where Linux does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags
