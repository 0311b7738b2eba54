"""A contact sheet: rows of pictures side by side, with a caption under each row."""

from bisect import bisect_right
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from keras_colorize.io.atomic import atomic_file
from keras_colorize.io.photograph import PhotographError
from keras_colorize.io.writing import writable_format

# Neutral greys: a tinted page would change how the colors beside it look.
_PAGE, _CELL, _TEXT, _FAINT = (30, 30, 30), (42, 42, 42), (232, 232, 232), (150, 150, 150)
_ELLIPSIS = "\u2026"
# The font of Pillow draws no dashes.
_DRAWABLE = str.maketrans({"\u2013": "-", "\u2014": "-", "\u2212": "-"})


def contact_sheet(rows, captions, path, cell=256, title=None, headings=(), more=0):
    """Writes a contact sheet, replacing an older one.

    Args:
        rows: list of lists of uint8 arrays (H, W, 3), sRGB, such as grey, color and truth.
        captions: one sentence per row, shortened where it is wider than the row.
        path: file to write, PNG or JPEG.
        cell: width and height in pixels of the square that each picture is fitted into.
        title: heading of the sheet, or None.
        headings: names of the columns, or none.
        more: rows that were left out; a last line says how many.

    Raises:
        PhotographError: if there are no rows, the captions do not match them, the format is
            neither PNG nor JPEG, or the file cannot be written.
    """
    target = writable_format(path)
    if target.name not in ("PNG", "JPEG"):
        raise PhotographError(f"{path}: expected a .png or .jpg contact sheet.")
    if not rows or len(rows) != len(captions):
        raise PhotographError(
            f"{path}: expected rows with one caption each, received {len(rows)} rows and "
            f"{len(captions)} captions."
        )
    page = _Page(rows, cell, title, headings, more)
    image = page.draw(captions)
    with atomic_file(Path(path), overwrite=True) as stream:
        image.save(stream, target.name, quality=92)


class _Page:
    """Measures of one sheet, all of them in proportion to the cell."""

    def __init__(self, rows, cell, title, headings, more):
        self.rows, self.cell, self.title, self.headings = rows, cell, title, headings
        self.more = more
        self.gap, self.margin = max(2, cell // 40), max(8, cell // 10)
        self.caption_font = ImageFont.load_default(max(10, cell // 17))
        self.title_font = ImageFont.load_default(max(14, cell // 10))
        self.caption_height = int(self.caption_font.size * 2.8)
        self.columns = max(len(row) for row in rows)
        self.width = self.columns * (cell + self.gap) - self.gap

    def draw(self, captions):
        image = Image.new("RGB", (self.width + 2 * self.margin, self._height()), _PAGE)
        pen = ImageDraw.Draw(image)
        top = self._draw_head(pen)
        for row, caption in zip(self.rows, captions, strict=True):
            self._draw_row(image, row, top)
            self._write(pen, caption, top + self.cell + self.gap, _TEXT)
            top += self.cell + self.caption_height
        if self.more > 0:
            self._write(pen, f"and {self.more} more", top, _FAINT)
        return image

    def _head_height(self):
        title = int(self.title_font.size * 1.8) if self.title else 0
        return self.margin + title + (self._heading_height() if self.headings else 0)

    def _heading_height(self):
        return int(self.caption_font.size * 1.8)

    def _height(self):
        body = len(self.rows) * (self.cell + self.caption_height)
        more = self.caption_height if self.more > 0 else 0
        return self._head_height() + body + more + self.margin - self.caption_height // 3

    def _draw_head(self, pen):
        if self.title:
            title = _shorten(self.title, self.title_font, self.width)
            pen.text((self.margin, self.margin), title, _TEXT, self.title_font)
        top = self._head_height()
        for column, heading in enumerate(self.headings[: self.columns]):
            left = self.margin + column * (self.cell + self.gap)
            text = _shorten(heading, self.caption_font, self.cell)
            pen.text((left, top - self._heading_height()), text, _FAINT, self.caption_font)
        return top

    def _draw_row(self, image, row, top):
        for column, pixels in enumerate(row):
            left = self.margin + column * (self.cell + self.gap)
            image.paste(_CELL, (left, top, left + self.cell, top + self.cell))
            picture = _fit(Image.fromarray(pixels), self.cell)
            x = left + (self.cell - picture.width) // 2
            image.paste(picture, (x, top + (self.cell - picture.height) // 2))

    def _write(self, pen, text, top, fill):
        text = _shorten(text, self.caption_font, self.width)
        pen.text((self.margin, top), text, fill, self.caption_font)


def _fit(picture, cell):
    scale = cell / max(picture.size)
    size = tuple(max(1, round(side * scale)) for side in picture.size)
    return picture.resize(size, Image.Resampling.LANCZOS)


def _shorten(text, font, width):
    text = " ".join(text.translate(_DRAWABLE).split())
    if font.getlength(text) <= width:
        return text
    fitting = bisect_right(
        range(len(text)), width, key=lambda count: font.getlength(text[:count] + _ELLIPSIS)
    )
    return text[: max(0, fitting - 1)].rstrip() + _ELLIPSIS
