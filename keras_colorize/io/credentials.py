"""Content Credentials: a signed record in a picture of how it came about (C2PA 2.2)."""

import importlib
from pathlib import Path

from PIL import Image

from keras_colorize.errors import expecting, extra_import
from .metadata import MADE_COLORS
from .photograph import PhotographError


class Credentials:
    """Signs pictures (extra `c2pa`).

    Args:
        certificates: path of a PEM file with the certificate and those that vouch for it.
        key: path of a PEM file with its private key, without a password (PKCS #8).
        algorithm: es256, es384, es512, ps256, ps384, ps512 or ed25519, as the key is.
        time_authority: URL of a server that signs the time, asked for each picture; or None.

    Raises:
        InputError: if the package is missing, or the files are no such pair.
    """

    def __init__(self, certificates, key, algorithm="es256", time_authority=None):
        with extra_import("c2pa"):
            self._c2pa = c2pa = importlib.import_module("c2pa")
        known = f"a certificate and its private key for {algorithm} in {certificates} and {key}"
        with expecting(known, OSError, ValueError, c2pa.C2paError):
            pair = Path(certificates).read_bytes(), Path(key).read_bytes()
            authority = time_authority and time_authority.encode()
            info = c2pa.C2paSignerInfo(algorithm.encode(), *pair, authority)
            self._signer = c2pa.Signer.from_info(info)
        # Pictures would grow by thumbnails of themselves.
        without = {"builder": {"thumbnail": {"enabled": False}}}
        self._context = c2pa.Context(c2pa.Settings.from_dict(without))

    def sign(self, encoded, form, target, source, source_form, software):
        """Writes a picture with a manifest that says what it was made of, and by what.

        Args:
            encoded: binary file with the picture, seekable.
            form: name of its format, as Pillow has it.
            target: binary file to write to.
            source: path of the black-and-white picture.
            source_form: name of the format of that.
            software: dict with `name` and `version`, of what made the colors.

        Raises:
            PhotographError: if either format holds no manifest, or the picture cannot be signed.
        """
        action = {"action": "c2pa.color_adjustments", "digitalSourceType": MADE_COLORS}
        actions = {"actions": [{**action, "softwareAgent": software}]}
        manifest = {
            "claim_generator_info": [software],
            "assertions": [{"label": "c2pa.actions.v2", "data": actions}],
        }
        parent = {"title": Path(source).name, "relationship": "parentOf"}
        try:
            with open(source, "rb") as before, self._c2pa.Builder(manifest, self._context) as made:
                made.set_intent(self._c2pa.C2paBuilderIntent.EDIT)
                made.add_ingredient(parent, Image.MIME.get(source_form, source_form), before)
                made.sign(self._signer, Image.MIME[form], encoded, target)
        except self._c2pa.C2paError as error:
            expected = f"{source_form} and {form} that can be signed"
            raise PhotographError(f"{source}: expected {expected}, received: {error}") from error
