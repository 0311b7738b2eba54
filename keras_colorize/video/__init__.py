"""Videos: colorized frame by frame with colors that hold still, everything else copied."""

import importlib.util

if importlib.util.find_spec("av") is None:
    raise ImportError("Expected the package av (PyAV): pip install keras-colorize[video].")

from .reader import Excerpt, VideoError
from .run import Outcome, colorize_video
from .steady import SteadyColors, is_cut

__all__ = ["Excerpt", "Outcome", "SteadyColors", "VideoError", "colorize_video", "is_cut"]
