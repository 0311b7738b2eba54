"""Client of TensorFlow Serving for the networks that `keras_colorize.export` writes."""

from keras_colorize.serving.client import Client, RemoteColorizer, ServerError

__all__ = ["Client", "RemoteColorizer", "ServerError"]
