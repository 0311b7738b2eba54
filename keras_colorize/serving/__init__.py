"""Client of TensorFlow Serving for the networks that `keras_colorize.export` writes."""

from keras_colorize.serving.client import Client
from keras_colorize.serving.failures import PicturesRefusedError, ServerError
from keras_colorize.serving.remote import RemoteColorizer
from keras_colorize.serving.retry import Retry

__all__ = ["Client", "PicturesRefusedError", "RemoteColorizer", "Retry", "ServerError"]
