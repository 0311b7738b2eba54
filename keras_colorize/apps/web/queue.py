"""The one place where photographs are colorized, whoever asked for it: one at a time."""

import concurrent.futures
import re
import secrets
import zipfile
from fractions import Fraction

import numpy as np

from keras_colorize.errors import InputError
from keras_colorize.inference import point_hints
from keras_colorize.inference.batch import Job, colorize_files
from keras_colorize.inference.heads import is_distribution
from keras_colorize.inference.options import AFTER_NETWORK
from keras_colorize.inference.points import parse_color
from keras_colorize.io import jpeg_bytes, read_photograph
from keras_colorize.io.atomic import atomic_file, write_file

OFFERED = ("working_size", "saturation", "decoder", "temperature", "seed", "refine")
OFFERED += ("palette_strength",)
"""Options of a `Colorizer` that have a control on the page."""

_FUNCTION = re.compile(r"rgba?\(([^)]*)\)")


class Queue:
    """Colorizes for all visitors, in the order in which they asked."""

    def __init__(self, colorizer):
        self.colorizer = colorizer
        self._network = concurrent.futures.ThreadPoolExecutor(1, "network")
        distribution = is_distribution(colorizer.config.output)
        self.offered = OFFERED if distribution else AFTER_NETWORK

    @property
    def initial(self):
        """Dict of where the controls stand at first, by the names of `OFFERED`."""
        values = {name: getattr(self.colorizer, name) for name in OFFERED}
        return {**values, "refine": "mrf" if self.colorizer.refinement else "none"}

    def configured(self, options, palette=None, hints=None):
        """The `Colorizer` as the controls say; what its network cannot take is left out."""
        options = {name: options[name] for name in self.offered}
        if options.get("decoder") == self.colorizer.decoder:
            # One that is asked for comes without the class weights of the preset.
            del options["decoder"]
        if options.get("refine") == "mrf" and self.colorizer.refinement:
            # The field that the page was started with, with its own parameters.
            options["refine"] = self.colorizer.refinement
        if palette is not None and "palette_strength" in options:
            options["palette"] = palette
        return self.colorizer.replace(**options, hints=hints)

    def preview(self, session, options):
        """Colorizes the shown photograph at screen size; returns two JPEG paths, one with hints."""
        return self._network.submit(self._preview, session, session.photo, options).result()

    def finish(self, session, options):
        """Writes a session's photographs at full size and yields each; archives two or more."""
        photos = list(session.photos)
        session.archive.unlink(missing_ok=True)
        for photo in photos:
            photo.outcome = None
        for photo in photos:
            photo.outcome = self._network.submit(self._finish, session, photo, options).result()
            yield photo
        done = [photo for photo in photos if photo.outcome.status == "done"]
        if len(done) > 1:
            # Not compressed, as photographs are already.
            with (
                atomic_file(session.archive, overwrite=True) as stream,
                zipfile.ZipFile(stream, "w") as archive,
            ):
                for photo in done:
                    archive.write(photo.target, photo.target.name)

    def close(self):
        """Lets go of the thread that colorizes."""
        self._network.shutdown(cancel_futures=True)

    def _preview(self, session, photo, options):
        before = read_photograph(photo.preview).pixels
        colorizer = self.configured(options, session.palette, hints_at(photo, before.shape[:2]))
        after = colorizer(before)
        # Under a new name, as browsers keep what they have seen under an old one.
        folder, name = photo.preview.parent, secrets.token_hex(4)
        for path in sorted(folder.glob("shown-*"), key=lambda path: path.stat().st_mtime)[:-4]:
            path.unlink()
        paths = folder / f"shown-{name}.jpg", folder / f"shown-{name}-marked.jpg"
        write_file(paths[0], jpeg_bytes(after))
        write_file(paths[1], jpeg_bytes(marked(after, photo)))
        return paths

    def _finish(self, session, photo, options):
        colorizer = self.configured(options, session.palette, hints_at(photo, photo.size))
        job = Job(photo.path, photo.target, photo.path)
        (outcome,) = colorize_files(colorizer, [job], overwrite=True)
        return outcome


def add_point(photo, position, shown, color):
    """Adds a hint at `(x, y)` of a copy of size (height, width); `InputError` for no color."""
    text = color.strip().lower()
    if levels := _FUNCTION.fullmatch(text):
        try:
            text = "#" + bytes(round(float(x)) for x in levels.group(1).split(",")[:3]).hex()
        except ValueError as error:
            raise InputError(f"Expected a color like #a0c030, received {color!r}.") from error
    parse_color(text)
    sides = zip(position, reversed(shown), strict=True)
    photo.points.append((*(Fraction(place) / side for place, side in sides), text))


def hints_at(photo, size):
    """`Hints` of a photograph for a copy of it of a size (height, width); None without any."""
    return point_hints(photo.points_at(size), size) if photo.points else None


def marked(pixels, photo):
    """Draws a ringed disk at each hint of a `Photo` on a copy of it, uint8 (h, w, 3)."""
    result = pixels.copy()
    rows, columns = np.ogrid[: result.shape[0], : result.shape[1]]
    for point in photo.points_at(result.shape[:2]):
        distance = np.hypot(columns - point["x"], rows - point["y"])
        for radius, color in ((11, "000000"), (9, "ffffff"), (7, point["color"][1:])):
            result[distance <= radius] = tuple(bytes.fromhex(color))
    return result
