"""Arguments that several networks have in common."""


def scaled(channels, width):
    """Channels of a layer at a width.

    Args:
        channels: channels at width 1.
        width: factor.

    Returns:
        int, at least 1.
    """
    return max(1, round(channels * width))


def check_network(width, input_shape, classes=None):
    """Checks arguments of a factory.

    Args:
        width: factor on the channels.
        input_shape: shape of the lightness without batch.
        classes: number of scene classes, or None.

    Raises:
        ValueError: unless the width is above 0, the shape is (H, W, 1) and there are at least
            two classes, if any.
    """
    if width <= 0:
        raise ValueError(f"Expected a width above 0, received {width}.")
    if len(input_shape) != 3 or input_shape[-1] != 1:
        raise ValueError(f"Expected an input_shape (H, W, 1), received {tuple(input_shape)}.")
    if classes is not None and classes < 2:
        raise ValueError(f"Expected None or at least 2 classes, received {classes}.")
