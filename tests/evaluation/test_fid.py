import numpy as np
import pytest
import scipy.linalg

from keras_colorize.evaluation import frechet_distance
from keras_colorize.evaluation.fid import FeatureSets


def _samples(count, mean, covariance, seed):
    """Samples whose mean and covariance are exactly those given."""
    noise = np.random.default_rng(seed).normal(size=(count, len(mean)))
    white = noise - noise.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False))).T
    return white @ np.linalg.cholesky(covariance).T + mean


def test_closed_form_of_gaussians_with_independent_features():
    # |m1 - m2|^2 + sum (s1 - s2)^2, Dowson & Landau 1982.
    deviations = np.array([[1.0, 2.0, 0.5], [3.0, 2.0, 1.0]])
    means = np.array([[0.0, 1.0, -1.0], [2.0, 1.0, 0.0]])
    first, second = (
        _samples(50, mean, np.diag(deviation**2), seed)
        for seed, (mean, deviation) in enumerate(zip(means, deviations, strict=True))
    )
    expected = (4 + 0 + 1) + (4 + 0 + 0.25)
    assert frechet_distance(first, second) == pytest.approx(expected)
    assert frechet_distance(first, first) == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("counts", [(40, 60), (4, 60), (60, 4), (5, 6)])
def test_root_of_the_product_of_covariances(counts):
    # With fewer samples than the 10 features, too, where covariances are singular.
    rng = np.random.default_rng(0)
    first, second = (rng.normal(size=(count, 10)) @ rng.normal(size=(10, 10)) for count in counts)
    second = second + 1.0
    c1, c2 = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    root_1 = np.real(scipy.linalg.sqrtm(c1 + 1e-12 * np.eye(10)))
    # tr (C1 C2)^(1/2) = tr (C1^(1/2) C2 C1^(1/2))^(1/2), whose inside is symmetric.
    inside = np.linalg.eigvalsh(root_1 @ c2 @ root_1)
    root = np.sqrt(np.maximum(inside, 0)).sum()
    offset = np.square(first.mean(0) - second.mean(0)).sum()
    expected = offset + np.trace(c1) + np.trace(c2) - 2 * root
    assert frechet_distance(first, second) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("shapes", [((3, 4), (3, 5)), ((3,), (3,)), ((1, 4), (3, 4))])
def test_shapes_that_make_no_sense(shapes):
    with pytest.raises(ValueError, match="Expected"):
        frechet_distance(*(np.zeros(shape) for shape in shapes))


def test_sets_are_compared_with_the_truth():
    sets = FeatureSets("net")
    rng = np.random.default_rng(0)
    assert sets.totals() == {}
    for _ in range(5):
        true = rng.normal(size=4)
        sets.add({"truth": true, "off": true + [3.0, 0.0, 4.0, 0.0]})
    totals = sets.totals()
    assert totals["truth"]["fid[net]"] == pytest.approx(0.0, abs=1e-9)
    assert totals["off"]["fid[net]"] == pytest.approx(25.0)
