"""The two questions of user studies: pages that need no server, and keys that stay at home."""

import base64
import hashlib
import json
from importlib import resources
from pathlib import Path

import numpy as np

from keras_colorize import __version__
from keras_colorize.errors import expect
from keras_colorize.io import photographs_by_name, read_photograph
from keras_colorize.io.atomic import atomic_file
from keras_colorize.io.photograph import jpeg_bytes, small_pixels

TRUTH, CATCH = "truth", "catch"
"""Methods of true colors, and of catch pairs: the colors of another photograph."""

KEY_FORMAT, VOTES_FORMAT = "keras-colorize study key 1", "keras-colorize study votes 1"

MOST_BYTES = 100_000_000
"""Largest page; browsers of phones fail on larger ones."""

_TITLES = {"naturalness": "Natural or not?", "real-or-colorized": "Real or colorized?"}


class Study:
    """A study before it is written: the dict that the `page` shows, and the `key` to its ids."""

    def __init__(self, kind, seed, size, methods):
        self.generator = np.random.default_rng(seed)
        self.page = {"kind": kind, "format": VOTES_FORMAT, "side": 0, "pictures": {}}
        self.key = {"format": KEY_FORMAT, "kind": kind, "version": __version__, "seed": seed}
        self.key |= {"size": size, "methods": methods, "pictures": {}}

    def add(self, pixels, method, path, part="test"):
        """Adds a picture, uint8 sRGB (h, w, 3); returns its id."""
        name = self.generator.bytes(8).hex()
        self.page["pictures"][name] = base64.b64encode(jpeg_bytes(pixels)).decode()
        self.key["pictures"][name] = {"method": method, "path": path, "part": part}
        # The place that the page keeps for all of them.
        self.page["side"] = max(self.page["side"], *pixels.shape[:2])
        fits = sum(map(len, self.page["pictures"].values())) <= MOST_BYTES
        expect(fits, f"up to {MOST_BYTES / 1e6:.0f} MB: lower --size or the number of pictures")
        return name


def make_naturalness(
    methods, seed, *, size=224, max_pictures=None, per_participant=None, track=iter
):
    """Makes the `Study` of naturalness: does this image look natural to you?

    Pictures of every method and true ones, mixed, one at a time (Iizuka et al. 2016, section 4.3);
    `methods` is a dict of name to folder. None takes all photographs into the page, and lets each
    participant judge all of them; `track` iterates over them and may show how far it is.
    """
    expect(len(methods) > 1, "two folders or more to compare, received one; --truth counts")
    study, paths = Study("naturalness", seed, size, list(methods)), _paired_photographs(methods)
    photographs = []
    for path in track(sorted(study.generator.permutation(list(paths))[:max_pictures].tolist())):
        versions = _read_versions(paths[path], size)
        photographs.append(sorted(study.add(versions[name], name, path) for name in versions))
    judged = min(per_participant or len(photographs), len(photographs))
    study.page |= {"photographs": sorted(photographs), "perParticipant": judged}
    study.key["expected_votes"] = judged * len(methods)
    return study


def make_real_or_colorized(methods, seed, *, size=256, trials=40, practice=10, track=iter):
    """Makes the `Study` of one method's colorization Turing test: which of the two was colorized?

    A photograph and its colorized version, each for a second (Zhang et al. 2016, section 3.1). A
    tenth of the `trials` are catch pairs with colors of another photograph, which an attentive
    participant finds; `practice` pairs come before and do not count.
    """
    names = [name for name in methods if name != TRUTH]
    fits = len(names) == 1 and TRUTH in methods and names != [CATCH]
    expect(fits, f"one method beside {TRUTH!r}, not {CATCH!r}, received {', '.join(methods)}")
    catches = max(1, round(0.1 * trials))
    parts = ["practice"] * practice + [CATCH] * catches + ["test"] * (trials - catches)
    study, paths = Study("real-or-colorized", seed, size, names), _paired_photographs(methods)
    received = f"received {len(paths)}: lower --trials or --practice"
    expect(len(paths) >= len(parts), f"{len(parts)} photographs or more, {received}")
    drawn = study.generator.permutation(list(paths))[: len(parts)].tolist()
    versions = {path: _read_versions(paths[path], size) for path in track(drawn)}
    study.page |= {"practice": [], "pairs": []}
    for path, part in zip(drawn, parts, strict=True):
        version = versions[path]
        if part == CATCH:
            wrong = _wrong_colors(path, versions, study.generator)
            version = {TRUTH: version[TRUTH], CATCH: wrong}
        ids = {method: study.add(pixels, method, path, part) for method, pixels in version.items()}
        pair = sorted(ids.values())
        if part == "practice":
            # The page gives feedback on these alone, so of these alone it knows the answer.
            study.page["practice"].append({"pair": pair, "colorized": ids[names[0]]})
        else:
            study.page["pairs"].append(pair)
    study.page["pairs"].sort()
    study.key["expected_votes"] = len(parts)
    return study


def method_folders(words, truth=None):
    """Dict of name to Path of words `NAME=DIR`, or `DIR`, called like its folder; and `truth`."""
    methods = {}
    for word in [*words, f"{TRUTH}={truth}"] if truth else words:
        name, equals, folder = word.partition("=")
        if not (equals and name) or Path(word).is_dir():
            name, folder = Path(word).resolve().name, word
        expect(name not in methods, f"a name of its own (NAME=DIR), received {name} twice")
        methods[name] = Path(folder)
    return methods


def _paired_photographs(methods):
    """Dict of relative path without suffix, sorted, to dict of method to Path."""
    found = {method: photographs_by_name(folder) for method, folder in methods.items()}
    names = sorted(set().union(*found.values()))
    for method, paths in found.items():
        wrong = [name for name in names if len(paths.get(name, ())) != 1]
        listed = ", ".join(wrong[:3]) + (f" and {len(wrong) - 3} more" if wrong[3:] else "")
        expect(not wrong, f"every photograph once, not none or two of {listed}", methods[method])
    return {name: {method: paths[name][0] for method, paths in found.items()} for name in names}


def _read_versions(paths, size):
    """Dict of method to pixels, uint8 (h, w, 3), of one photograph."""
    photographs = {method: read_photograph(path) for method, path in paths.items()}
    sides = {photographs[method].pixels.shape[1::-1]: paths[method] for method in paths}
    # Another size would be scaled another way, and its sharpness would tell the method.
    received = ", ".join(f"{path} of {x} x {y} pixels" for (x, y), path in sides.items())
    expect(len(sides) == 1, f"one size in all folders, received {received}")
    return {method: small_pixels(read, size) for method, read in photographs.items()}


def _wrong_colors(path, versions, generator):
    """Lays the least fitting colors of a few other photographs over the lightness of one."""
    # Nothing else of a study needs Keras, which takes seconds.
    from keras import ops

    from keras_colorize.color import reduce_chroma_to_gamut, rgb_to_lab

    def read(name):
        return rgb_to_lab(versions[name][TRUTH].astype(np.float32) / 255.0)

    lab, others = read(path), [other for other in versions if other != path]
    drawn = [others[i] for i in generator.permutation(len(others))[:8]]
    donors = [ops.image.resize(read(name)[..., 1:], lab.shape[:2]) for name in drawn]
    ab = max(donors, key=lambda ab: float(ops.mean(ops.norm(ab - lab[..., 1:], axis=-1))))
    rgb = reduce_chroma_to_gamut(ops.concatenate([lab[..., :1], ab], axis=-1))
    return np.rint(255.0 * ops.convert_to_numpy(rgb)).astype(np.uint8)


def check_paths(path, overwrite=False):
    """Returns the paths of page and key: `page.html`, `page.key.json`; InputError if they exist."""
    path = Path(path)
    paths = path, path.with_suffix(".key.json")
    expect(path.suffix.lower() in (".html", ".htm"), "a page that ends in .html", path)
    for one in paths:
        expect(overwrite or not one.exists(), "a new file, but it exists (--overwrite)", one)
    return paths


def write_study(study, path, overwrite=False):
    """Writes the page of a `Study` and its key; returns the key's path and the page's bytes."""
    # Sorted by their random ids, pictures come in an order that says nothing.
    data = study.page | {"pictures": dict(sorted(study.page["pictures"].items()))}
    # The page's id is a digest of all that it shows.
    number = hashlib.sha256(_json(data).encode()).hexdigest()[:16]
    folder, kind = resources.files(__package__), data["kind"]
    names = ("study.html", "study.css", "session.js", f"{kind.replace('-', '_')}.js")
    page, style, *scripts = (folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    script = "".join(scripts)
    # Nothing may be loaded, sent or run but what stands in the page.
    policy = f"default-src 'none'; img-src data:; style-src {_digest(style)}; "
    policy += f"script-src {_digest(script)}; base-uri 'none'; form-action 'none'"
    parts = {"title": _TITLES[kind], "policy": policy, "style": style, "script": script}
    for name, text in {**parts, "data": _json({"page": number, **data})}.items():
        page = page.replace(f"[[{name}]]", text)
    page_path, key_path = check_paths(path, overwrite)
    # Both files are open before one appears: a page without its key would be of no use.
    with atomic_file(page_path, overwrite) as stream, atomic_file(key_path, overwrite) as beside:
        stream.write(page.encode())
        beside.write(json.dumps({"page": number, **study.key}, indent=1).encode())
    return key_path, len(page)


def _digest(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _json(value):
    # "</script>" inside a string would end the element that holds it.
    return json.dumps(value, separators=(",", ":")).replace("<", "\\u003c")
