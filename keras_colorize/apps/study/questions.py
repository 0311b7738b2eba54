"""The two questions of user studies, and the pictures that they are asked about."""

from pathlib import Path

import numpy as np

from keras_colorize.errors import InputError
from keras_colorize.io import (
    PhotographError,
    jpeg_bytes,
    photographs_by_name,
    read_photograph,
    small_pixels,
)

TRUTH = "truth"
"""Name of the true colors among the methods."""

CATCH = "catch"
"""The part of a catch pair, and its method: colors of another photograph."""

MOST_BYTES = 100_000_000
"""Largest page; browsers of phones fail on larger ones."""

_CATCH_SHARE = 0.1
_DONORS = 8


class Study:
    """A study before it is written.

    Args:
        kind: `naturalness` or `real-or-colorized`.
        seed: number that decides the ids of the pictures, and whatever else is drawn.

    Attributes:
        generator: numpy.random.Generator of the seed.
        data: what the page needs beside its pictures, with opaque ids alone.
        pictures: dict of opaque id to JPEG bytes.
        meaning: dict of opaque id to dict with the method, the relative path and the part.
        settings: dict of what the study was made with, the seed among it.
    """

    def __init__(self, kind, seed):
        self.kind, self.generator = kind, np.random.default_rng(seed)
        self.data, self.pictures, self.meaning, self.settings = {"side": 0}, {}, {}, {"seed": seed}

    def add(self, pixels, method, path, part="test"):
        """Adds a picture, uint8 sRGB (h, w, 3), and returns its opaque id.

        `path` is that of the photograph, relative; `part` is `test`, `practice` or `catch`.
        Raises InputError if the page would be larger than browsers show.
        """
        name = self.generator.bytes(8).hex()
        self.pictures[name] = jpeg_bytes(pixels)
        self.meaning[name] = {"method": method, "path": path, "part": part}
        # The place that the page keeps for all of them.
        self.data["side"] = max(self.data["side"], *pixels.shape[:2])
        # In base64.
        if sum(map(len, self.pictures.values())) * 4 // 3 > MOST_BYTES:
            raise InputError(
                f"expected a page of at most {MOST_BYTES / 1e6:.0f} MB, received more: lower "
                "--size or the number of pictures"
            )
        return name


def make_naturalness(
    methods, seed, *, size=224, max_pictures=None, per_participant=None, on_picture=lambda: None
):
    """Makes a `Study` of naturalness: does this image look natural to you?

    Iizuka et al. 2016, section 4.3: pictures of every method and true ones, mixed at random, one
    at a time; each participant judges equally many of each.

    Args:
        methods: dict of name to folder, at least two, see `method_folders`.
        seed: number that decides which photographs are taken and the ids of the pictures.
        size: long side in pixels.
        max_pictures: number of photographs on the page, each in all versions; None for all.
        per_participant: number of these that each participant judges; None for all.
        on_picture: called without arguments after each photograph.

    Raises:
        PhotographError: if photographs are missing, unreadable or differ in size.
        InputError: if there is only one method, or the page is too large.
    """
    if len(methods) < 2:
        raise InputError("expected at least two folders to compare, received one; --truth counts")
    study, paths, photographs = Study("naturalness", seed), paired_photographs(methods), []
    for path in sorted(study.generator.permutation(list(paths))[:max_pictures].tolist()):
        versions = read_versions(paths[path], size)
        photographs.append(sorted(study.add(versions[name], name, path) for name in versions))
        on_picture()
    judged = min(per_participant or len(photographs), len(photographs))
    study.data |= {"photographs": sorted(photographs), "perParticipant": judged}
    expected = judged * len(methods)
    study.settings |= {"size": size, "methods": list(methods), "expected_votes": expected}
    return study


def make_real_or_colorized(
    methods, seed, *, size=256, trials=40, practice=10, on_picture=lambda: None
):
    """Makes the `Study` of one method's colorization Turing test: which of the two was colorized?

    Zhang, Isola and Efros 2016, section 3.1: the photograph and its colorized version, each shown
    for one second at 256 x 256; 10 practice pairs with feedback, then 40 pairs of which a tenth
    show colors of another photograph, which an attentive participant finds.

    Args:
        methods: dict of name to folder: one method and `truth`, see `method_folders`.
        seed: number that decides which photographs are taken and the ids of the pictures.
        size: long side in pixels.
        trials: pairs of a session, a tenth of them (at least one) catch pairs.
        practice: pairs with feedback before these, which do not count.
        on_picture: called without arguments after each pair is read.

    Raises:
        PhotographError: if photographs are missing, unreadable or differ in size.
        InputError: if it is not one method, photographs are too few, or the page is too large.
    """
    names = [name for name in methods if name != TRUTH]
    if len(names) != 1 or TRUTH not in methods or names == [CATCH]:
        raise InputError(
            f"expected one method, not called {TRUTH!r} or {CATCH!r}, and the true pictures, "
            f"received {', '.join(methods)}"
        )
    if trials < 2:
        raise InputError(
            f"expected at least 2 trials, of which one is a catch trial, received {trials}"
        )
    catches = max(1, round(_CATCH_SHARE * trials))
    parts = ["practice"] * practice + [CATCH] * catches + ["test"] * (trials - catches)
    study, paths, versions = Study("real-or-colorized", seed), paired_photographs(methods), {}
    if len(paths) < len(parts):
        raise InputError(
            f"expected at least {len(parts)} photographs, one for each trial and each practice "
            f"pair, received {len(paths)}: lower --trials or --practice"
        )
    for path in study.generator.permutation(list(paths))[: len(parts)].tolist():
        versions[path] = read_versions(paths[path], size)
        on_picture()
    study.data |= {"practice": [], "pairs": []}
    for (path, version), part in zip(versions.items(), parts, strict=True):
        if part == CATCH:
            wrong = _wrong_colors(path, versions, study.generator)
            version = {TRUTH: version[TRUTH], CATCH: wrong}
        ids = {method: study.add(pixels, method, path, part) for method, pixels in version.items()}
        pair = sorted(ids.values())
        if part == "practice":
            # The page gives feedback on these alone, so of these alone it knows the answer.
            study.data["practice"].append({"pair": pair, "colorized": ids[names[0]]})
        else:
            study.data["pairs"].append(pair)
    study.data["pairs"].sort()
    study.settings |= {"size": size, "methods": names, "expected_votes": len(parts)}
    return study


def method_folders(words, truth=None):
    """Reads which folder is which method: a dict of name to Path, in the given order.

    Args:
        words: list of `NAME=DIR` or `DIR`, which is called like its folder.
        truth: folder of true colors, which joins the methods as `truth`, or None.

    Raises:
        InputError: if two methods have the same name, or one is called `truth` beside `truth`.
    """
    methods = {}
    for word in [*words, f"{TRUTH}={truth}"] if truth else words:
        name, equals, folder = word.partition("=")
        if not (equals and name) or Path(word).is_dir():
            name, folder = Path(word).resolve().name, word
        if name in methods:
            raise InputError(
                f"expected a name of its own for each folder (NAME=DIR), received {name} twice"
            )
        methods[name] = Path(folder)
    return methods


def paired_photographs(methods):
    """Finds the photographs that every method has; suffixes may differ.

    Args:
        methods: dict of name to folder.

    Returns:
        dict of relative POSIX path without suffix, sorted, to dict of method to Path.

    Raises:
        PhotographError: if a folder is none, has no photographs, lacks one that another has, or
            has two of one name.
    """
    found = {}
    for name, folder in methods.items():
        found[name] = {}
        for relative, (path, *others) in photographs_by_name(folder).items():
            if others:
                raise PhotographError(
                    f"{others[0]}: expected one picture of this name, found {path} too."
                )
            found[name][relative] = path
    everything = sorted(set().union(*found.values()))
    for name, paths in found.items():
        lacking = [relative for relative in everything if relative not in paths]
        if lacking:
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            raise PhotographError(
                f"{methods[name]}: expected the same photographs as in the other folders, "
                f"found no {', '.join(lacking[:3])}{more}."
            )
    return {path: {name: paths[path] for name, paths in found.items()} for path in everything}


def read_versions(paths, size):
    """Reads a photograph of all methods, uint8 (h, w, 3); `PhotographError` if sizes differ."""
    versions, first = {}, None
    for name, path in paths.items():
        photograph = read_photograph(path)
        height, width = photograph.pixels.shape[:2]
        first = first or (height, width)
        # Another size would be scaled another way, and its sharpness would tell the method.
        if (height, width) != first:
            raise PhotographError(
                f"{path}: expected {first[1]} x {first[0]} pixels as in the other folders, "
                f"received {width} x {height}."
            )
        versions[name] = small_pixels(photograph, size)
    return versions


def _wrong_colors(path, versions, generator):
    """Lays the least fitting colors of a few other photographs over the lightness of one."""
    # Here, as nothing else of a study needs Keras, which takes seconds.
    from keras import ops

    from keras_colorize.color import reduce_chroma_to_gamut, rgb_to_lab

    def read(name):
        return rgb_to_lab(versions[name][TRUTH].astype(np.float32) / 255.0)

    lab, others = read(path), [other for other in versions if other != path]
    drawn = [others[i] for i in generator.permutation(len(others))[:_DONORS]]
    donors = [ops.image.resize(read(name)[..., 1:], lab.shape[:2]) for name in drawn]
    distances = [float(ops.mean(ops.norm(ab - lab[..., 1:], axis=-1))) for ab in donors]
    ab = donors[int(np.argmax(distances))]
    rgb = reduce_chroma_to_gamut(ops.concatenate([lab[..., :1], ab], axis=-1))
    return np.rint(255.0 * ops.convert_to_numpy(rgb)).astype(np.uint8)
