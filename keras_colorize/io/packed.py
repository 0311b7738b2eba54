"""Stores of training pictures: many small photographs in a few files that load fast.

A store is a folder of parts, `part-000.npz` and so on, each a random sample of the whole, so that
training can begin when the first one has arrived. A part is read by NumPy and Pillow alone.
"""

import concurrent.futures
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from keras_colorize.io.atomic import atomic_file


def encode_picture(image, quality):
    """Encodes a picture as WebP.

    Args:
        image: Pillow image of mode RGB.
        quality: 1 to 100.

    Returns:
        bytes.
    """
    stream = io.BytesIO()
    image.save(stream, "WEBP", quality=quality, method=4)
    return stream.getvalue()


def write_part(path, pictures, labels):
    """Writes one part of a store.

    Args:
        path: path of the file; it must not exist.
        pictures: list of bytes, from `encode_picture`.
        labels: list of as many strings `collection/label`.

    Raises:
        PhotographError: if the file exists or cannot be written.
    """
    names = sorted(set(labels))
    index = {name: number for number, name in enumerate(names)}
    with atomic_file(path) as stream:
        np.savez(
            stream,
            pictures=np.frombuffer(b"".join(pictures), "uint8"),
            ends=np.cumsum([len(picture) for picture in pictures]),
            labels=np.asarray([index[label] for label in labels], "int16"),
            names=np.frombuffer(json.dumps(names).encode(), "uint8"),
        )


def read_part(path, side, workers=None):
    """Decodes one part of a store.

    Args:
        path: path of the file.
        side: side in pixels to which every picture is brought, whatever its shape.
        workers: threads that decode; None for one a core.

    Returns:
        `(pictures, aspects, labels)`: uint8 array (N, side, side, 3) in sRGB, float32 array (N,)
        of width over height before, and a list of N strings `collection/label`.
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
