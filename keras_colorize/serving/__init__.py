"""Client of TensorFlow Serving for the networks that `keras_colorize.export` writes."""

from .client import Client, RemoteColorizer, ServerError

__all__ = ["Client", "RemoteColorizer", "ServerError"]
