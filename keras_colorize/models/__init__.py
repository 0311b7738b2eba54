"""The networks: one paper, one file, one factory that returns a Functional model."""

from keras_colorize.models.distribution_unet import distribution_unet
from keras_colorize.models.encoders import freeze_through
from keras_colorize.models.folding import fold_batch_norm
from keras_colorize.models.iizuka16 import iizuka16, split_style

__all__ = ["distribution_unet", "fold_batch_norm", "freeze_through", "iizuka16", "split_style"]
