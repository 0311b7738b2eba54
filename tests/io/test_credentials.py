"""Content Credentials, verified by the reader of the Content Authenticity Initiative."""

import functools
import json
from pathlib import Path

import numpy as np
import pytest

from keras_colorize.errors import InputError
from keras_colorize.io import Photograph, PhotographError, write_photograph
from keras_colorize.io.credentials import Credentials

c2pa = pytest.importorskip("c2pa")
# A certificate that an authority vouches for, as C2PA 2.2 asks, until 2126; and its key.
NAMES = "credentials_chain.pem", "credentials_key.pem"
FILES = [Path(__file__).with_name(name) for name in NAMES]
SOFTWARE = {"name": "keras_colorize", "version": "1.2.3"}


@pytest.mark.parametrize("suffix, dtype", [("jpg", "u1"), ("png", "u2"), ("tif", "u1")])
def test_pictures_are_signed_and_changes_show(suffix, dtype, colors, tmp_path):
    source, path = tmp_path / "master.png", tmp_path / f"copy.{suffix}"
    write_photograph(source, Photograph(colors))
    told = {"source": source, "source_form": "PNG", "software": SOFTWARE}
    sign = functools.partial(Credentials(*FILES).sign, **told)
    write_photograph(path, Photograph(colors.astype(dtype) * np.array(1, dtype)), sign=sign)
    found = json.loads(c2pa.Reader(path).json())
    # The root of this test is on nobody's list, and all else is as it should be.
    assert found["validation_state"] == "Valid"
    manifest = found["manifests"][found["active_manifest"]]
    assert manifest["ingredients"][0]["title"] == "master.png"
    action = manifest["assertions"][0]["data"]["actions"][1]
    assert action["digitalSourceType"].endswith("/compositeWithTrainedAlgorithmicMedia")
    assert action["softwareAgent"] == SOFTWARE
    content = bytearray(path.read_bytes())
    place = len(content) // 3 if suffix == "tif" else len(content) - 60
    content[place] ^= 255
    path.write_bytes(content)
    assert json.loads(c2pa.Reader(path).json())["validation_state"] == "Invalid"


def test_what_cannot_sign_or_be_signed(colors, tmp_path):
    with pytest.raises(InputError, match="Expected a certificate and its private key for es256"):
        Credentials(FILES[0], FILES[0])
    source, path = tmp_path / "master.png", tmp_path / "copy.bmp"
    write_photograph(source, Photograph(colors))
    told = {"source": source, "source_form": "PNG", "software": SOFTWARE}
    sign = functools.partial(Credentials(*FILES).sign, **told)
    with pytest.raises(PhotographError, match="expected PNG and BMP that can be signed"):
        write_photograph(path, Photograph(colors), sign=sign)
    assert not path.exists()
