"""Which policy a precision stands for."""

from pathlib import Path

import pytest

from keras_colorize.precision import processor_has_bfloat16, resolve_precision


@pytest.mark.parametrize(
    ("precision", "fast", "expected"),
    [
        ("auto", True, "mixed_bfloat16"),
        ("auto", False, "float32"),
        ("float32", True, "float32"),
        ("bfloat16", False, "mixed_bfloat16"),
    ],
)
def test_resolve_precision(precision, fast, expected):
    assert resolve_precision(precision, fast) == expected


def test_another_precision_is_refused():
    with pytest.raises(ValueError, match="Expected a precision among.*'half'"):
        resolve_precision("half")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("flags : fpu avx512_bf16 amx_tile", True),
        ("flags : fpu amx_bf16", True),
        ("flags : fpu avx512f", False),
        (None, False),
    ],
)
def test_the_processor_is_asked(monkeypatch, text, expected):
    monkeypatch.setattr(Path, "exists", lambda path: text is not None)
    monkeypatch.setattr(Path, "read_text", lambda path: text)
    assert processor_has_bfloat16() is expected
    assert resolve_precision("auto") == ("mixed_bfloat16" if expected else "float32")
