"""Stores of training pictures: many small photographs in a few files that load fast.

A store is a folder of parts, `part-000.npz` and so on, each a random sample of the whole.
"""

import concurrent.futures
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from keras_colorize.io.atomic import atomic_file


def encode_picture(image, quality):
    """A Pillow image of mode RGB as the bytes of a WebP."""
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=quality, method=4)
    return stream.getvalue()


def write_part(path, pictures, labels):
    """Writes a part of a store: pictures of `encode_picture` and labels `collection/label`.

    Raises PhotographError if the file exists or cannot be written.
    """
    names, numbers = np.unique(labels, return_inverse=True)
    with atomic_file(path) as stream:
        np.savez(
            stream,
            pictures=np.frombuffer(b"".join(pictures), "uint8"),
            ends=np.cumsum([len(picture) for picture in pictures]),
            labels=numbers.astype("int16"),
            names=np.frombuffer(json.dumps(names.tolist()).encode(), "uint8"),
        )


def read_part(path, side, workers=None):
    """Pictures, aspects and labels of a part of a store.

    They are uint8 (N, side, side, 3) in sRGB, float32 (N,) of the former width over height, and N
    strings `collection/label`.
    """
    with np.load(path) as part:
        data, ends = part["pictures"], part["ends"]
        names = json.loads(part["names"].tobytes())
        labels = [names[number] for number in part["labels"]]
    pictures = np.empty((len(ends), side, side, 3), "uint8")
    aspects = np.empty(len(ends), "float32")

    def decode(number):
        start = ends[number - 1] if number else 0
        with Image.open(io.BytesIO(data[start : ends[number]].tobytes())) as image:
            aspects[number] = image.width / image.height
            pictures[number] = image.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)

    with concurrent.futures.ThreadPoolExecutor(workers) as pool:
        list(pool.map(decode, range(len(ends))))
    return pictures, aspects, labels


def part_paths(folder):
    """Paths of the parts of a store, in order."""
    return sorted(Path(folder).glob("part-*.npz"))
