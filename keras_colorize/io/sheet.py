"""A contact sheet: rows of pictures side by side, with a caption under each row."""

import math
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from .atomic import atomic_file
from .photograph import PhotographError
from .writing import writable_format

# Neutral grays: a tinted page would change how the colors beside it look.
_PAGE, _CELL, _TEXT, _FAINT = (30, 30, 30), (42, 42, 42), (232, 232, 232), (150, 150, 150)
DOWN, ACROSS = 8, 6
"""Rows, and pictures side by side, that a page has at most."""

_ELLIPSIS = "\u2026"
# The font of Pillow draws no dashes.
_DRAWABLE = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2212": "-"})


def contact_sheet(rows, captions, path, cell=256, title=None, headings=(), more=0):
    """Writes a contact sheet, replacing an older one, and returns the paths of its pages.

    A page has at most `DOWN` rows, or two or more columns of these while it is not wider than
    `ACROSS` pictures; several pages are called `sheet-1.png` and so on.

    Args:
        rows: list of lists of uint8 arrays (H, W, 3), sRGB, such as gray, color and truth.
        captions: one sentence per row, shortened where it is wider than the row.
        path: file to write, PNG or JPEG.
        cell: width and height in pixels of the square that each picture is fitted into.
        title: heading of the sheet, or None.
        headings: names of the columns, or none.
        more: rows that were left out; a last line says how many.

    Raises:
        PhotographError: without rows, one caption each, such a path, or where it cannot be written.
    """
    target = writable_format(path)
    if target.name not in ("PNG", "JPEG"):
        raise PhotographError(f"{path}: expected a .png or .jpg contact sheet.")
    if not rows or len(rows) != len(captions):
        received = f"received {len(rows)} rows and {len(captions)} captions"
        raise PhotographError(f"{path}: expected rows with one caption each, {received}.")
    path, across = Path(path), max(1, ACROSS // max(map(len, rows)))
    pages = range(0, len(rows), DOWN * across)
    paths = [path.with_stem(f"{path.stem}-{one + 1}") for one in range(len(pages))]
    paths = paths if len(pages) > 1 else [path]
    for start, one in zip(pages, paths, strict=True):
        its = slice(start, start + DOWN * across)
        left_out = more if one == paths[-1] else 0
        page = _page(rows[its], captions[its], across, cell, title, headings, left_out)
        with atomic_file(one, overwrite=True) as stream:
            page.save(stream, target.name, quality=92)
    return paths


def _page(rows, captions, most_across, cell, title, headings, more):
    across = min(most_across, math.ceil(len(rows) / DOWN))
    gap, margin = max(2, cell // 40), max(8, cell // 10)
    font = ImageFont.load_default(max(10, cell // 17))
    large = ImageFont.load_default(max(14, cell // 10))
    caption_height, heading_height = int(font.size * 2.8), int(font.size * 1.8)
    columns = max(len(row) for row in rows)
    down = math.ceil(len(rows) / across)
    block = columns * (cell + gap) - gap + margin
    width = across * block - margin
    top = margin + (int(large.size * 1.8) if title else 0) + (heading_height if headings else 0)
    lines = down * (cell + caption_height) + (caption_height if more > 0 else 0)
    size = (width + 2 * margin, top + lines + margin - caption_height // 3)
    page = Image.new("RGB", size, _PAGE)
    pen = ImageDraw.Draw(page)

    def write(text, left, top, room=width, fill=_FAINT, font=font):
        text = " ".join(text.translate(_DRAWABLE).split())
        if font.getlength(text) > room:
            while text and font.getlength(text + _ELLIPSIS) > room:
                text = text[:-1]
            text = text.rstrip() + _ELLIPSIS
        pen.text((left, top), text, fill, font)

    if title:
        write(title, margin, margin, fill=_TEXT, font=large)
    lefts = [margin + column * (cell + gap) for column in range(columns)]
    for shift in range(0, across * block, block):
        for heading, left in zip(headings, lefts, strict=False):
            write(heading, shift + left, top - heading_height, room=cell)
    first = top
    for number, (row, caption) in enumerate(zip(rows, captions, strict=True)):
        shift, top = number // down * block, first + number % down * (cell + caption_height)
        for pixels, left in zip(row, lefts, strict=False):
            left += shift
            page.paste(_CELL, (left, top, left + cell, top + cell))
            picture = Image.fromarray(pixels)
            scale = cell / max(picture.size)
            fitted = tuple(max(1, round(side * scale)) for side in picture.size)
            picture = picture.resize(fitted, Image.Resampling.LANCZOS)
            x, y = (cell - picture.width) // 2, (cell - picture.height) // 2
            page.paste(picture, (left + x, top + y))
        write(caption, shift + margin, top + cell + gap, block - margin, _TEXT)
    if more > 0:
        write(f"and {more} more", margin, first + down * (cell + caption_height))
    return page
