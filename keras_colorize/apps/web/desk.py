"""The one place where photographs are colorized, whoever asked for it: one at a time."""

import concurrent.futures
import secrets
import zipfile

from keras_colorize.apps.web.clicks import hints_at, marked
from keras_colorize.apps.web.settings import configured
from keras_colorize.inference.batch import Job, colorize_files
from keras_colorize.io import jpeg_bytes, read_photograph


class Desk:
    """Colorizes for all visitors, in the order in which they asked.

    Args:
        colorizer: a `Colorizer`.
    """

    def __init__(self, colorizer):
        self.colorizer = colorizer
        self._one = concurrent.futures.ThreadPoolExecutor(1, "network")

    def preview(self, session, settings):
        """Colorizes a copy of the shown photograph that is small enough for a screen.

        Args:
            session: a `Session` with a photograph.
            settings: `Settings`.

        Returns:
            Paths of two JPEG files: the copy in color, and the same with its hints marked.

        Raises:
            ValueError: for settings outside their range.
        """
        return self._one.submit(self._preview, session.photo, session.palette, settings).result()

    def finish(self, session, settings):
        """Colorizes all photographs of a session at their full size and writes them.

        Args:
            session: a `Session`; each of its photographs gets its `outcome`, and two finished
                ones or more are also put into its `archive`.
            settings: `Settings`.

        Yields:
            Each `Photo`, when it was done or has failed.

        Raises:
            ValueError: for settings outside their range.
        """
        photos = list(session.photos)
        session.archive.unlink(missing_ok=True)
        for photo in photos:
            photo.outcome = None
        for photo in photos:
            work = self._one.submit(self._finish, photo, session.palette, settings)
            photo.outcome = work.result()
            yield photo
        _archive(session, photos)

    def close(self):
        """Lets go of the thread that colorizes."""
        self._one.shutdown(cancel_futures=True)

    def _preview(self, photo, palette, settings):
        before = read_photograph(photo.preview).pixels
        hints = hints_at(photo, before.shape[:2])
        after = configured(self.colorizer, settings, palette, hints)(before)
        # Under a new name, as browsers keep what they have seen under an old one.
        name, folder = secrets.token_hex(4), photo.preview.parent
        for path in sorted(folder.glob("shown-*"), key=lambda path: path.stat().st_mtime)[:-4]:
            path.unlink()
        paths = folder / f"shown-{name}.jpg", folder / f"shown-{name}-marked.jpg"
        paths[0].write_bytes(jpeg_bytes(after))
        paths[1].write_bytes(jpeg_bytes(marked(after, photo)))
        return paths

    def _finish(self, photo, palette, settings):
        colorizer = configured(self.colorizer, settings, palette, hints_at(photo, photo.size))
        job = Job(photo.path, photo.target, photo.path)
        (outcome,) = colorize_files(colorizer, [job], overwrite=True)
        return outcome


def _archive(session, photos):
    done = [photo for photo in photos if photo.outcome.status == "done"]
    if len(done) < 2:
        return
    # Photographs are compressed already.
    with zipfile.ZipFile(session.archive, "w", zipfile.ZIP_STORED) as archive:
        for photo in done:
            archive.write(photo.target, photo.target.name)
