import keras
import numpy as np
import pytest
import scipy.linalg

from keras_colorize.evaluation.recognition import (
    FeatureEvaluator,
    Recognition,
    crops,
    frechet_distance,
    imagenet_class,
    load_features,
)


@pytest.fixture(scope="module")
def evaluator(mobilenet_weights):
    return Recognition(mobilenet_weights)


def test_crops_are_the_scaled_middle():
    # Left third red, middle green, right blue: the square in the middle is all green.
    picture = np.zeros((20, 60, 3), "float32")
    for column in range(3):
        picture[:, 20 * column : 20 * column + 20, column] = 1.0
    (crop,) = crops({"one": picture}, 8)
    assert crop.shape == (8, 8, 3)
    np.testing.assert_allclose(crop[:, 1:-1], np.broadcast_to([-1, 1, -1], (8, 6, 3)), atol=0.05)


def test_scores_and_features_are_those_of_the_network(evaluator, mobilenet_weights):
    pictures = np.random.default_rng(0).random((2, 30, 40, 3)).astype("float32")
    made = dict(enumerate(pictures))
    found = evaluator.network.predict_on_batch(crops(made, 224))
    network = keras.applications.MobileNetV2(weights=mobilenet_weights)
    expected = network.predict_on_batch(crops(made, 224))
    np.testing.assert_allclose(keras.ops.softmax(found["logits"]), expected, rtol=1e-3)
    kernel, bias = network.layers[-1].get_weights()
    logits = np.mean(found["features"][-1], axis=(1, 2)) @ kernel + bias
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, rtol=1e-3)


def test_recognized_is_what_has_the_answer_of_the_truth(evaluator, monkeypatch):
    features = np.random.default_rng(0).normal(size=(2, 4, 6))
    logits = np.eye(10)[[[3, 3, 5, 3], [1, 2, 2, 2]]]
    found = iter([{"features": [features[n]], "logits": logits[n]} for n in range(2)])
    monkeypatch.setattr(evaluator.network, "predict_on_batch", lambda pictures: next(found))
    made = dict.fromkeys(["grey", "mean", "vivid", "truth"], np.zeros((9, 9, 3), "float32"))
    # The second is named by class 2.
    paths = ("beach.jpg", "n01484850_3.jpg")
    first, second = (evaluator.update(path, made["truth"], made) for path in paths)
    assert [row["recognized"] for row in first.values()] == [100.0, 100.0, 0.0, 100.0]
    for metric in ("recognized", "imagenet_top1"):
        assert [row[metric] for row in second.values()] == [0.0, 100.0, 100.0, 100.0]
    assert "imagenet_top1" not in first["truth"]
    result = evaluator.result()
    assert result["truth"]["fid[mobilenet_v2]"] == pytest.approx(0.0, abs=1e-9)
    assert result["grey"]["fid[mobilenet_v2]"] > 0.1


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("n01440764_10026.JPEG", 0),
        ("photos/n01440764/10026.jpg", 0),
        ("ILSVRC2012_val_00000001_n15075141.JPEG", 999),
        # The file's own name is nearer than that of its folder.
        ("n01440764/n02119789_kit_fox.png", 278),
        # No class of ImageNet, no ID at all, no whole ID.
        ("n00000001_1.JPEG", None),
        ("beach.jpg", None),
        ("plan01440764.png", None),
        ("n014407641.png", None),
    ],
)
def test_names_tell_the_class(path, index):
    assert imagenet_class(path) == index


def test_classes_are_in_the_order_of_the_scores():
    # Keras' own list is downloaded; these answers of it are well known.
    known = {"n02123045": 281, "n02099712": 208, "n04285008": 817, "n07753592": 954}
    assert {wordnet_id: imagenet_class(wordnet_id) for wordnet_id in known} == known


def test_weights_that_do_not_fit(tmp_path):
    with pytest.raises(ValueError, match="nothing.h5: Expected"):
        Recognition(tmp_path / "nothing.h5")
    _network(4).save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(ValueError, match="keras.applications.MobileNetV2"):
        Recognition(tmp_path / "a.weights.h5")


def _network(*shape):
    inputs = keras.Input(shape)
    return keras.Model(inputs, keras.layers.Identity()(inputs))


def test_features_of_any_network(tmp_path):
    _network(8, 8, 3).save(tmp_path / "colors.keras")
    evaluator = load_features(tmp_path / "colors.keras")
    rng = np.random.default_rng(0)
    true = rng.random((4, 8, 8, 3)).astype("float32") * 0.5
    for one in true:
        assert evaluator.update(None, one, {"truth": one, "brighter": one + 0.25}) == {}
    # Its maps are averaged: the mean of three channels in [-1, 1] moves by 0.5 each.
    assert evaluator.result()["brighter"] == {"fid[colors]": pytest.approx(0.75, rel=1e-3)}


def test_networks_of_another_kind(tmp_path):
    for shape in ((8, 8, 1), (8, 6, 3), (8,)):
        with pytest.raises(ValueError, match="network of pictures"):
            FeatureEvaluator(_network(*shape), "net")
    assert FeatureEvaluator(_network(None, None, 3), "net").side == 224
    (tmp_path / "bad.keras").write_text("no network")
    with pytest.raises(ValueError, match=".keras file"):
        load_features(tmp_path / "bad.keras")


def test_closed_form_of_gaussians_with_independent_features():
    # |m1 - m2|^2 + sum (s1 - s2)^2, Dowson & Landau 1982.
    noise = np.random.default_rng(0).normal(size=(50, 3))
    white = noise - noise.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False))).T
    first, second = white * [1.0, 2.0, 0.5] + [0, 1, -1], white * [3.0, 2.0, 1.0] + [2, 1, 0]
    assert frechet_distance(first, second) == pytest.approx((4 + 0 + 1) + (4 + 0 + 0.25))
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
