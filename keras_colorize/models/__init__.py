"""The networks: one paper, one file, one factory that returns a Functional model.

Every factory raises ValueError for an argument out of its range, or two that exclude each other.
"""

from .dcgan import dcgan_discriminator, dcgan_generator
from .ddcolor import ddcolor
from .distribution_unet import distribution_unet
from .eccv16 import eccv16
from .encoders import freeze_through
from .folding import fold_batch_norm
from .iizuka16 import iizuka16, split_style
from .resnet18 import resnet18_gray_classifier, take_encoder
from .resnet18_gray import resnet18_gray
from .siggraph17 import siggraph17
from .vgg16_residual_encoder import vgg16_residual_encoder

__all__ = [
    "dcgan_discriminator",
    "dcgan_generator",
    "ddcolor",
    "distribution_unet",
    "eccv16",
    "fold_batch_norm",
    "freeze_through",
    "iizuka16",
    "resnet18_gray",
    "resnet18_gray_classifier",
    "siggraph17",
    "split_style",
    "take_encoder",
    "vgg16_residual_encoder",
]
