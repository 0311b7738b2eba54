"""Arguments that several networks have in common, and their one check."""

from keras_colorize.errors import expect


def scaled(channels, width):
    """Channels of a layer at a width, at least 1."""
    return max(1, round(channels * width))


def check_network(width, input_shape, classes=None, global_features=True, **choices):
    """Raises ValueError for arguments that a factory does not take.

    `input_shape` must be (H, W, 1), and each of `choices` a pair of a value and the allowed ones.
    """
    expect(width > 0, f"a width above 0, received {width}")
    is_gray = len(input_shape) == 3 and input_shape[-1] == 1
    expect(is_gray, f"an input_shape (H, W, 1), received {tuple(input_shape)}")
    if classes is not None:
        expect(classes >= 2, f"None or at least 2 classes, received {classes}")
        expect(
            global_features,
            "classes=None without global features, which the classifier reads, received "
            f"classes={classes}",
        )
    for name, (value, known) in choices.items():
        listed = ", ".join(map(str, known))
        expect(value in known, f"{name} among {listed}, received {value!r}")
