"""A generator of color and a discriminator, trained against each other as one model.

Nazeri, Ng & Ebrahimi 2018, as used by Zhou & Zhou 2019, section 2.2.
"""

import keras
import tensorflow as tf
from keras import ops

from keras_colorize.color import lab_to_rgb, unscale_ab
from keras_colorize.losses import discriminator_loss, generator_adversarial_loss
from keras_colorize.metrics import Colorfulness, Diversity
from keras_colorize.training.replicas import descend, share

RECONSTRUCTION, ADVERSARIAL = PHASES = ("reconstruction", "adversarial")
"""The generator alone on the reconstruction loss; then both networks."""

_JUDGEMENTS = ("discriminator_loss", "discriminator_accuracy")


class AdversarialModel(keras.Model):
    """Trains a generator against a discriminator.

    Called, it maps L* (N, H, W, 1) to `{"ab": (N, h, w, 2)}`, scaled to [0, 1]. The loss that it
    is compiled with is the reconstruction loss, second term of eq. 6. The discriminator sees
    color and lightness at the size of the color.

    Args:
        generator: any network of the library, L* in 0..100 in, dict of outputs out.
        discriminator: network of `{"lightness": (N, h, w, 1), "ab": (N, h, w, 2)}`, L* in
            0..100 and ab scaled to [0, 1], to one logit per picture, (N, 1).
        to_ab: callable (generator's outputs, L*) to a float32 tensor (N, h, w, 2), a and b
            scaled to [0, 1], through which gradients pass; None takes the output `"ab"`.
        label_smoothing: see `discriminator_loss`.
        perceptual: callable (L*, true ab, made ab), both scaled to [0, 1], to a number that the
            generator lowers in both phases, for example a `PerceptualLoss`; or None.
        distillation: callable (L*, true ab scaled to [0, 1], generator's outputs) to a number
            that the generator lowers in both phases, for example
            `DistillationLoss.beside_colors`; or None.
        to_shown: as `to_ab`, for what `perceptual` sees, where pictures are shown in other
            colors, more saturated ones perhaps; None takes those of `to_ab`.

    Attributes:
        phase: one of `PHASES`; `TwoPhases` sets it.
        parts: the two networks, each compiled with its own optimizer.
    """

    def __init__(
        self,
        generator,
        discriminator,
        to_ab=None,
        label_smoothing=0.0,
        perceptual=None,
        distillation=None,
        to_shown=None,
        **kwargs,
    ):
        # Both networks keep their own precision: L* in bfloat16 would be too coarse.
        super().__init__(dtype="float32", **kwargs)
        self.generator = generator
        self.discriminator = discriminator
        self.to_ab = to_ab or (lambda outputs, lightness: outputs["ab"])
        self.to_shown = to_shown or self.to_ab
        self.label_smoothing = label_smoothing
        self.perceptual = perceptual
        self.distillation = distillation
        self.phase = RECONSTRUCTION
        self.error = keras.metrics.MeanSquaredError("mse")
        self.judgements = [keras.metrics.Mean(name) for name in _JUDGEMENTS]
        self.made = [Colorfulness(), Diversity()]
        self.true = [Colorfulness("true_colorfulness"), Diversity("true_diversity")]
        self.built = True

    @property
    def parts(self):
        """The networks that are trained, each compiled."""
        return self.generator, self.discriminator

    def compile(self, generator_optimizer, discriminator_optimizer, loss, weight=100.0):
        """Configures both sides.

        Args:
            generator_optimizer: optimizer of the generator.
            discriminator_optimizer: optimizer of the discriminator.
            loss: reconstruction loss on `"ab"`, scaled to [0, 1].
            weight: the paper's lambda.
        """
        self.generator.compile(generator_optimizer)
        self.discriminator.compile(discriminator_optimizer)
        super().compile(generator_optimizer, loss={"ab": loss}, loss_weights={"ab": weight})
        # Built now, or a resumed run would lose their state without a word.
        for part in self.parts:
            part.optimizer.build(part.trainable_variables)

    def call(self, lightness, training=False):
        """Colorizes L* (N, H, W, 1); see the class."""
        return {"ab": self._made(self.generator(lightness, training=training), lightness)}

    def train_step(self, data):
        """One step of the generator and, in the adversarial phase, of the discriminator.

        Args:
            data: `(lightness, {"ab": truth})`, a and b scaled to [0, 1] at any size, see
                `keras_colorize.data.Targets`.

        Returns:
            dict of losses; in replicas of a strategy, they sum up to those of the batch.
        """
        lightness, targets = data[:2]
        if self.phase == RECONSTRUCTION:
            return self._reconstruct(lightness, targets["ab"])
        return self._compete(lightness, targets["ab"])

    def _reconstruct(self, lightness, truth):
        with tf.GradientTape() as tape:
            losses, _ = self._generate(lightness, truth)
            loss = sum(losses.values())
        self._descend(self.generator, tape, loss)
        # Tables of epochs take their columns from the first one.
        absent = dict.fromkeys(("adversarial_loss", *_JUDGEMENTS), tf.constant(float("nan")))
        return {"loss": loss, **losses, **absent}

    def _compete(self, lightness, truth):
        with tf.GradientTape(persistent=True) as tape:
            losses, made = self._generate(lightness, truth)
            fake = self.judge(lightness, made, training=True)
            real = self.judge(lightness, _fit(truth, made), training=True)
            losses["adversarial_loss"] = share(generator_adversarial_loss(fake))
            loss = sum(losses.values())
            judgement = share(discriminator_loss(real, fake, self.label_smoothing))
        self._descend(self.generator, tape, loss)
        self._descend(self.discriminator, tape, judgement)
        verdicts = judgement, share(_accuracy(real, fake))
        return {"loss": loss, **losses, **dict(zip(_JUDGEMENTS, verdicts, strict=True))}

    def judge(self, lightness, ab, training=False):
        """The discriminator's logits, (N, 1).

        Args:
            lightness: L* in 0..100, (N, H, W, 1).
            ab: a and b scaled to [0, 1], (N, h, w, 2).
            training: as for any layer.
        """
        seen = {"lightness": _fit(lightness, ab), "ab": ab}
        return self.discriminator(seen, training=training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """Metrics of validation: the error, and what a collapse shows in.

        Returns:
            dict; `mse` is that of ab scaled to [0, 1], `colorfulness` and `diversity` are shares
            of those of the true colors.
        """
        made = y_pred["ab"]
        truth = _fit(y["ab"], made)
        self.error.update_state(truth, made)
        real, fake = (self.judge(x, ab) for ab in (truth, made))
        values = discriminator_loss(real, fake, self.label_smoothing), _accuracy(real, fake)
        for metric, value in zip(self.judgements, values, strict=True):
            metric.update_state(value, ops.shape(x)[0])
        _update(self.made, x, made)
        _update(self.true, x, truth)
        logs = super().compute_metrics(x, y, y_pred, sample_weight)
        for metric, truth in zip(self.made, self.true, strict=True):
            logs[metric.name] = ops.divide_no_nan(logs[metric.name], logs.pop(truth.name))
        return logs

    def compute_loss(self, x, y, y_pred, sample_weight=None, training=True):
        """The reconstruction loss, at the size of the generated color."""
        truth = {"ab": _fit(y["ab"], y_pred["ab"])}
        return super().compute_loss(x, truth, y_pred, sample_weight, training)

    def _generate(self, lightness, truth):
        """Returns the generator's own losses by name, and the ab that it made."""
        outputs = self.generator(lightness, training=True)
        made = self._made(outputs, lightness)
        # Keras divides by the number of replicas here.
        losses = {"reconstruction_loss": self.compute_loss(lightness, {"ab": truth}, {"ab": made})}
        if self.perceptual:
            shown = ops.cast(self.to_shown(outputs, lightness), "float32")
            losses["perceptual_loss"] = share(self.perceptual(lightness, truth, shown))
        if self.distillation:
            losses["distillation_loss"] = share(self.distillation(lightness, truth, outputs))
        return losses, made

    def _made(self, outputs, lightness):
        return ops.cast(self.to_ab(outputs, lightness), "float32")

    def _descend(self, part, tape, loss):
        variables = part.trainable_variables
        descend(part.optimizer, tape.gradient(loss, variables), variables)


class TwoPhases(keras.callbacks.Callback):
    """Starts with the reconstruction loss alone, and sets the discriminator to work later.

    Args:
        epochs: epochs of the first phase.
    """

    def __init__(self, epochs):
        super().__init__()
        self.epochs = epochs

    def on_epoch_begin(self, epoch, logs=None):
        """Chooses the phase."""
        self.model.phase = RECONSTRUCTION if epoch < self.epochs else ADVERSARIAL


def _accuracy(real, fake):
    right = ops.concatenate([real > 0, fake < 0])
    return ops.mean(ops.cast(right, "float32"))


def _update(metrics, lightness, ab):
    colorfulness, diversity = metrics
    ab = unscale_ab(ab)
    lab = ops.concatenate([_fit(lightness, ab), ab], axis=-1)
    colorfulness.update_state(None, ops.clip(lab_to_rgb(lab), 0.0, 1.0))
    diversity.update_state(None, ab)


def _fit(x, ab):
    if x.shape[1:3] == ab.shape[1:3]:
        return x
    return ops.image.resize(x, ops.shape(ab)[1:3], antialias=True)
