"""The study of naturalness: does this image look natural to you?

Iizuka et al. 2016, section 4.3: pictures of every method and true ones, mixed at random, one at
a time at 224 x 224; each participant judges equally many of each.
"""

import numpy as np

from keras_colorize.apps.study.methods import paired_photographs, read_versions
from keras_colorize.apps.study.page import Pictures, Study

SIZE = 224
"""Long side in pixels of the pictures shown (section 4.3)."""


def make_naturalness(
    methods,
    seed,
    *,
    size=SIZE,
    max_pictures=None,
    per_participant=None,
    on_picture=lambda: None,
):
    """Makes a study of naturalness.

    Args:
        methods: dict of name to folder, at least two, see `method_folders`.
        seed: number that decides which photographs are taken and the ids of the pictures.
        size: long side in pixels.
        max_pictures: how many photographs the page holds in all their versions; None for all.
        per_participant: how many photographs of these each participant judges; None for all.
        on_picture: called without arguments after each photograph.

    Returns:
        A `Study`.

    Raises:
        PhotographError: if photographs are missing, unreadable or differ in size.
        ValueError: if there is only one method, or the page is too large.
    """
    if len(methods) < 2:
        raise ValueError("expected at least two folders to compare, got one; --truth counts")
    generator = np.random.default_rng(seed)
    paths = paired_photographs(methods)
    chosen = generator.permutation(list(paths))[:max_pictures].tolist()
    pictures = Pictures(generator)
    photographs = []
    for path in sorted(chosen):
        versions = read_versions(paths[path], size)
        ids = [pictures.add(pixels, name, path) for name, pixels in versions.items()]
        photographs.append(sorted(ids))
        on_picture()
    judged = min(per_participant or len(photographs), len(photographs))
    data = {"photographs": sorted(photographs), "perParticipant": judged}
    data["side"] = pictures.longest_side
    settings = {
        "seed": seed,
        "size": size,
        "methods": list(methods),
        "expected_votes": judged * len(methods),
    }
    return Study("naturalness", data, pictures.encoded, pictures.meaning, settings)
