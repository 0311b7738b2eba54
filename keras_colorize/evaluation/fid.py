"""The Frechet distance between sets of pictures, in the features of any network."""

import numpy as np


def frechet_distance(first, second):
    """Frechet distance of the Gaussians that have the means and covariances of two sets.

    Heusel et al. 2017: |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)). Covariances of fewer samples
    than features have no full rank, and square roots of their product are unstable. With
    C1 = A'A and C2 = B'B, where A and B are the centered samples, the trace of the root is the
    sum of the singular values of A B', which needs no root and no epsilon.

    Args:
        first: array (n1, D) of features, n1 > 1.
        second: array (n2, D), n2 > 1.

    Returns:
        float, not below 0. With few samples it is far too large, and it falls as n grows: only
        figures with the same n and the same network compare.

    Raises:
        ValueError: for other shapes.
    """
    first, second = np.asarray(first, "float64"), np.asarray(second, "float64")
    if first.ndim != 2 or second.ndim != 2 or first.shape[1] != second.shape[1]:
        raise ValueError(
            f"Expected features (n, D) of equal D, received {first.shape} and {second.shape}."
        )
    if min(len(first), len(second)) < 2:
        raise ValueError("Expected two samples or more of each set, received one.")
    offset = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    a, b = _factor(first), _factor(second)
    root = np.linalg.svd(a @ b.T, compute_uv=False).sum()
    return float(max(offset + np.square(a).sum() + np.square(b).sum() - 2.0 * root, 0.0))


class FeatureSets:
    """Features of the true and the colorized pictures, and their distances.

    Args:
        name: name of the network, part of the name of the figure.
    """

    def __init__(self, name):
        self.figure = f"fid[{name}]"
        self.features = {}

    def add(self, features):
        """Adds the features of one picture: dict of method to array (D,)."""
        for method, one in features.items():
            self.features.setdefault(method, []).append(one)

    def totals(self):
        """Distance of each method to the truth: dict of method to dict of figure to float."""
        truth = self.features.get("truth", [])
        if len(truth) < 2:
            return {}
        return {
            method: {self.figure: frechet_distance(np.stack(truth), np.stack(features))}
            for method, features in self.features.items()
        }


def _factor(samples):
    """A matrix whose product with itself is the covariance, with no more rows than columns."""
    centered = (samples - samples.mean(axis=0)) / np.sqrt(len(samples) - 1)
    if len(samples) <= samples.shape[1]:
        return centered
    return np.linalg.qr(centered, mode="r")
