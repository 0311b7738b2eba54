"""One look at every picture before training: unreadable and near-grey ones are left out."""

import collections
import concurrent.futures
import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import tensorflow as tf

from keras_colorize.io.atomic import write_file

NEAR_GREY = 12
"""A picture is near-grey when 95 % of its pixels differ by less between channels, of 255."""

_GOOD, _GREY, _BAD = "good", "near-grey", "unreadable"


@dataclasses.dataclass(frozen=True)
class ScanReport:
    """What a scan found.

    Attributes:
        total: pictures looked at.
        near_grey: names of the near-grey pictures.
        unreadable: `(name, reason)` of the pictures that could not be decoded.
    """

    total: int
    near_grey: tuple
    unreadable: tuple

    def __str__(self):
        text = f"{self.total} pictures, {len(self.near_grey)} near-grey and "
        text += f"{len(self.unreadable)} unreadable left out"
        return "".join([text, *(f"\n  {name}: {reason}" for name, reason in self.unreadable)])


def scan_pictures(pictures, cache=None, drop_near_grey=True, workers=None, on_picture=None):
    """Leaves out the pictures that training cannot use.

    Args:
        pictures: a `PictureSet`.
        cache: path of a JSON file that remembers results by name, size and time of change;
            None scans anew.
        drop_near_grey: whether near-grey pictures are left out (Iizuka 2016, section 4).
        workers: threads; None takes one per processor.
        on_picture: called without arguments after every picture, or None.

    Returns:
        `(kept, report)`: a `PictureSet` and a `ScanReport`.

    Raises:
        ValueError: if no picture is left.
    """
    known = _read_cache(cache)
    with concurrent.futures.ThreadPoolExecutor(workers or os.cpu_count()) as pool:
        rows = []
        for row in pool.map(lambda name: _look(pictures.root, name, known), pictures.names):
            rows.append(row)
            if on_picture is not None:
                on_picture()
    found = dict(zip(pictures.names, rows, strict=True))
    if cache is not None:
        _write_cache(cache, {**known, **{str(pictures.root / k): v for k, v in found.items()}})
    report = _report(found)
    dropped = {name for name, _ in report.unreadable}
    if drop_near_grey:
        dropped.update(report.near_grey)
    else:
        report = dataclasses.replace(report, near_grey=())
    kept = pictures.keep([name not in dropped for name in pictures.names])
    if not kept:
        raise ValueError(f"Expected usable pictures in {str(pictures.root)!r}, found {report}.")
    return kept, report


def is_near_grey(rgb_uint8, threshold=NEAR_GREY):
    """Whether a picture has next to no color.

    Args:
        rgb_uint8: uint8 array (H, W, 3).
        threshold: difference between a pixel's channels that counts as color, of 255.

    Returns:
        bool. A picture of one tint, such as a sepia print, is not near-grey: by its colors it
        cannot be told from a misty morning.
    """
    # A few thousand pixels are enough to tell, and this runs over every training picture.
    step = max(1, min(rgb_uint8.shape[:2]) // 64)
    sample = rgb_uint8[::step, ::step].astype("int16")
    return bool(np.mean(np.ptp(sample, axis=-1) < threshold) >= 0.95)


def _look(root, name, known):
    path = root / name
    stat = path.stat()
    row = known.get(str(path))
    if row and row[:2] == [stat.st_size, stat.st_mtime_ns]:
        return row
    return [stat.st_size, stat.st_mtime_ns, *_judge(path)]


def _judge(path):
    try:
        picture = tf.io.decode_image(path.read_bytes(), channels=3, expand_animations=False)
    except (tf.errors.OpError, OSError) as error:
        return _BAD, str(getattr(error, "message", error)).splitlines()[0]
    return (_GREY if is_near_grey(picture.numpy()) else _GOOD), ""


def _report(found):
    groups = collections.defaultdict(list)
    for name, (_, _, verdict, reason) in found.items():
        groups[verdict].append((name, reason))
    grey = tuple(name for name, _ in groups[_GREY])
    return ScanReport(len(found), grey, tuple(groups[_BAD]))


def _read_cache(cache):
    if cache is None or not Path(cache).exists():
        return {}
    try:
        rows = json.loads(Path(cache).read_text())
    except ValueError:
        # A cache is only a saving: what cannot be read is looked at again.
        return {}
    return rows if isinstance(rows, dict) else {}


def _write_cache(cache, rows):
    write_file(cache, json.dumps(rows), overwrite=True)
