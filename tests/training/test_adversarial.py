"""The adversarial step against its equations in NumPy and TensorFlow."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ._toy import make_adversaries

SIDE = 8


def _batch(seed=0, pictures=4):
    generator = np.random.default_rng(seed)
    lightness = generator.uniform(0, 100, (pictures, SIDE, SIDE, 1)).astype("float32")
    ab = generator.uniform(0.3, 0.7, (pictures, SIDE // 2, SIDE // 2, 2)).astype("float32")
    return tf.constant(lightness), {"ab": tf.constant(ab)}


def _vectors(model):
    return [np.concatenate([w.ravel() for w in part.get_weights()]) for part in model.parts]


def _step(model, phase):
    """The losses of a step in a phase."""
    model.phase = phase
    return {name: float(value) for name, value in model.train_step(_batch()).items()}


def test_the_first_phase_moves_the_generator_alone_whatever_its_head():
    lightness = keras.Input((None, None, 1))
    rgb = keras.layers.Conv2D(3, 1, activation="sigmoid", name="rgb")(lightness)
    model = make_adversaries(
        generator=keras.Model(lightness, {"rgb": rgb}),
        to_ab=lambda outputs, lightness: outputs["rgb"][..., 1:],
    )
    before = _vectors(model)
    logs = _step(model, "reconstruction")
    assert logs["loss"] == logs["reconstruction_loss"] > 0
    assert np.isnan(logs["adversarial_loss"])
    moved = [np.abs(a - b).max() for a, b in zip(before, _vectors(model), strict=True)]
    assert moved[0] > 1e-3
    assert moved[1] == 0


def test_the_losses_are_those_of_the_paper():
    model = make_adversaries(loss="mae", weight=7.0, label_smoothing=0.1)
    lightness, targets = _batch()
    made = model(lightness)["ab"]
    scores = [tf.sigmoid(model.discriminate(lightness, ab)).numpy() for ab in (targets["ab"], made)]
    logs, (real, fake) = _step(model, "adversarial"), scores
    reconstruction = 7.0 * np.abs(made - targets["ab"]).mean()
    assert logs["reconstruction_loss"] == pytest.approx(reconstruction, rel=1e-5)
    assert logs["adversarial_loss"] == pytest.approx(-np.log(fake).mean(), rel=1e-5)
    assert logs["loss"] == pytest.approx(reconstruction - np.log(fake).mean(), rel=1e-5)
    judgement = -(0.9 * np.log(real) + 0.1 * np.log(1 - real)).mean() - np.log(1 - fake).mean()
    assert logs["discriminator_loss"] == pytest.approx(judgement, rel=1e-5)
    right = np.mean([*(real > 0.5).ravel(), *(fake < 0.5).ravel()])
    assert logs["discriminator_accuracy"] == pytest.approx(right)


@pytest.mark.parametrize("phase", ["reconstruction", "adversarial"])
def test_further_losses_are_added_in_both_phases(phase):
    def loss(lightness, target, outputs):
        return 5.0 * tf.reduce_mean((outputs["ab"] - target) ** 2) + 0.0 * tf.reduce_mean(lightness)

    models = [
        make_adversaries(weight=7.0),
        make_adversaries(weight=2.0, further={"further_loss": loss}),
    ]
    logs = [_step(model, phase) for model in models]
    assert "further_loss" not in logs[0]
    assert logs[1]["further_loss"] == pytest.approx(5 / 7 * logs[0]["reconstruction_loss"])
    assert logs[1]["loss"] == pytest.approx(logs[0]["loss"], rel=1e-5)
    for one, other in zip(*(_vectors(model) for model in models), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_both_networks_follow_their_own_gradients():
    model = make_adversaries(weight=3.0)
    lightness, targets = _batch()
    with tf.GradientTape(persistent=True) as tape:
        made = model.generator(lightness)["ab"]
        real, fake = (model.discriminate(lightness, ab) for ab in (targets["ab"], made))
        entropy = keras.losses.BinaryCrossentropy(from_logits=True)
        generator = 3.0 * tf.reduce_mean((made - targets["ab"]) ** 2)
        generator += entropy(tf.ones_like(fake), fake)
        judge = entropy(tf.ones_like(real), real) + entropy(tf.zeros_like(fake), fake)
    variables, expected = [], []
    for part, loss, rate in zip(model.parts, (generator, judge), (0.1, 0.2), strict=True):
        variables += part.trainable_variables
        gradients = tape.gradient(loss, part.trainable_variables)
        expected += [v - rate * g for v, g in zip(part.trainable_variables, gradients, strict=True)]
    _step(model, "adversarial")
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, atol=1e-6)


def test_validation_compares_with_the_true_colors():
    model = make_adversaries()
    lightness, targets = _batch()
    perfect = model.compute_metrics(lightness, targets, targets)
    for name in ("colorfulness", "diversity"):
        assert float(perfect[name]) == pytest.approx(1.0)
    same = {"ab": tf.repeat(targets["ab"][:1], 4, axis=0)}
    model.reset_metrics()
    alike = model.compute_metrics(lightness, targets, same)
    assert float(alike["diversity"]) == pytest.approx(0.0, abs=1e-6)
    assert {"discriminator_loss", "discriminator_accuracy", "mse"} < set(alike)
    assert "true_diversity" not in alike
