"""A contact sheet: rows of pictures side by side, with a caption under each row."""

from PIL import Image, ImageDraw, ImageFont

from .atomic import atomic_file
from .photograph import PhotographError
from .writing import writable_format

# Neutral grays: a tinted page would change how the colors beside it look.
_PAGE, _CELL, _TEXT, _FAINT = (30, 30, 30), (42, 42, 42), (232, 232, 232), (150, 150, 150)
_ELLIPSIS = "\u2026"
# The font of Pillow draws no dashes.
_DRAWABLE = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2212": "-"})


def contact_sheet(rows, captions, path, cell=256, title=None, headings=(), more=0):
    """Writes a contact sheet, replacing an older one.

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
    gap, margin = max(2, cell // 40), max(8, cell // 10)
    font = ImageFont.load_default(max(10, cell // 17))
    large = ImageFont.load_default(max(14, cell // 10))
    caption_height, heading_height = int(font.size * 2.8), int(font.size * 1.8)
    columns = max(len(row) for row in rows)
    width = columns * (cell + gap) - gap
    top = margin + (int(large.size * 1.8) if title else 0) + (heading_height if headings else 0)
    lines = len(rows) * (cell + caption_height) + (caption_height if more > 0 else 0)
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
    for heading, left in zip(headings, lefts, strict=False):
        write(heading, left, top - heading_height, room=cell)
    for row, caption in zip(rows, captions, strict=True):
        for pixels, left in zip(row, lefts, strict=False):
            page.paste(_CELL, (left, top, left + cell, top + cell))
            picture = Image.fromarray(pixels)
            scale = cell / max(picture.size)
            fitted = tuple(max(1, round(side * scale)) for side in picture.size)
            picture = picture.resize(fitted, Image.Resampling.LANCZOS)
            x, y = (cell - picture.width) // 2, (cell - picture.height) // 2
            page.paste(picture, (left + x, top + y))
        write(caption, margin, top + cell + gap, fill=_TEXT)
        top += cell + caption_height
    if more > 0:
        write(f"and {more} more", margin, top)
    with atomic_file(path, overwrite=True) as stream:
        page.save(stream, target.name, quality=92)
