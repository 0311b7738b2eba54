"""How much color changes in a video where the picture does not."""

from keras import ops

from keras_colorize.metrics.color import ab_error

STILL = 1.0
"""Change of L* from one frame to the next below which a pixel counts as static."""


def chroma_flicker(frames_lab, still=STILL):
    """Mean change of a and b from frame to frame along static pixels.

    A pixel whose lightness stays shows the same thing, so that its color should stay, too. Of
    a real video in color the figure is not 0: compare with that of the truth.

    Args:
        frames_lab: L*a*b* frames in their order: tensor (T, H, W, 3), or any iterable of
            tensors (H, W, 3), of which two are held at a time.
        still: largest change of L* of a static pixel.

    Returns:
        float: Euclidean distance in the ab plane, mean over all static pixels of all pairs of
        neighbouring frames; 0 where no pixel is static.

    Raises:
        ValueError: for fewer than two frames.
    """
    total = count = 0.0
    pairs, before = 0, None
    for frame in frames_lab:
        frame = ops.cast(frame, "float32")
        if before is not None:
            static = ops.abs(frame[..., 0] - before[..., 0]) <= still
            change = ab_error(before[..., 1:], frame[..., 1:])
            total += float(ops.sum(ops.where(static, change, 0.0)))
            count += float(ops.sum(ops.cast(static, "float32")))
            pairs += 1
        before = frame
    if not pairs:
        raise ValueError("Expected two frames or more to see a change.")
    return total / count if count else 0.0
