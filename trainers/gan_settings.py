"""Settings of the trainers that have a discriminator."""

import dataclasses

import keras

from keras_colorize.errors import expect, field
from keras_colorize.training import TrainingConfig
from keras_colorize.training.run_config import ABOVE_0, FROM_0, SCHEDULES


@dataclasses.dataclass(frozen=True)
class AdversarialConfig(TrainingConfig):
    """Settings of an adversarial run; those of `TrainingConfig` are the generator's."""

    reconstruction: str = field("mse", ("l1", "mse"), "l1 or mse, the loss of the colors.")
    reconstruction_weight: float = field(100.0, FROM_0, "Lambda of eq. 6, for ab in [-1, 1].")
    label_smoothing: float = field(0.0, (0, 0.499), "How far labels of true colors are below 1.")
    pretrain_epochs: int = field(0, FROM_0, "Epochs on the loss of the colors alone.")
    discriminator_learning_rate: float = field(2e-4, ABOVE_0, "The discriminator's highest rate.")
    discriminator_schedule: str = field("constant", SCHEDULES, "As --schedule.")
    perceptual_weight: float = field(0.0, FROM_0, "Factor on the perceptual loss.")
    perceptual_logits: float = field(0.0, FROM_0, "Weight of class logits in it beside features.")
    distillation_weight: float = field(
        0.0, FROM_0, "Factor on the encoder's distance to its teacher."
    )

    def __post_init__(self):
        super().__post_init__()
        own = self.pretrain_epochs
        expect(own <= self.epochs, f"pretrain_epochs to be 0 to {self.epochs}, received {own}")

    def reconstruction_loss(self):
        """The loss of the colors, a Keras loss, and its weight for ab in [0, 1]."""
        if self.reconstruction == "l1":
            return keras.losses.MeanAbsoluteError(), 2.0 * self.reconstruction_weight
        return keras.losses.MeanSquaredError(), 4.0 * self.reconstruction_weight

    def discriminator(self):
        """The settings of the discriminator's optimizer."""
        return dataclasses.replace(
            self,
            epochs=max(1, self.epochs - self.pretrain_epochs),
            pretrain_epochs=0,
            learning_rate=self.discriminator_learning_rate,
            schedule=self.discriminator_schedule,
            ema_momentum=None,
        )
