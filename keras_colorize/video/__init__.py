"""Videos: colorized frame by frame with colors that hold still, everything else copied."""

from keras_colorize.video.reader import VideoError
from keras_colorize.video.run import Outcome, colorize_video
from keras_colorize.video.steady import SteadyColors, is_cut

__all__ = ["Outcome", "SteadyColors", "VideoError", "colorize_video", "is_cut"]
