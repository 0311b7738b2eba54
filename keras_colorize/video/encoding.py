"""How pictures are encoded: codecs, their quality, pixel formats, containers."""

import dataclasses
from pathlib import Path

from keras_colorize.video.errors import VideoError, load_av

CONTAINERS = {".mp4": "mp4", ".m4v": "mp4", ".mov": "mov", ".mkv": "matroska", ".webm": "webm"}
"""Formats of files by suffix; all hold variable frame rates."""

CODECS = {"libx264": 16, "libx265": 18, "libvpx-vp9": 20, "libsvtav1": 20, "ffv1": None}
"""Codecs and their default CRF, at which a loss is hard to see; lower is better and larger."""

_DEFAULT_CODECS = {".webm": "libvpx-vp9"}
_LOSSLESS = "ffv1"
_EVEN_SIDES = ("libx264", "libx265")
_LOSSLESS_FORMATS = {8: "bgr0", 10: "gbrp10le", 12: "gbrp12le", 16: "gbrp16le"}
_QUIET = {"libx265": {"x265-params": "log-level=error"}, "libvpx-vp9": {"row-mt": "1"}}


@dataclasses.dataclass(frozen=True)
class Encoding:
    """A codec with its options.

    Attributes:
        codec: name that FFmpeg has for the encoder.
        pix_fmt: name of the pixel format.
        options: options of the encoder, text by name.
    """

    codec: str
    pix_fmt: str
    options: dict


def container_of(target):
    """The format of a file, by its suffix.

    Args:
        target: path of the output.

    Returns:
        Name that FFmpeg has for it.

    Raises:
        ValueError: for another suffix.
    """
    suffix = Path(target).suffix.lower()
    if suffix not in CONTAINERS:
        known = ", ".join(CONTAINERS)
        raise ValueError(
            f"{target}: expected an output in {known}, or a folder (name/) for single frames."
        )
    return CONTAINERS[suffix]


def choose_encoding(source, target, *, codec=None, crf=None, lossless=False, options=None):
    """Chooses what suits a video.

    Chroma is kept for every second pixel and row (4:2:0): the network predicts it far coarser,
    and every player knows it. Odd sides need it for every pixel in H.264 and H.265, and
    interlaced rows need it for every row, lest the two fields mix. A video of more than 8 bits
    stays so where the codec can. Lossless frames are RGB: what was composed, to the last bit.

    Args:
        source: a `Source`.
        target: path of the output.
        codec: one of `CODECS`; None for libx264, in .webm for libvpx-vp9.
        crf: constant rate factor; None for the default of the codec.
        lossless: whether nothing may be lost, which takes ffv1.
        options: further options of the encoder, text by name.

    Returns:
        An `Encoding`.

    Raises:
        ValueError: for an unknown codec, one that is not installed, or options at odds.
    """
    if lossless and (codec not in (None, _LOSSLESS) or crf is not None):
        raise ValueError(f"Expected no other codec and no CRF where lossless ({_LOSSLESS}).")
    default = _DEFAULT_CODECS.get(Path(target).suffix.lower(), "libx264")
    codec = _LOSSLESS if lossless else codec or default
    if codec not in CODECS:
        raise ValueError(f"Expected a codec among {', '.join(CODECS)}, received {codec!r}.")
    crf = CODECS[codec] if crf is None else crf
    if crf is not None and codec == _LOSSLESS:
        raise ValueError(f"Expected no CRF for {codec}, which loses nothing.")
    quality = {} if crf is None else {"crf": f"{crf:g}"}
    options = {**_QUIET.get(codec, {}), **quality, **_fields(source, codec), **(options or {})}
    return Encoding(codec, _pixel_format(source, codec), options)


def add_stream(container, source, encoding):
    """Adds the stream of the pictures to an output.

    Args:
        container: a PyAV container to write.
        source: the `Source`.
        encoding: the `Encoding`.

    Returns:
        The stream.

    Raises:
        ValueError: if the container cannot hold the codec.
    """
    rate = source.rate.limit_denominator(1 << 30)
    # PyAV takes known options out of the dict.
    stream = container.add_stream(encoding.codec, rate=rate, options=dict(encoding.options))
    context = stream.codec_context
    context.width, context.height = source.width, source.height
    context.pix_fmt, context.time_base = encoding.pix_fmt, source.time_base
    context.color_primaries, context.color_trc = source.primaries, source.transfer
    if not load_av().VideoFormat(encoding.pix_fmt).is_rgb:
        context.colorspace, context.color_range = source.matrix, source.color_range
    if source.aspect:
        context.sample_aspect_ratio = source.aspect
    if source.display_matrix:
        stream.set_display_matrix(source.display_matrix)
    return stream


def _fields(source, codec):
    fields = source.interlaced and codec == "libx264"
    return {"flags": "+ildct+ilme"} if fields else {}


def _pixel_format(source, codec):
    depth = next(bits for bits in (8, 10, 12, 16) if bits >= min(source.depth, 16))
    if codec == _LOSSLESS:
        return _LOSSLESS_FORMATS[depth]
    known = _known_formats(codec)
    chroma = "420"
    if codec in _EVEN_SIDES and (source.width % 2 or source.height % 2):
        chroma = "444"
    elif source.interlaced and "yuv422p" in known:
        chroma = "422"
    names = {8: f"yuv{chroma}p", 10: f"yuv{chroma}p10le", 12: f"yuv{chroma}p12le"}
    held = [bits for bits in names if names[bits] in known]
    return names[min((bits for bits in held if bits >= depth), default=max(held))]


def _known_formats(codec):
    av = load_av()
    try:
        return {one.name for one in av.Codec(codec, "w").video_formats}
    except ValueError as error:
        raise VideoError(f"Expected PyAV with the encoder {codec}; it has none.") from error
