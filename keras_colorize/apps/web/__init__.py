"""A page in the browser: photographs in, colorized photographs out, on this machine alone."""

from .server import serve
from .sessions import Limits

__all__ = ["Limits", "serve"]
