"""LPIPS, where its package is installed (Zhang et al. 2018)."""

import importlib

SMALLEST = 64
"""Side in pixels below which its network has nothing left to look at."""


class Lpips:
    """Distance in the features of AlexNet, as calibrated by people: 0 is the same picture.

    Raises:
        ImportError: if the package `lpips` is not installed.
        OSError: if its weights cannot be had.
    """

    def __init__(self):
        self.package = importlib.import_module("lpips")
        self.network = self.package.LPIPS(net="alex", verbose=False)

    def rows(self, path, rgb, made):
        """Figures of one picture: dict of name to dict of figure to float."""
        if min(rgb.shape[:2]) < SMALLEST:
            return {}
        true = self.package.im2tensor(255.0 * rgb)
        return {
            name: {"lpips[alex]": self.network(true, self.package.im2tensor(255.0 * one)).item()}
            for name, one in made.items()
        }

    def totals(self):
        """Nothing beyond the mean over pictures."""
        return {}
