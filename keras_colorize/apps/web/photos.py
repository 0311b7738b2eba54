"""From uploaded files to photographs that a session holds."""

import re
import secrets
import shutil
from pathlib import Path

from keras_colorize.apps.web.sessions import Photo, own_file
from keras_colorize.io import (
    PhotographError,
    jpeg_bytes,
    output_path,
    read_photograph,
    small_pixels,
)

PREVIEW_SIDE = 1280
"""Long side of what the page shows, in pixels."""

THUMBNAIL_SIDE = 240
PALETTE_SIDE = 256

_BYTES = re.compile(r"""b'(?:[^'\\]|\\.)*'|b"(?:[^"\\]|\\.)*\"""")


def add_photographs(session, paths, limits):
    """Adds uploaded files to a session; those that are no photographs become its faults.

    Args:
        session: a `Session`. The first of the new photographs will be shown.
        paths: files that the visitor has uploaded; they are moved into the folder of the session.
        limits: `Limits`.
    """
    before = len(session.photos)
    session.faults = []
    for path in map(Path, paths):
        try:
            session.photos.append(_taken(session, path, limits))
        except PhotographError as error:
            session.faults.append(str(error))
    if len(session.photos) > before:
        session.shown = before


def set_palette(session, path, limits):
    """Makes an uploaded file the reference picture of a session, or says why it cannot be.

    Args:
        session: a `Session`.
        path: the file, which is removed; None for no reference.
        limits: `Limits`.
    """
    session.palette, session.reference, session.faults = None, None, []
    if path is None:
        return
    try:
        kept = _moved(session, Path(path))
        photograph = _read(kept, Path(path).name, limits)
    except PhotographError as error:
        session.faults = [str(error)]
        return
    session.palette = small_pixels(photograph, PALETTE_SIDE)
    session.reference = kept.with_name("reference.jpg")
    session.reference.write_bytes(jpeg_bytes(session.palette))
    kept.unlink()


def _taken(session, path, limits):
    kept = _moved(session, path)
    photograph = _read(kept, path.name, limits)
    return Photo(
        name=path.name,
        path=kept,
        size=photograph.pixels.shape[:2],
        preview=_small(kept.with_name("preview.jpg"), photograph, PREVIEW_SIDE),
        thumbnail=_small(kept.with_name("thumbnail.jpg"), photograph, THUMBNAIL_SIDE),
        target=_target(session, path.name),
    )


def _moved(session, path):
    folder = session.folder / secrets.token_hex(4)
    # The suffix alone: no name that a visitor chose can lead out of the folder.
    kept = folder / f"original{path.suffix}"
    # Whatever a path came by, nothing but an upload of this visitor is opened.
    if own_file(str(path), session.uploads) is None:
        raise PhotographError(f"{path.name}: expected a file that arrived whole; please add it.")
    folder.mkdir()
    path.rename(kept)
    return kept


def _read(kept, name, limits):
    try:
        return read_photograph(kept, max_pixels=int(limits.megapixels * 1e6))
    except PhotographError as error:
        shutil.rmtree(kept.parent)
        text = _BYTES.sub("other bytes", str(error).removeprefix(f"{kept}: "))
        # Nobody who sees the page can follow the library's own advice.
        advice = f": this page takes {limits.megapixels:g} megapixels"
        text = text.replace(", or raise max_pixels where there is memory for it", advice)
        raise PhotographError(f"{name}: {text}") from error


def _small(path, photograph, side):
    path.write_bytes(jpeg_bytes(small_pixels(photograph, side)))
    return path


def _target(session, name):
    wanted = output_path(name, name, session.folder / "results")
    taken = {photo.target.name.casefold() for photo in session.photos}
    target, number = wanted, 1
    while target.name.casefold() in taken:
        number += 1
        target = wanted.with_stem(f"{wanted.stem}-{number}")
    return target
