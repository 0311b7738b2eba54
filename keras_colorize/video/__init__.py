"""Videos: colorized frame by frame with colors that hold still, everything else copied."""

from keras_colorize.errors import extra_import

with extra_import("video"):
    from .reader import Excerpt, VideoError
    from .run import Outcome, colorize_video
    from .steady import SteadyColors, is_cut

__all__ = ["Excerpt", "Outcome", "SteadyColors", "VideoError", "colorize_video", "is_cut"]
