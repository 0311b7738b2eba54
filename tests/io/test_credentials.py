"""Content Credentials, verified by the reader of the Content Authenticity Initiative."""

import datetime
import functools
import json

import numpy as np
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from keras_colorize.errors import InputError
from keras_colorize.io import Photograph, PhotographError, write_photograph
from keras_colorize.io.credentials import Credentials

c2pa = pytest.importorskip("c2pa")
SOFTWARE = {"name": "keras_colorize", "version": "1.2.3"}


def _certificate(subject, key, issuer, signing_key, extensions):
    def name(text):
        kinds = (NameOID.ORGANIZATION_NAME, NameOID.COMMON_NAME)
        return x509.Name([x509.NameAttribute(kind, text) for kind in kinds])

    day = datetime.timedelta(days=1)
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(name(issuer), name(subject), key.public_key(), 7)
    builder = builder.not_valid_before(now - day).not_valid_after(now + day)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    made = builder.sign(signing_key, hashes.SHA256())
    return made.public_bytes(serialization.Encoding.PEM)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Paths of a certificate that an authority vouches for, as C2PA 2.2 asks, and of its key."""
    root, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    uses = "digital_signature content_commitment key_encipherment data_encipherment key_agreement "
    uses += "key_cert_sign crl_sign encipher_only decipher_only"
    no = dict.fromkeys(uses.split(), False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.public_key())
    own = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.KeyUsage(**{**no, "digital_signature": True}), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), True),
        (authority, False),
    ]
    of_root = [(x509.BasicConstraints(ca=True, path_length=None), True)]
    of_root += [(x509.KeyUsage(**{**no, "key_cert_sign": True}), True)]
    chain = _certificate("Archive", key, "Root", root, own)
    chain += _certificate("Root", root, "Root", root, of_root)
    plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    folder = tmp_path_factory.mktemp("keys")
    (folder / "chain.pem").write_bytes(chain)
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *plain))
    return folder / "chain.pem", folder / "key.pem"


@pytest.mark.parametrize("suffix, dtype", [("jpg", "u1"), ("png", "u2"), ("tif", "u1")])
def test_pictures_are_signed_and_changes_show(suffix, dtype, files, colors, tmp_path):
    source, path = tmp_path / "master.png", tmp_path / f"copy.{suffix}"
    write_photograph(source, Photograph(colors))
    told = {"source": source, "source_form": "PNG", "software": SOFTWARE}
    sign = functools.partial(Credentials(*files).sign, **told)
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


def test_what_cannot_sign_or_be_signed(files, colors, tmp_path):
    with pytest.raises(InputError, match="Expected a certificate and its private key for es256"):
        Credentials(files[0], files[0])
    source, path = tmp_path / "master.png", tmp_path / "copy.bmp"
    write_photograph(source, Photograph(colors))
    told = {"source": source, "source_form": "PNG", "software": SOFTWARE}
    sign = functools.partial(Credentials(*files).sign, **told)
    with pytest.raises(PhotographError, match="expected PNG and BMP that can be signed"):
        write_photograph(path, Photograph(colors), sign=sign)
    assert not path.exists()
