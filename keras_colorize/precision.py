"""Which precision the processor computes fast in."""

from pathlib import Path

PRECISIONS = ("auto", "float32", "bfloat16")


def resolve_precision(precision, fast_bfloat16=None):
    """Turns a precision into the name of a Keras dtype policy.

    Args:
        precision: `"float32"`, `"bfloat16"` (mixed: variables, color maths and last layers stay
            in float32), or `"auto"`: bfloat16 where the hardware computes in it.
        fast_bfloat16: whether it does; None asks the processor.

    Returns:
        `"float32"` or `"mixed_bfloat16"`.

    Raises:
        ValueError: for another precision.
    """
    if precision not in PRECISIONS:
        raise ValueError(
            f"Expected a precision among {', '.join(PRECISIONS)}, received {precision!r}."
        )
    if fast_bfloat16 is None:
        fast_bfloat16 = processor_has_bfloat16()
    fast = precision == "bfloat16" or (precision == "auto" and fast_bfloat16)
    return "mixed_bfloat16" if fast else "float32"


def processor_has_bfloat16():
    """Whether the processor has bfloat16 instructions; False where Linux does not tell."""
    cpuinfo = Path("/proc/cpuinfo")
    flags = cpuinfo.read_text() if cpuinfo.exists() else ""
    return "avx512_bf16" in flags or "amx_bf16" in flags
