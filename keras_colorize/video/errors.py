"""What can go wrong with a video, in words for people."""


class VideoError(Exception):
    """A video that cannot be read or written; the message is meant for people."""


def load_av():
    """Imports PyAV.

    Returns:
        The module `av`.

    Raises:
        VideoError: if it is not installed.
    """
    try:
        import av
    except ImportError as error:
        raise VideoError(
            "Expected the package av (PyAV) for videos: pip install keras-colorize[video]."
        ) from error
    return av
