"""Arguments that several networks have in common, and their one check."""


def scaled(channels, width):
    """Channels of a layer at a width, at least 1."""
    return max(1, round(channels * width))


def check_network(width, input_shape, classes=None, global_features=True, **choices):
    """Raises ValueError for arguments that a factory does not take.

    `input_shape` must be (H, W, 1), and each of `choices` a pair of a value and the allowed ones.
    """
    if width <= 0:
        raise ValueError(f"Expected a width above 0, received {width}.")
    if len(input_shape) != 3 or input_shape[-1] != 1:
        raise ValueError(f"Expected an input_shape (H, W, 1), received {tuple(input_shape)}.")
    if classes is not None and classes < 2:
        raise ValueError(f"Expected None or at least 2 classes, received {classes}.")
    if classes is not None and not global_features:
        raise ValueError(
            "Expected classes=None with global_features=False, for the classifier reads the "
            f"global features; received classes={classes}."
        )
    for name, (value, known) in choices.items():
        if value not in known:
            raise ValueError(
                f"Expected {name} among {', '.join(map(str, known))}, received {value!r}."
            )
