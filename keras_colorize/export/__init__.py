"""Networks for other programs: SavedModels for TensorFlow Serving, ONNX and LiteRT; a client."""

from keras_colorize.export.client import Client
from keras_colorize.export.failures import PicturesRefusedError, ServerError
from keras_colorize.export.formats import export_litert, export_onnx
from keras_colorize.export.remote import RemoteColorizer
from keras_colorize.export.retry import Retry
from keras_colorize.export.saved_model import export_saved_model

__all__ = [
    "Client",
    "PicturesRefusedError",
    "RemoteColorizer",
    "Retry",
    "ServerError",
    "export_litert",
    "export_onnx",
    "export_saved_model",
]
