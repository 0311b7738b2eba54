"""Checkpoints that others published: where they lie, and how they come here. It needs no Keras."""

import dataclasses
import os
import shutil
from pathlib import Path

from keras_colorize.errors import expect, extra_import
from .config import CONFIG_FILE, PresetError, sha256

CACHE = "KERAS_COLORIZE_CACHE"
"""Environment variable with the folder of what is made of them, and of compiled networks."""

MEGABYTE = 10**6
_TIMEOUT = 60  # seconds without a byte


@dataclasses.dataclass(frozen=True)
class PublishedFile:
    """A checkpoint on the web; of its checksum the first digits, as far as they are known."""

    url: str
    sha256: str
    megabytes: int
    figures: str = ""
    license: str = "BSD-2-Clause"
    source: str = "https://github.com/richzhang/colorization"
    citation: str = ""

    @property
    def stem(self):
        """Name of the file, as its authors call it, without suffix."""
        return Path(self.url).stem


def _ddcolor(file, megabytes, sha256, *figures):
    # One commit, so that what is fetched does not change.
    url = "https://huggingface.co/piddnad/DDColor-models/resolve/"
    url += f"e9e7b527709c8aeb2f5e1bf701e72fd468a13baa/{file}.pth"
    words = "FID {}, colorfulness {}, PSNR {} on 5,000 validation pictures of ImageNet (table 1)"
    said = words.format(*figures) if figures else ""
    source = "Apache-2.0", "https://github.com/piddnad/DDColor"
    title = "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders"
    return PublishedFile(url, sha256, megabytes, said, *source, f"Kang et al., {title}, ICCV 2023")


_ZHANG = "https://colorizers.s3.us-east-2.amazonaws.com/"

# Half of the digits of DDColor's checksums: 128 bits. Of one of them none is known.
PUBLISHED = {
    "ddcolor": _ddcolor("ddcolor_paper", 912, "", 3.92, 38.26, 23.85),
    "ddcolor_tiny": _ddcolor(
        "ddcolor_paper_tiny", 220, "81dd643904f4664c3718513e3320ae3d", 4.38, 37.72, 23.54
    ),
    "ddcolor_modelscope": _ddcolor("ddcolor_modelscope", 912, "17c460d7e55b32a598370621d77173be"),
    "ddcolor_artistic": _ddcolor("ddcolor_artistic", 912, "a591ee5beedad36de703d8977e92d0c3"),
    "siggraph17": PublishedFile(
        f"{_ZHANG}siggraph17-df00044c.pth",
        "df00044c",
        137,
        citation="Zhang et al., Real-Time User-Guided Image Colorization with Learned Deep "
        "Priors, SIGGRAPH 2017",
    ),
    "eccv16_release": PublishedFile(
        f"{_ZHANG}colorization_release_v2-9b330a0b.pth",
        "9b330a0b",
        129,
        "people took its colors for true ones in 32 % of trials (abstract)",
        citation="Zhang, Isola and Efros, Colorful Image Colorization, ECCV 2016",
    ),
}
"""Checkpoints by the name of the preset that is made of them."""


def published_name(text):
    """The key of `PUBLISHED` that is meant by itself or by its file's name; None for no key."""
    names = {file.stem: name for name, file in PUBLISHED.items()}
    return text if text in PUBLISHED else names.get(text.removesuffix(".pth"))


def user_cache(extra):
    """Folder, which may not be there yet, of what is kept for a user by parts in an extra."""
    if folder := os.environ.get(CACHE):
        return Path(folder).expanduser()
    with extra_import(extra):
        import platformdirs
    return platformdirs.user_cache_path("keras-colorize", appauthor=False)


def cached_preset(name):
    """Folder, which may not be there yet, of a published preset in the user's cache."""
    return user_cache("import") / name


def is_cached(name):
    """Whether a published preset was fetched before."""
    return (cached_preset(name) / CONFIG_FILE).is_file()


def download(file, path, report=lambda done, total: None):
    """Fetches a `PublishedFile` to a path, which gets its name when it is whole.

    What comes is kept beside it as `.part`, and the next call goes on from there. `report` is told
    after each megabyte how many there are, and of how many. Raises PresetError if it cannot be
    fetched or written, or is another file.
    """
    with extra_import("import"):
        import requests
    part = path.with_name(f"{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        done = part.stat().st_size if part.exists() else 0
        # The preset, in half precision, comes to lie beside it.
        wanted = 1.6 * file.megabytes - done / MEGABYTE
        free = shutil.disk_usage(path.parent).free / MEGABYTE
        room = f"{wanted:.0f} MB free, received {free:.0f} in {path.parent}"
        expect(free >= wanted, room, kind=PresetError)
        headers = {"Accept-Encoding": "identity"} | ({"Range": f"bytes={done}-"} if done else {})
        with requests.get(file.url, headers=headers, stream=True, timeout=_TIMEOUT) as response:
            # 416: it was there as a whole.
            if response.status_code != 416:
                response.raise_for_status()
                resumed = response.status_code == 206
                total = int(response.headers.get("Content-Length", 0)) + resumed * done
                with part.open("ab" if resumed else "wb") as stream:
                    for chunk in response.iter_content(MEGABYTE):
                        stream.write(chunk)
                        report(stream.tell() // MEGABYTE, max(total // MEGABYTE, 1))
    except requests.RequestException as error:
        answer = error.response
        found = "no connection, or a broken one" if answer is None else f"HTTP {answer.status_code}"
        expected = f"Expected {file.megabytes} MB, received {found}"
        advice = "the same command goes on with what has come"
        raise PresetError(f"{file.url}: {expected}; {advice}.") from error
    except OSError as error:
        raise PresetError(f"{path}: Expected a file that can be written: {error}.") from error
    if not (checksum := sha256(part)).startswith(file.sha256):
        part.unlink()
        expected = f"Expected a file of sha256 {file.sha256}, received {checksum}: it is not kept"
        raise PresetError(f"{file.url}: {expected}.")
    part.replace(path)
