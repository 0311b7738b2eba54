import dataclasses
import sys
import types

import keras
import numpy as np
import pytest
import torch

from keras_colorize import Colorizer, distribution_unet
from keras_colorize.evaluation import Scenes, make_evaluators, measured_paths
from keras_colorize.evaluation.recognition import Recognition


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
    [
        ([9, 1, 2, 3, 4, 5, 6], 100.0, 100.0),
        ([5, 9, 8, 7, 6, 1, 2], 0.0, 100.0),
        ([4, 9, 8, 7, 6, 5, 2], 0.0, 0.0),
    ],
)
def test_scenes_are_the_folders(scene_colorizer, folder, monkeypatch, logits, top1, top5):
    evaluator = Scenes(scene_colorizer, ("mean", "tiny"), folder)
    rgb = np.random.default_rng(0).random((40, 30, 3)).astype("float32")
    real = scene_colorizer.model.predict_on_batch

    def predict(lightness):
        # The network sees lightness at its working size.
        assert lightness.shape == (1, 64, 64, 1)
        assert real(lightness)["class_logits"].shape == (1, 7)
        return {"class_logits": np.float32([logits])}

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
    _, absent = make_evaluators(paths, scenes=(tiny_colorizer, ("tiny",), folder))
    assert absent["scene top-1, top-5"] == "no preset that knows scenes"
    _, absent = make_evaluators(paths[:1], scenes=(scene_colorizer, ("tiny",), folder))
    assert absent["scene top-1, top-5"] == "no photograph is in a folder called like a scene"
    scenes = (scene_colorizer, ("tiny",), folder)
    evaluators, absent = make_evaluators(paths, mobilenet_weights, scenes=scenes)
    assert [type(evaluator) for evaluator in evaluators] == [Recognition, Scenes]
    assert list(absent) == ["ImageNet top-1", "lpips"]
    _, absent = make_evaluators([*paths, folder / "n02119789_1.png"], mobilenet_weights)
    assert "ImageNet top-1" not in absent


@pytest.fixture
def lpips(monkeypatch):
    """A package of the name and the interface of lpips, which measures the mean difference."""

    class LPIPS(torch.nn.Module):
        def __init__(self, net, verbose):
            super().__init__()
            assert (net, verbose) == ("alex", False)
            self.weight = torch.nn.Parameter(torch.ones(1))

        def forward(self, first, second):
            distance = self.weight * (first - second).abs().mean()
            # Nothing is kept for a gradient that nobody asks for.
            assert not distance.requires_grad
            return distance

    package = types.ModuleType("lpips")
    package.LPIPS = LPIPS
    package.im2tensor = lambda image: torch.tensor(image[None] / 127.5 - 1.0)
    monkeypatch.setitem(sys.modules, "lpips", package)
    return package


def test_lpips_where_it_is_installed(lpips):
    target = np.full((64, 70, 3), 0.5, "float32")
    (evaluator,), absent = make_evaluators([])
    assert "lpips" not in absent
    found = evaluator.update(None, target, {"truth": target, "other": target + 0.25})
    assert found["truth"] == {"lpips[alex]": 0.0}
    assert found["other"]["lpips[alex]"] == pytest.approx(0.5)
    assert evaluator.update(None, target[:63], {"truth": target[:63]}) == {}


def test_lpips_without_its_weights(lpips, monkeypatch):
    def unreachable(**_):
        raise OSError("no network")

    monkeypatch.setattr(lpips, "LPIPS", unreachable)
    assert make_evaluators([])[1]["lpips"] == "its weights cannot be had: no network"
