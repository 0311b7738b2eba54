"""What a picture carries beside its pixels: read, cleaned, and marked as colorized.

ISO 16684-1 describes the XMP packet, the IPTC Photo Metadata Standard the mark in it.
"""

import contextlib
import struct
from xml.dom import minidom
from xml.parsers import expat

from PIL import ExifTags, Image

from .photograph import Metadata

MADE_COLORS = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_END = '<?xpacket end="w"?>'
_SPACES = {"rdf": _RDF, "Iptc4xmpExt": IPTC_EXTENSION, "colorize": "urn:keras-colorize:xmp:1.0#"}
_EMPTY = f'{_BEGIN}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"/>'
_EMPTY += f"</x:xmpmeta>{_END}"
EXIF_HEADER = b"Exif\0\0"
_ORIENTATION = ExifTags.Base.Orientation.value
# Tags of a TIFF that describe the photograph; the others describe how its pixels are stored.
_DESCRIPTIVE_NAMES = (
    "ImageDescription Make Model Software DateTime Artist HostComputer Copyright "
    "XPTitle XPComment XPAuthor XPKeywords XPSubject Rating"
)
_FAULTS = (OSError, SyntaxError, ValueError, LookupError, TypeError, struct.error, EOFError)


class DamagedXMPError(Exception):
    """An XMP packet that cannot be parsed, or that no honest writer makes."""


def read_metadata(image):
    """The `Metadata` of a decoded Pillow image, the EXIF orientation (1..8) to apply, and notes."""
    notes, info = [], image.info
    exif, orientation = None, 1
    try:
        tags = image.getexif()
        orientation = int(tags.get(_ORIENTATION, 1))
        if info.get("exif"):
            exif = upright_exif(info["exif"])
        elif tags and (fields := descriptive_fields(tags)):
            kept = Image.Exif()
            for tag, value in fields.items():
                if isinstance(value, dict):
                    kept.get_ifd(tag).update(value)
                else:
                    kept[tag] = value
            exif = kept.tobytes()
    except _FAULTS as fault:
        notes.append(f"the EXIF block is damaged ({fault}) and was left out")
    xmp = info.get("xmp") or None
    try:
        xmp = xmp and (xmp.encode() if isinstance(xmp, str) else bytes(xmp))
        if xmp and b"Orientation" in xmp:
            document, rdf = _parse(xmp)
            _remove_property(rdf, _TIFF, "Orientation")
            xmp = _serialize(document)
    except DamagedXMPError as fault:
        xmp = None
        notes.append(f"the XMP packet is damaged and was left out: {fault}")
    try:
        dpi = tuple(float(value) for value in info.get("dpi", ()))
        dpi = dpi if len(dpi) == 2 and all(1 < value < 1e5 for value in dpi) else None
    except (TypeError, ValueError, ZeroDivisionError):
        dpi = None
    # Raw profiles are EXIF and IPTC blocks in disguise, with the old orientation in them.
    text = {
        key: str(value)
        for key, value in (getattr(image, "text", None) or {}).items()
        if not key.startswith(("XML:com.adobe.xmp", "Raw profile type"))
    }
    if isinstance(comment := info.get("comment"), bytes):
        try:
            text["Comment"] = comment.decode("utf-8")
        except UnicodeDecodeError:
            text["Comment"] = comment.decode("latin-1")
    metadata = Metadata(exif, xmp, dpi, text, bool(info.get("icc_profile")))
    return metadata, orientation if 1 <= orientation <= 8 else 1, tuple(notes)


def upright_exif(block):
    """EXIF block, with header, with orientation 1 and without its thumbnail of the old picture.

    All other bytes stay in place, because maker notes hold offsets. Raises struct.error or
    ValueError if the block is damaged.
    """
    tiff = bytearray(block.removeprefix(EXIF_HEADER))
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        raise ValueError(f"expected II or MM at its start, received {bytes(tiff[:2])!r}")
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, directory)
    for entry in range(directory + 2, directory + 2 + 12 * count, 12):
        (tag,) = struct.unpack_from(order + "H", tiff, entry)
        if tag == _ORIENTATION:
            struct.pack_into(order + "HIHH", tiff, entry + 2, 3, 1, 1, 0)
    with contextlib.suppress(struct.error):
        # Some writers leave out the link to the next directory.
        struct.pack_into(order + "I", tiff, directory + 2 + 12 * count, 0)
    return EXIF_HEADER + bytes(tiff)


def descriptive_fields(exif):
    """Tags that describe the photograph, by number, of Pillow's Exif; directories are dicts."""
    tags = [ExifTags.Base[name].value for name in _DESCRIPTIVE_NAMES.split()]
    fields = {tag: exif[tag] for tag in tags if tag in exif}
    for directory in (ExifTags.IFD.Exif, ExifTags.IFD.GPSInfo):
        values = dict(exif.get_ifd(directory))
        values.pop(ExifTags.IFD.Interop, None)  # an offset into the old file
        if values:
            fields[directory.value] = values
    return fields


def mark_made_colors(packet, how=()):
    """XMP packet that says (`Iptc4xmpExt:DigitalSourceType`) that colors were made; all else stays.

    `how` is a dict of further properties, text by name: of `Iptc4xmpExt` such as `AISystemUsed`, or
    of this library's own namespace, `colorize`. Raises DamagedXMPError for a packet (bytes or None)
    that is not XMP, or declares a document type.
    """
    document, rdf = _parse(packet or _EMPTY.encode())
    properties = {"Iptc4xmpExt:DigitalSourceType": MADE_COLORS, **dict(how)}
    spaces = "".join(f' xmlns:{name}="{space}"' for name, space in _SPACES.items())
    mark = minidom.parseString(f"<rdf:Description{spaces}/>").documentElement
    about = ""
    for name, text in properties.items():
        space, local = name.split(":")
        about = _remove_property(rdf, _SPACES[space], local) or about
        element = mark.ownerDocument.createElementNS(_SPACES[space], name)
        element.appendChild(mark.ownerDocument.createTextNode(text))
        mark.appendChild(element)
    mark.setAttributeNS(_RDF, "rdf:about", about)
    rdf.appendChild(document.importNode(mark, True))
    return _serialize(document)


def _parse(packet):
    def refuse(*_):
        # A document type can define entities that grow without bound: XMP never needs one.
        raise DamagedXMPError("Expected an XMP packet, received a document type declaration.")

    packet = packet.strip(b"\0 \r\n\t")
    checker = expat.ParserCreate()
    checker.StartDoctypeDeclHandler = refuse
    try:
        checker.Parse(packet, True)
        document = minidom.parseString(packet)
    except (expat.ExpatError, ValueError, LookupError) as fault:
        what = f"Expected an XMP packet, received XML that fails: {fault}."
        raise DamagedXMPError(what) from fault
    if found := document.getElementsByTagNameNS(_RDF, "RDF"):
        return document, found[0]
    raise DamagedXMPError("Expected an XMP packet, received XML without rdf:RDF.")


def _remove_property(rdf, namespace, name):
    """Removes a property in both of its spellings; returns what the packet is about."""
    about = ""
    for description in rdf.getElementsByTagNameNS(_RDF, "Description"):
        if description.parentNode is not rdf:
            continue
        about = about or description.getAttributeNS(_RDF, "about")
        if description.hasAttributeNS(namespace, name):
            description.removeAttributeNS(namespace, name)
        for child in list(description.childNodes):
            if (child.namespaceURI, child.localName) == (namespace, name):
                description.removeChild(child)
        elements = any(child.nodeType == child.ELEMENT_NODE for child in description.childNodes)
        spaces = {attribute.namespaceURI for attribute in description.attributes.values()}
        if not elements and spaces <= {_XMLNS, _RDF}:
            rdf.removeChild(description)
    return about


def _serialize(document):
    body = "".join(node.toxml() for node in document.childNodes)
    return (body if "<?xpacket" in body else f"{_BEGIN}{body}{_END}").encode()
