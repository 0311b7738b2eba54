"""Photographs in folders: which there are, their classes, which are usable, which held out."""

import concurrent.futures
import dataclasses
import hashlib
import json
import os
from pathlib import Path

import tensorflow as tf

from keras_colorize.bins import UNLABELED
from keras_colorize.errors import expect
from keras_colorize.io.atomic import write_file
from keras_colorize.io.photograph import is_near_grey

# What `tf.io.decode_image` reads.
SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
# Version of a scan's rules; results of others are not taken from its cache.
_RULES = 2
_GOOD, _GREY, _BAD = "good", "near-grey", "unreadable"


@dataclasses.dataclass(frozen=True)
class PictureSet:
    """Pictures in a folder, and their classes."""

    root: Path
    names: tuple  # paths relative to `root`, with forward slashes, sorted
    labels: tuple  # index into `class_names` per picture, or `UNLABELED`
    class_names: tuple  # empty for a flat folder

    def __len__(self):
        return len(self.names)

    @property
    def paths(self):
        """Absolute or root-relative paths as text, in order."""
        return [str(self.root / name) for name in self.names]

    def keep(self, wanted):
        """The pictures whose position satisfies `wanted[i]`."""
        kept = [i for i in range(len(self)) if wanted[i]]
        names, labels = (tuple(row[i] for i in kept) for row in (self.names, self.labels))
        return dataclasses.replace(self, names=names, labels=labels)


def list_pictures(folder, class_names=None):
    """Lists the pictures below a folder, not empty, else `ValueError`, as a `PictureSet`.

    Hidden files are left out. The class of a picture is the folder that holds it, relative to
    `folder`; those directly in it, and of other classes than `class_names`, an ordered sequence,
    or None for all that are found, are `UNLABELED`.
    """
    root = Path(folder)
    expect(root.is_dir(), f"a folder of pictures, received {str(folder)!r}")
    files = (path for path in root.rglob("*") if path.suffix.lower() in SUFFIXES and path.is_file())
    names = sorted(path.relative_to(root).as_posix() for path in files)
    names = [name for name in names if not name.startswith(".") and "/." not in name]
    expect(names, f"pictures ({', '.join(SUFFIXES)}) below {str(folder)!r}, received none")
    folders = [name.rpartition("/")[0] for name in names]
    if class_names is None:
        class_names = sorted({name for name in folders if name})
    index = {name: i for i, name in enumerate(class_names)}
    labels = tuple(index.get(name, UNLABELED) for name in folders)
    return PictureSet(root, tuple(names), labels, tuple(class_names))


def split_pictures(pictures, validation_share):
    """Splits a `PictureSet` into `(training, validation)` by a hash of each name.

    A picture stays on its side when others come or go. A share outside 0..1 is a `ValueError`.
    """
    fits = 0 <= validation_share <= 1
    expect(fits, f"a validation_share in 0..1, received {validation_share}")
    digests = [hashlib.sha256(name.encode()).digest() for name in pictures.names]
    held_out = [int.from_bytes(x[:8], "big") / 2.0**64 < validation_share for x in digests]
    return pictures.keep([not out for out in held_out]), pictures.keep(held_out)


@dataclasses.dataclass(frozen=True)
class ScanReport:
    """What a scan of `total` pictures left out: names, and `(name, reason)` of the unreadable."""

    total: int
    near_grey: tuple
    unreadable: tuple

    def __str__(self):
        grey, bad = len(self.near_grey), len(self.unreadable)
        text = f"{self.total} pictures, {grey} near-grey and {bad} unreadable left out"
        return "".join([text, *(f"\n  {name}: {reason}" for name, reason in self.unreadable)])


def scan_pictures(pictures, cache=None, drop_near_grey=True, on_picture=lambda: None):
    """Leaves out the pictures of a `PictureSet` that training cannot use.

    The cache, if any, is the path of a JSON file that remembers results by name, size and time of
    change; near-grey pictures are left out if asked (Iizuka 2016, section 4). `on_picture` is
    called without arguments after each. Returns `(kept, report)`: a `PictureSet`, not empty, else
    `ValueError`, and a `ScanReport`.
    """
    try:
        contents = json.loads(Path(cache).read_text()) if cache is not None else {}
        known = contents["results"] if contents["rules"] == _RULES else {}
    except (OSError, ValueError, KeyError, TypeError):
        # A cache is only a saving: what cannot be read is looked at again.
        known = {}

    def look(path):
        stat = os.stat(path)
        row = known.get(path)
        if row and row[:2] == [stat.st_size, stat.st_mtime_ns]:
            return row
        try:
            contents = Path(path).read_bytes()
            picture = tf.io.decode_image(contents, channels=3, expand_animations=False)
        except (tf.errors.OpError, OSError) as error:
            verdict = _BAD, str(getattr(error, "message", error)).splitlines()[0]
        else:
            verdict = _GREY if is_near_grey(picture.numpy()) else _GOOD, ""
        return [stat.st_size, stat.st_mtime_ns, *verdict]

    rows = []
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for row in pool.map(look, pictures.paths):
            rows.append(row)
            on_picture()
    if cache is not None:
        results = {**known, **dict(zip(pictures.paths, rows, strict=True))}
        write_file(cache, json.dumps({"rules": _RULES, "results": results}), overwrite=True)
    named = list(zip(pictures.names, rows, strict=True))
    grey = tuple(name for name, row in named if row[2] == _GREY and drop_near_grey)
    bad = tuple((name, row[3]) for name, row in named if row[2] == _BAD)
    report, left_out = ScanReport(len(rows), grey, bad), {*grey, *dict(bad)}
    kept = pictures.keep([name not in left_out for name in pictures.names])
    expect(len(kept), f"usable pictures in {str(pictures.root)!r}, received {report}")
    return kept, report
