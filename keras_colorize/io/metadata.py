"""Reads what a picture carries beside its pixels, cleaned of what upright pixels make wrong."""

import contextlib
import struct

from PIL import ExifTags, Image

from keras_colorize.io.photograph import Metadata
from keras_colorize.io.xmp import DamagedXMPError, without_orientation

EXIF_HEADER = b"Exif\0\0"
_ORIENTATION = ExifTags.Base.Orientation.value
_SHORT = 3
# Tags of a TIFF that describe the photograph; the others describe how its pixels are stored.
_DESCRIPTIVE_TAGS = (
    ExifTags.Base.ImageDescription,
    ExifTags.Base.Make,
    ExifTags.Base.Model,
    ExifTags.Base.Software,
    ExifTags.Base.DateTime,
    ExifTags.Base.Artist,
    ExifTags.Base.HostComputer,
    ExifTags.Base.Copyright,
    ExifTags.Base.XPTitle,
    ExifTags.Base.XPComment,
    ExifTags.Base.XPAuthor,
    ExifTags.Base.XPKeywords,
    ExifTags.Base.XPSubject,
    ExifTags.Base.Rating,
)
_FAULTS = (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error, EOFError)


def read_metadata(image):
    """Collects the metadata of a decoded picture.

    Args:
        image: Pillow image whose pixels were read.

    Returns:
        Metadata, the EXIF orientation (1 to 8) that its pixels still need, and a tuple of notes.
    """
    notes = []
    exif, orientation = None, 1
    try:
        orientation = int(image.getexif().get(_ORIENTATION, 1))
        exif = _exif_block(image)
    except _FAULTS as fault:
        notes.append(f"the EXIF block is damaged ({fault}) and was left out")
    xmp = _xmp(image, notes)
    metadata = Metadata(exif, xmp, _dpi(image), _text(image), bool(image.info.get("icc_profile")))
    return metadata, orientation if 1 <= orientation <= 8 else 1, tuple(notes)


def upright_exif(block):
    """Sets the orientation of an EXIF block to 1 and unlinks its thumbnail, in place of bytes.

    The thumbnail shows the picture as it was before: a file browser would go on showing it. All
    other bytes stay where they are, because maker notes hold offsets into the block.

    Args:
        block: EXIF block as bytes, with or without its six-byte `Exif` header.

    Returns:
        EXIF block as bytes, with the header.

    Raises:
        struct.error, ValueError: if the block is damaged.
    """
    tiff = bytearray(block.removeprefix(EXIF_HEADER))
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        raise ValueError(f"expected II or MM at its start, got {bytes(tiff[:2])!r}")
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(order + "H", tiff, entry)
        if tag == _ORIENTATION:
            struct.pack_into(order + "HIHH", tiff, entry + 2, _SHORT, 1, 1, 0)
    with contextlib.suppress(struct.error):
        # Some writers leave out the link to the next directory.
        struct.pack_into(order + "I", tiff, directory + 2 + 12 * count, 0)
    return EXIF_HEADER + bytes(tiff)


def descriptive_fields(exif):
    """Picks what describes the photograph from an EXIF block or the tags of a TIFF.

    Args:
        exif: Pillow's Exif.

    Returns:
        dict from tag to value; the value of an EXIF or GPS directory is a dict itself.
    """
    fields = {tag.value: exif[tag] for tag in _DESCRIPTIVE_TAGS if tag in exif}
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        values = dict(exif.get_ifd(directory))
        values.pop(ExifTags.IFD.Interop, None)  # an offset into the old file
        if values:
            fields[directory.value] = values
    return fields


def _exif_block(image):
    if image.info.get("exif"):
        return upright_exif(image.info["exif"])
    fields, kept = descriptive_fields(image.getexif()), Image.Exif()
    for tag, value in fields.items():
        if isinstance(value, dict):
            kept.get_ifd(tag).update(value)
        else:
            kept[tag] = value
    return kept.tobytes() if fields else None


def _xmp(image, notes):
    packet = image.info.get("xmp")
    if not packet:
        return None
    packet = packet.encode() if isinstance(packet, str) else bytes(packet)
    try:
        return without_orientation(packet)
    except DamagedXMPError as fault:
        notes.append(f"the XMP packet is damaged and was left out: {fault}")
        return None


def _dpi(image):
    try:
        horizontal, vertical = (float(value) for value in image.info["dpi"])
    except (KeyError, TypeError, ValueError, ZeroDivisionError):
        return None
    plausible = 1 < horizontal < 1e5 and 1 < vertical < 1e5
    return (horizontal, vertical) if plausible else None


def _text(image):
    # Raw profiles are EXIF and IPTC blocks in disguise, with the old orientation in them.
    fields = {
        key: str(value)
        for key, value in (getattr(image, "text", None) or {}).items()
        if key != "XML:com.adobe.xmp" and not key.startswith("Raw profile type")
    }
    comment = image.info.get("comment")
    if isinstance(comment, bytes):
        fields["Comment"] = _decode(comment)
    return fields


def _decode(comment):
    try:
        return comment.decode("utf-8")
    except UnicodeDecodeError:
        return comment.decode("latin-1")
