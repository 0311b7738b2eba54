"""XMP packets: saying that colours were made, and that the picture stands upright.

ISO 16684-1 describes the packet, the IPTC Photo Metadata Standard the property.
"""

from xml.dom import minidom
from xml.parsers import expat

MADE_COLOURS = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
IPTC_EXTENSION = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_TIFF = "http://ns.adobe.com/tiff/1.0/"
_XMLNS = "http://www.w3.org/2000/xmlns/"
_BEGIN = '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
_END = '<?xpacket end="w"?>'
_EMPTY = f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}"/></x:xmpmeta>'


class DamagedXMPError(Exception):
    """An XMP packet that cannot be parsed, or that no honest writer makes."""


def mark_made_colours(packet):
    """Adds or replaces `Iptc4xmpExt:DigitalSourceType`; everything else stays.

    Args:
        packet: XMP packet as bytes, or None for a new one.

    Returns:
        XMP packet as UTF-8 bytes.

    Raises:
        DamagedXMPError: if the packet is not XMP, or has a document type declaration.
    """
    document = _parse(packet or _EMPTY.encode())
    rdf = _rdf(document)
    about = _remove_property(rdf, IPTC_EXTENSION, "DigitalSourceType")
    description = document.createElementNS(_RDF, "rdf:Description")
    description.setAttributeNS(_XMLNS, "xmlns:rdf", _RDF)
    description.setAttributeNS(_XMLNS, "xmlns:Iptc4xmpExt", IPTC_EXTENSION)
    description.setAttributeNS(_RDF, "rdf:about", about)
    made = document.createElementNS(IPTC_EXTENSION, "Iptc4xmpExt:DigitalSourceType")
    made.appendChild(document.createTextNode(MADE_COLOURS))
    description.appendChild(made)
    rdf.appendChild(description)
    return _serialise(document)


def without_orientation(packet):
    """Removes `tiff:Orientation`, for a picture whose pixels were turned upright.

    Args:
        packet: XMP packet as bytes.

    Returns:
        The same packet where it has no orientation, else a new one as UTF-8 bytes.

    Raises:
        DamagedXMPError: if the packet is not XMP, or has a document type declaration.
    """
    if b"Orientation" not in packet:
        return packet
    document = _parse(packet)
    _remove_property(_rdf(document), _TIFF, "Orientation")
    return _serialise(document)


def _parse(packet):
    packet = packet.strip(b"\0 \r\n\t")
    checker = expat.ParserCreate()
    checker.StartDoctypeDeclHandler = _refuse_document_type
    try:
        checker.Parse(packet, True)
        return minidom.parseString(packet)
    except (expat.ExpatError, ValueError, LookupError) as fault:
        raise DamagedXMPError(f"Expected an XMP packet, got XML that fails: {fault}.") from fault


def _refuse_document_type(*_):
    # A document type can define entities that grow without bound: XMP never needs one.
    raise DamagedXMPError("Expected an XMP packet, got a document type declaration.")


def _rdf(document):
    found = document.getElementsByTagNameNS(_RDF, "RDF")
    if not found:
        raise DamagedXMPError("Expected an XMP packet, got XML without rdf:RDF.")
    return found[0]


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
        _drop_if_empty(description)
    return about


def _drop_if_empty(description):
    attributes = description.attributes.values()
    meaning = [a for a in attributes if a.namespaceURI not in (_XMLNS, _RDF)]
    elements = [c for c in description.childNodes if c.nodeType == c.ELEMENT_NODE]
    if not meaning and not elements:
        description.parentNode.removeChild(description)


def _serialise(document):
    body = "".join(node.toxml() for node in document.childNodes)
    if "<?xpacket" not in body:
        body = f"{_BEGIN}{body}{_END}"
    return body.encode()
