"""A GAN as one Keras model: a generator of color and a discriminator."""

import keras
import tensorflow as tf
from keras import ops

from keras_colorize.color import lab_to_rgb, unscale_ab
from keras_colorize.losses import discriminator_loss, generator_adversarial_loss
from keras_colorize.metrics import colorfulness, diversity
from .replicas import descend, share

# The generator alone on the reconstruction loss; then both networks.
RECONSTRUCTION, ADVERSARIAL = "reconstruction", "adversarial"
_DISCRIMINATOR_LOGS = ("discriminator_loss", "discriminator_accuracy")
_COLOR_LOGS = ("colorfulness", "diversity")


class AdversarialModel(keras.Model):
    """A generator of color and a discriminator, trained against each other.

    Nazeri, Ng & Ebrahimi 2018, as used by Zhou & Zhou 2019, section 2.2. Called, it maps L*
    (N, H, W, 1) to `{"ab": (N, h, w, 2)}`, scaled to [0, 1]. `phase`, see `TwoPhases`, is
    `"reconstruction"`, the generator alone, or `"adversarial"`.

    Args:
        generator: any network of the library, L* in 0..100 in, dict of outputs out.
        discriminator: network of `{"lightness": (N, h, w, 1), "ab": (N, h, w, 2)}`, L* in
            0..100 and ab scaled to [0, 1] at the color's size, to one logit per picture, (N, 1).
        to_ab: callable (generator's outputs, L*) to a and b (N, h, w, 2) scaled to [0, 1], through
            which gradients pass; None takes the output `"ab"`.
        label_smoothing: see `discriminator_loss`.
        further: dict of name to callable (L*, true ab, generator's outputs) to another loss that
            the generator lowers in both phases.
    """

    def __init__(
        self, generator, discriminator, to_ab=None, label_smoothing=0.0, further=None, **kwargs
    ):
        # Both networks keep their own precision: L* in bfloat16 would be too coarse.
        super().__init__(dtype="float32", **kwargs)
        self.generator, self.discriminator = generator, discriminator
        self.to_ab = to_ab or (lambda outputs, lightness: outputs["ab"])
        self.label_smoothing, self.phase = label_smoothing, RECONSTRUCTION
        self.further = further or {}
        self.error = keras.metrics.MeanSquaredError("mse")
        self.discriminator_metrics = [keras.metrics.Mean(name) for name in _DISCRIMINATOR_LOGS]
        self.color_metrics = [keras.metrics.Mean(name) for name in _COLOR_LOGS]
        self.target_metrics = [keras.metrics.Mean(f"true_{name}") for name in _COLOR_LOGS]
        self.built = True

    @property
    def parts(self):
        """The networks, generator first, each compiled with its own optimizer."""
        return self.generator, self.discriminator

    def compile(self, generator_optimizer, discriminator_optimizer, loss, weight=100.0):
        """Configures both sides with a reconstruction loss (eq. 6) of `"ab"` and its weight.

        The paper's lambda of 100 is for ab in [-1, 1]: here 200 for L1, 400 for a squared error.
        """
        self.generator.compile(generator_optimizer)
        self.discriminator.compile(discriminator_optimizer)
        super().compile(generator_optimizer, loss={"ab": loss}, loss_weights={"ab": weight})
        # Built now, or a resumed run would lose their state without a word.
        for part in self.parts:
            part.optimizer.build(part.trainable_variables)

    def call(self, lightness, training=False):
        outputs = self.generator(lightness, training=training)
        return {"ab": ops.cast(self.to_ab(outputs, lightness), "float32")}

    def train_step(self, data):
        """One step; takes `(lightness, {"ab": scaled to [0, 1]})`, returns a replica's losses."""
        lightness, target = data[0], data[1]["ab"]
        with tf.GradientTape(persistent=True) as tape:
            outputs = self.generator(lightness, training=True)
            ab = ops.cast(self.to_ab(outputs, lightness), "float32")
            # Keras divides by the number of replicas here.
            reconstruction = self.compute_loss(lightness, {"ab": target}, {"ab": ab})
            losses = {"reconstruction_loss": reconstruction}
            for name, loss in self.further.items():
                losses[name] = share(loss(lightness, target, outputs))
            if self.phase == ADVERSARIAL:
                fake = self.discriminate(lightness, ab, training=True)
                real = self.discriminate(lightness, _resized_like(ab, target), training=True)
                losses["adversarial_loss"] = share(generator_adversarial_loss(fake))
                discriminator = share(discriminator_loss(real, fake, self.label_smoothing))
            loss = sum(losses.values())
        descend(self.generator, tape, loss)
        # Tables of epochs take their columns from the first one.
        logs = dict.fromkeys(("adversarial_loss", *_DISCRIMINATOR_LOGS), tf.constant(float("nan")))
        if self.phase == ADVERSARIAL:
            descend(self.discriminator, tape, discriminator)
            logs["discriminator_loss"] = discriminator
            logs["discriminator_accuracy"] = share(_accuracy(real, fake))
        return {"loss": loss, **logs, **losses}

    def discriminate(self, lightness, ab, training=False):
        """The discriminator's logits (N, 1), by L* (N, H, W, 1) and scaled ab (N, h, w, 2)."""
        inputs = {"lightness": _resized_like(ab, lightness), "ab": ab}
        return self.discriminator(inputs, training=training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Of validation: `mse` of scaled ab; colorfulness and diversity as shares of the truth."""
        prediction = y_pred["ab"]
        target = _resized_like(prediction, y["ab"])
        self.error.update_state(target, prediction)
        real, fake = (self.discriminate(x, ab) for ab in (target, prediction))
        values = discriminator_loss(real, fake, self.label_smoothing), _accuracy(real, fake)
        for metric, value in zip(self.discriminator_metrics, values, strict=True):
            metric.update_state(value, ops.shape(x)[0])
        pairs = (self.color_metrics, prediction), (self.target_metrics, target)
        for (vividness, variety), scaled in pairs:
            ab = unscale_ab(scaled)
            vividness.update_state(colorfulness(_rgb(x, scaled)))
            # A single picture has nothing to be compared with.
            if ab.shape[0] != 1:
                variety.update_state(diversity(ab), ops.sum(ops.square(ab)))
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        for name in _COLOR_LOGS:
            logs[name] = ops.divide_no_nan(logs[name], logs.pop(f"true_{name}"))
        return logs

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """The reconstruction loss, at the size of the generated color."""
        target = {"ab": _resized_like(y_pred["ab"], y["ab"])}
        return super().compute_loss(x, target, y_pred, sample_weight, training)


def _accuracy(real, fake):
    return ops.mean(ops.cast(ops.concatenate([real > 0, fake < 0]), "float32"))


def _rgb(lightness, scaled):
    lab = ops.concatenate([_resized_like(scaled, lightness), unscale_ab(scaled)], axis=-1)
    return lab_to_rgb(lab)


def _resized_like(ab, x):
    if x.shape[1:3] == ab.shape[1:3]:
        return x
    return ops.image.resize(x, ops.shape(ab)[1:3], antialias=True)
