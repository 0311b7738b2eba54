from xml.etree import ElementTree

import pytest

from keras_colorize.io.xmp import DamagedXMPError, mark_made_colours, without_orientation

SOURCE_TYPE = "{http://iptc.org/std/Iptc4xmpExt/2008-02-29/}DigitalSourceType"
# The term of the IPTC NewsCodes "Digital Source Type" for trained colours in a real picture.
MADE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
RDF = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}"

PACKET = b"""<?xpacket begin="\xef\xbb\xbf" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Adobe XMP Core 5.6">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="uuid:1" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
    xmlns:tiff="http://ns.adobe.com/tiff/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
    xmp:Rating="4" tiff:Orientation="6">
   <dc:creator><rdf:Seq><rdf:li>Zo\xc3\xab</rdf:li></rdf:Seq></dc:creator>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


def source_types(packet):
    root = ElementTree.fromstring(packet)
    elements = [element.text for element in root.iter(SOURCE_TYPE)]
    attributes = [element.get(SOURCE_TYPE) for element in root.iter() if element.get(SOURCE_TYPE)]
    return elements + attributes


def test_a_new_packet():
    packet = mark_made_colours(None)
    assert source_types(packet) == [MADE]
    assert packet.startswith(b"<?xpacket begin=") and packet.endswith(b'<?xpacket end="w"?>')


def test_everything_else_is_kept():
    packet = mark_made_colours(PACKET)
    assert source_types(packet) == [MADE]
    assert b'xmp:Rating="4"' in packet
    root = ElementTree.fromstring(packet)
    assert [item.text for item in root.iter(RDF + "li")] == ["Zoë"]
    # All descriptions of a packet are about the same thing (ISO 16684-1, 7.4).
    abouts = {element.get(RDF + "about") for element in root.iter(RDF + "Description")}
    assert abouts == {"uuid:1"}
    assert packet.count(b"<?xpacket") == 2


@pytest.mark.parametrize("form", ["attribute", "element"])
def test_an_older_source_type_is_replaced(form):
    name, old = "Iptc4xmpExt:DigitalSourceType", "http://cv.iptc.org/newscodes/x/negativeFilm"
    space = b'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"'
    if form == "attribute":
        packet = PACKET.replace(b"xmp:Rating", space + f' {name}="{old}" xmp:Rating'.encode())
    else:
        element = f"<{name} {space.decode()}>{old}</{name}><dc:creator>".encode()
        packet = PACKET.replace(b"<dc:creator>", element)
    assert source_types(packet) == [old]
    assert source_types(mark_made_colours(packet)) == [MADE]


def test_marking_twice_is_marking_once():
    once = mark_made_colours(PACKET)
    assert source_types(mark_made_colours(once)) == [MADE]
    assert len(mark_made_colours(once)) == len(once)


def test_orientation_is_taken_out():
    packet = without_orientation(PACKET)
    assert b"Orientation" not in packet
    assert b"Rating" in packet
    assert without_orientation(packet) is packet


@pytest.mark.parametrize(
    "packet, said",
    [
        (b"<x:xmpmeta", "XML that fails"),
        (b"\xff\xfe\0\0rubbish", "XML that fails"),
        (b"<a><b/></a>", "without rdf:RDF"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        ('<?xml version="1.0"?><!DOCTYPE a><a/>'.encode("utf-16"), "document type"),
    ],
)
def test_packets_that_are_refused(packet, said):
    with pytest.raises(DamagedXMPError, match=said):
        mark_made_colours(packet)
