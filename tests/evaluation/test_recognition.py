import dataclasses
import sys
import types

import keras
import numpy as np
import pytest
import scipy.linalg
import torch

from keras_colorize import Colorizer, distribution_unet
from keras_colorize.evaluation import Scenes, make_evaluators, measured_paths, recognition
from keras_colorize.evaluation.recognition import Recognition, crops, frechet_distance


@pytest.fixture(scope="module")
def evaluator(mobilenet_weights):
    return Recognition(mobilenet_weights)


def test_crops_are_the_scaled_middle():
    # Left third red, middle green, right blue: the square in the middle is all green.
    picture = np.repeat(np.eye(3, dtype="float32"), 20, axis=0)[None].repeat(20, axis=0)
    (crop,) = crops({"one": picture}, 8)
    np.testing.assert_allclose(crop[:, 1:-1], np.broadcast_to([-1, 1, -1], (8, 6, 3)), atol=0.05)


def test_scores_and_features_are_those_of_the_network(evaluator, mobilenet_weights):
    made = dict(enumerate(np.random.default_rng(0).random((2, 30, 40, 3)).astype("float32")))
    found = evaluator.network.predict_on_batch(crops(made))
    network = keras.applications.MobileNetV2(weights=mobilenet_weights)
    expected = network.predict_on_batch(crops(made))
    kernel, bias = network.layers[-1].get_weights()
    for logits in (found["logits"], np.mean(found["features"][-1], axis=(1, 2)) @ kernel + bias):
        np.testing.assert_allclose(keras.ops.softmax(logits), expected, rtol=1e-3)


def test_recognized_is_what_has_the_answer_of_the_truth(evaluator, monkeypatch):
    features = np.random.default_rng(0).normal(size=(2, 4, 3, 2, 6))
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
    means = features.mean(axis=(2, 3))
    expected = {name: frechet_distance(means[:, 3], means[:, i]) for i, name in enumerate(made)}
    for name, row in evaluator.result().items():
        assert row == {"fid[mobilenet_v2]": pytest.approx(expected[name])}


# Keras' own list is downloaded; these answers of it are well known.
CLASSES = {
    "n01440764_10026.JPEG": 0,
    "n02123045": 281,
    "photos/n07753592/10026.jpg": 954,
    "ILSVRC2012_val_00000001_n15075141.JPEG": 999,
    # The file's own name is nearer than that of its folder.
    "n01440764/n02119789_kit_fox.png": 278,
    # No class of ImageNet, no ID at all, no whole ID.
    **dict.fromkeys(("n00000001_1.JPEG", "beach.jpg", "plan01440764.png", "n014407641.png")),
}


def test_names_tell_the_class():
    assert {path: recognition.imagenet_class(path) for path in CLASSES} == CLASSES


def test_weights_that_do_not_fit(tmp_path):
    with pytest.raises(ValueError, match="nothing.h5: Expected"):
        Recognition(tmp_path / "nothing.h5")
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    model.save_weights(tmp_path / "a.weights.h5")
    with pytest.raises(ValueError, match="keras.applications.MobileNetV2"):
        Recognition(tmp_path / "a.weights.h5")


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


@pytest.fixture(scope="module")
def scene_colorizer(tiny_config):
    """A tiny network that tells seven scenes apart, the third two folders deep."""
    keras.utils.set_random_seed(0)
    arguments = {**tiny_config.arguments, "classes": 7}
    names = ("sub", "b", "church/outdoor", "d", "e", "f", "g")
    config = dataclasses.replace(tiny_config, arguments=arguments, class_names=names)
    return Colorizer(distribution_unet(**arguments), config)


@pytest.mark.parametrize(
    ("logits", "top1", "top5"),
    [("9123456", 100.0, 100.0), ("5987612", 0.0, 100.0), ("4987652", 0.0, 0.0)],
)
def test_scenes_are_the_folders(scene_colorizer, folder, monkeypatch, logits, top1, top5):
    evaluator = Scenes(scene_colorizer, ("mean", "tiny"), folder)
    rgb = np.random.default_rng(0).random((40, 30, 3)).astype("float32")
    real = scene_colorizer.model.predict_on_batch

    def predict(lightness):
        # The network sees lightness at its working size.
        assert lightness.shape == (1, 64, 64, 1)
        assert real(lightness)["class_logits"].shape == (1, 7)
        return {"class_logits": np.float32([list(logits)])}

    monkeypatch.setattr(scene_colorizer.model, "predict_on_batch", predict)
    found = evaluator.update(folder / "sub" / "c.png", rgb, {})
    assert found == dict.fromkeys(("mean", "tiny"), {"scene_top1": top1, "scene_top5": top5})
    assert evaluator.update(folder / "a.png", rgb, {}) == {}
    assert evaluator.label(folder / "church" / "outdoor" / "x.png") == 2


def test_what_is_not_measured_is_said(folder, tiny_colorizer, scene_colorizer, mobilenet_weights):
    paths = measured_paths(folder)
    evaluators, absent = make_evaluators(paths)
    assert evaluators == []
    assert absent == {
        "recognizability, ImageNet top-1, fid[mobilenet_v2]": "no --classifier given",
        "scene top-1, top-5": "no preset that knows scenes",
        "lpips": "package lpips not installed",
    }
    scenes = (scene_colorizer, ("tiny",), folder)
    for few, given, reason in (
        (paths, (tiny_colorizer, *scenes[1:]), "no preset that knows scenes"),
        (paths[:1], scenes, "no photograph is in a folder called like a scene"),
    ):
        assert make_evaluators(few, scenes=given)[1]["scene top-1, top-5"] == reason
    evaluators, absent = make_evaluators(paths, mobilenet_weights, scenes)
    assert [type(evaluator) for evaluator in evaluators] == [Recognition, Scenes]
    assert list(absent) == ["ImageNet top-1", "lpips"]
    _, absent = make_evaluators([*paths, folder / "n02119789_1.png"], mobilenet_weights)
    assert "ImageNet top-1" not in absent


def test_lpips_where_it_is_installed(monkeypatch):
    class LPIPS(torch.nn.Module):
        """As in the package: here the mean difference."""

        def __init__(self, net, verbose):
            super().__init__()
            assert (net, verbose) == ("alex", False)
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, first, second):
            distance = self.weight * (first - second).abs().mean()
            # Nothing is kept for a gradient that nobody asks for.
            assert not distance.requires_grad
            return distance

    def unreachable(**_):
        raise OSError("no network")

    package = types.SimpleNamespace(LPIPS=LPIPS)
    package.im2tensor = lambda image: torch.tensor(image[None] / 127.5 - 1.0)
    monkeypatch.setitem(sys.modules, "lpips", package)
    target = np.full((64, 70, 3), 0.5, "float32")
    (evaluator,), absent = make_evaluators([])
    assert "lpips" not in absent
    found = evaluator.update(None, target, {"truth": target, "other": target + 0.25})
    assert found["truth"] == {"lpips[alex]": 0.0}
    assert found["other"]["lpips[alex]"] == pytest.approx(0.5)
    assert evaluator.update(None, target[:63], {"truth": target[:63]}) == {}
    package.LPIPS = unreachable
    assert make_evaluators([])[1]["lpips"] == "its weights cannot be had: no network"
