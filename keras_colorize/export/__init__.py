"""Networks for other programs: SavedModels for TensorFlow Serving, ONNX and LiteRT."""

from .formats import export_litert, export_onnx
from .saved_model import export_saved_model, read_exported

__all__ = ["export_litert", "export_onnx", "export_saved_model", "read_exported"]
