"""What a picture carries beside its pixels: read, cleaned, and marked as colorized.

ISO 16684-1 describes the XMP packet, the IPTC Photo Metadata Standard the mark in it. Captions of
IPTC-IIM lie among the image resources of Photoshop, or in a field of their own.
"""

import contextlib
import struct
from xml.dom import minidom
from xml.parsers import expat

from PIL import ExifTags, Image

from .atomic import write_file
from .photograph import Metadata

MADE_COLORS = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
# Properties of the file that was read, whose pixels may lie on their side.
_STORED = {"Orientation": _TIFF, "ImageWidth": _TIFF, "ImageLength": _TIFF}
_STORED |= {"PixelXDimension": _EXIF, "PixelYDimension": _EXIF}
_XMLNS = "http://www.w3.org/2000/xmlns/"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_END = '<?xpacket end="w"?>'
_SPACES = {"rdf": _RDF, "Iptc4xmpExt": IPTC_EXTENSION, "colorize": "urn:keras-colorize:xmp:1.0#"}
_EMPTY = f'{_BEGIN}<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"/>'
_EMPTY += f"</x:xmpmeta>{_END}"
EXIF_HEADER = b"Exif\0\0"
_ORIENTATION, _EXIF_DIRECTORY = ExifTags.Base.Orientation.value, ExifTags.IFD.Exif.value
# ImageWidth, ImageLength, PixelXDimension, PixelYDimension.
_SIZES = (256, 257, 40962, 40963)
IPTC_TAG, _IPTC_RESOURCE = 33723, 0x0404
# Tags of a TIFF that describe the photograph; the others describe how its pixels are stored.
_DESCRIPTIVE_NAMES = (
    "ImageDescription DocumentName PageName Make Model Software DateTime Artist HostComputer "
    "Copyright XPTitle XPComment XPAuthor XPKeywords XPSubject Rating"
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
        xmp = xmp and _upright_xmp(xmp)
    except DamagedXMPError as fault:
        xmp = None
        notes.append(f"the XMP packet is damaged and was left out: {fault}")
    try:
        dpi = tuple(float(value) for value in info.get("dpi", ()))
        dpi = dpi if len(dpi) == 2 and all(1 < value < 1e5 for value in dpi) else None
    except (TypeError, ValueError, ZeroDivisionError):
        dpi = None
    text = {key: str(value) for key, value in (getattr(image, "text", None) or {}).items()}
    text.pop("XML:com.adobe.xmp", None)
    iptc, more = _captions(image, text)
    notes += more
    if isinstance(comment := info.get("comment"), bytes):
        try:
            text["Comment"] = comment.decode("utf-8")
        except UnicodeDecodeError:
            text["Comment"] = comment.decode("latin-1")
    metadata = Metadata(exif, xmp, dpi, text, bool(info.get("icc_profile")), iptc)
    return metadata, orientation if 1 <= orientation <= 8 else 1, tuple(notes)


def _captions(image, text):
    """The IPTC-IIM block of a Pillow image or None, and notes; takes blocks out of a PNG's text."""
    notes, blocks = [], [image.info.get("photoshop", {}).get(_IPTC_RESOURCE)]
    # The bytes as they lie in a TIFF: some writers call them words, of which Pillow takes one.
    stored = getattr(getattr(image, "tag_v2", None), "_tagdata", {}).get(IPTC_TAG, b"")
    words = len(stored) // 4
    blocks += [stored, struct.pack(f"<{words}I", *struct.unpack_from(f">{words}I", stored))]
    for key in [key for key in text if key.startswith("Raw profile type ")]:
        block = text.pop(key)
        if key.endswith((" iptc", " 8bim")):
            try:
                blocks.append(bytes.fromhex(block.split(None, 2)[2]))
            except (ValueError, IndexError):
                blocks.append(b"damaged")
        elif not key.endswith(" exif"):
            notes.append(f"the text {key!r} holds a block that is not kept")
    for block in filter(None, blocks):
        # A PNG has it among image resources of Photoshop: name and content have even lengths.
        _, found, resource = block.partition(b"8BIM\4\4")
        if found:
            start = int.from_bytes(resource[:1]) // 2 * 2 + 6
            size = int.from_bytes(resource[start - 4 : start])
            block = resource[start : start + size]
        if block[:1] == b"\x1c":
            return block, notes
    if any(blocks):
        notes.append("the captions of IPTC are damaged and were left out")
    return None, notes


def photoshop_resource(iptc):
    """An IPTC-IIM block as the image resource of Photoshop that JPEG and PNG keep."""
    header = struct.pack(">4sHHI", b"8BIM", _IPTC_RESOURCE, 0, len(iptc))
    return header + iptc + bytes(len(iptc) % 2)


def sidecars(path):
    """Paths that the XMP sidecar of a photograph may have: Lightroom's form, and darktable's."""
    ends = (".xmp", ".XMP")
    return [*map(path.with_suffix, ends), *(path.with_name(path.name + end) for end in ends)]


def copy_sidecars(source, target, overwrite=False):
    """Copies the XMP sidecars of a photograph to its copy, which is upright; returns notes.

    Raises PhotographError as `write_file`, but not where the same is there already.
    """
    notes = []
    for mine, path in zip(sidecars(source), sidecars(target), strict=True):
        if mine.is_file() and not (path.exists() and path.samefile(mine)):
            content = mine.read_bytes()
            try:
                content = _upright_xmp(content)
            except DamagedXMPError:
                notes.append(f"{mine.name} is damaged and was copied as it is")
            if overwrite or not (path.is_file() and path.read_bytes() == content):
                write_file(path, content, overwrite)
    return notes


def upright_exif(block, size=()):
    """EXIF block, with header, with orientation 1 and without its thumbnail of the old picture.

    Where it says width and height, these become those of `size`. All other bytes stay in place,
    because maker notes hold offsets. Raises struct.error or ValueError if the block is damaged.
    """
    tiff = bytearray(block.removeprefix(EXIF_HEADER))
    order = {b"II": "<", b"MM": ">"}.get(bytes(tiff[:2]))
    if order is None:
        raise ValueError(f"expected II or MM at its start, received {bytes(tiff[:2])!r}")
    (directory,) = struct.unpack_from(order + "I", tiff, 4)
    (count,) = struct.unpack_from(order + "H", tiff, directory)
    end = directory + 2 + 12 * count
    entries, sizes = list(range(directory + 2, end, 12)), dict(zip(_SIZES, size * 2, strict=False))
    for entry in entries[:]:
        tag, _, _, value = struct.unpack_from(order + "HHII", tiff, entry)
        if tag == _ORIENTATION:
            struct.pack_into(order + "HIHH", tiff, entry + 2, 3, 1, 1, 0)
        elif tag == _EXIF_DIRECTORY and size:
            (count,) = struct.unpack_from(order + "H", tiff, value)
            entries += range(value + 2, value + 2 + 12 * count, 12)
    for entry in entries:
        (tag,) = struct.unpack_from(order + "H", tiff, entry)
        if tag in sizes:
            struct.pack_into(order + "HII", tiff, entry + 2, 4, 1, sizes[tag])
    with contextlib.suppress(struct.error):
        # Some writers leave out the link to the next directory.
        struct.pack_into(order + "I", tiff, end, 0)
    return EXIF_HEADER + bytes(tiff)


def _upright_xmp(packet):
    if not any(name.encode() in packet for name in _STORED):
        return packet
    document, rdf = _parse(packet)
    for name, namespace in _STORED.items():
        _remove_property(rdf, namespace, name)
    return _serialize(document)


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
