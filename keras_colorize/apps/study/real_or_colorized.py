"""The colorization Turing test: which of the two was colorized?

Zhang, Isola and Efros 2016, section 3.1: the photograph and its colorized version, each shown for
one second at 256 x 256, then any time to answer; 10 practice pairs with feedback, then 40 pairs
of which a tenth show colors of another photograph, which an attentive participant finds.
"""

import numpy as np
from keras import ops

from keras_colorize.apps.study.methods import TRUTH, paired_photographs, read_versions
from keras_colorize.apps.study.page import Pictures, Study
from keras_colorize.color import reduce_chroma_to_gamut, rgb_to_lab

SIZE = 256
"""Long side in pixels of the pictures shown."""

TRIALS, PRACTICE = 40, 10
"""Pairs that count, catch pairs among them, and practice pairs before these."""

CATCH = "catch"
"""The part of a catch pair, and its method: colors of another photograph."""

_CATCH_SHARE = 0.1
_DONORS = 8


def make_real_or_colorized(
    methods,
    seed,
    *,
    size=SIZE,
    trials=TRIALS,
    practice=PRACTICE,
    on_picture=lambda: None,
):
    """Makes a real-or-colorized test of one method.

    Args:
        methods: dict of name to folder: one method and `truth`, see `method_folders`.
        seed: number that decides which photographs are taken and the ids of the pictures.
        size: long side in pixels.
        trials: pairs of a session, a tenth of them (at least one) catch pairs.
        practice: pairs with feedback before these, which do not count.
        on_picture: called without arguments after each pair is read.

    Returns:
        A `Study`.

    Raises:
        PhotographError: if photographs are missing, unreadable or differ in size.
        ValueError: if it is not one method, there are too few photographs, or the page is too
            large.
    """
    name = _only_method(methods)
    parts = _parts(trials, practice)
    generator = np.random.default_rng(seed)
    paths, versions = paired_photographs(methods), {}
    for path in _chosen(paths, parts, generator):
        versions[path] = read_versions(paths[path], size)
        on_picture()
    pictures = Pictures(generator)
    data = {"practice": [], "pairs": []}
    for (path, version), part in zip(versions.items(), parts, strict=True):
        if part == CATCH:
            version = {TRUTH: version[TRUTH], CATCH: _wrong_colors(path, versions, generator)}
        ids = {made: pictures.add(pixels, made, path, part) for made, pixels in version.items()}
        if part == "practice":
            # The page gives feedback on these alone, so of these alone it knows the answer.
            data["practice"].append({"pair": sorted(ids.values()), "colorized": ids[name]})
        else:
            data["pairs"].append(sorted(ids.values()))
    data["pairs"].sort()
    data["side"] = pictures.longest_side
    settings = {"seed": seed, "size": size, "methods": [name], "expected_votes": len(parts)}
    return Study("real-or-colorized", data, pictures.encoded, pictures.meaning, settings)


def _only_method(methods):
    names = [name for name in methods if name != TRUTH]
    if len(names) != 1 or TRUTH not in methods or names == [CATCH]:
        raise ValueError(
            f"expected one method, not called {TRUTH!r} or {CATCH!r}, and the true pictures, got "
            f"{', '.join(methods)}"
        )
    return names[0]


def _parts(trials, practice):
    catches = max(1, round(_CATCH_SHARE * trials))
    if trials <= catches:
        raise ValueError(f"expected at least 2 trials, of which one is a catch trial, got {trials}")
    return ["practice"] * practice + [CATCH] * catches + ["test"] * (trials - catches)


def _chosen(paths, parts, generator):
    if len(paths) < len(parts):
        raise ValueError(
            f"expected at least {len(parts)} photographs, one for each trial and each practice "
            f"pair, got {len(paths)}: lower --trials or --practice"
        )
    return generator.permutation(list(paths))[: len(parts)].tolist()


def _wrong_colors(path, versions, generator):
    """Lays the least fitting colors of a few other photographs over the lightness of one."""
    others = [other for other in versions if other != path]
    drawn = generator.permutation(len(others))[:_DONORS]
    lab = _lab(versions[path][TRUTH])
    donors = [_lab(versions[others[index]][TRUTH])[..., 1:] for index in drawn]
    donors = [ops.image.resize(ab, lab.shape[:2]) for ab in donors]
    distances = [float(ops.mean(ops.norm(ab - lab[..., 1:], axis=-1))) for ab in donors]
    ab = donors[int(np.argmax(distances))]
    rgb = reduce_chroma_to_gamut(ops.concatenate([lab[..., :1], ab], axis=-1))
    return np.rint(255.0 * ops.convert_to_numpy(rgb)).astype(np.uint8)


def _lab(pixels):
    return rgb_to_lab(pixels.astype(np.float32) / 255.0)
