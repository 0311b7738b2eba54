import pytest

from keras_colorize.precision import resolve_precision


@pytest.mark.parametrize(
    "precision, fast, policy",
    [
        ("auto", True, "mixed_bfloat16"),
        ("auto", False, "float32"),
        ("float32", True, "float32"),
        ("bfloat16", False, "mixed_bfloat16"),
    ],
)
def test_policies(precision, fast, policy):
    assert resolve_precision(precision, fast) == policy


def test_the_processor_is_asked():
    assert resolve_precision("auto") in ("float32", "mixed_bfloat16")


def test_unknown_precision():
    with pytest.raises(ValueError, match="received 'float64'"):
        resolve_precision("float64")
