"""Packs folders of photographs into a training store.

    python trainers/pack_store.py --source=holidays=~/photos --source=cars=~/cars,limit=4000 \
        --without=validation/ --store=store/

Every picture is brought to --side pixels on its short side. Left out and counted are files that
cannot be read, pictures that are too small, near-grey or toned, and those that look like another
one, like a picture in a folder of --without, or are named in --exclude. The parts are random
samples of the whole, each small enough to be sent alone: `train_packed.py` trains from them.
"""

import collections
import concurrent.futures
import functools
import json
import pathlib

import numpy as np
from absl import app, flags, logging
from PIL import Image, ImageOps

from keras_colorize.io import PhotographError, find_photographs, read_photograph, to_pil
from keras_colorize.io.atomic import write_file
from keras_colorize.io.photograph import is_near_grey
from packed import encode_picture, write_part

FLAGS = flags.FLAGS
flags.DEFINE_multi_string(
    "source",
    None,
    "NAME=FOLDER[,limit=N][,swap]: a collection; at most N of its pictures; swap exchanges red "
    "and blue. The label of a picture is its folder below FOLDER.",
    required=True,
)
flags.DEFINE_multi_string("without", [], "Folders whose pictures must not be learned from.")
flags.DEFINE_string("exclude", None, "Text file; its third column (tabs) ends paths to leave out.")
flags.DEFINE_string("store", None, "Folder to write.", required=True)
flags.DEFINE_integer("side", 192, "Pixels of the short side; smaller pictures stay as they are.")
flags.DEFINE_integer("smallest", 64, "Pictures with a shorter short side are left out.")
flags.DEFINE_integer("quality", 75, "WebP quality.")
flags.DEFINE_float("longest_aspect", 1.5, "Long over short side; longer pictures are cropped.")
flags.DEFINE_integer("part_megabytes", 56, "Size of a part.")
flags.DEFINE_integer("seed", 0, "Seed of the order.")

PACKED = "packed"
"""The verdict on a picture that is in the store; others say why it is not."""
ALIKE, ALIKE_TEST = 0.99, 0.975
"""Correlation of thumbnails above which pictures count as the same."""
THUMBNAIL = 12


def main(_):
    """Packs the store and writes `report.json` beside the parts."""
    store = pathlib.Path(FLAGS.store)
    store.mkdir(parents=True)
    sources = [_parsed(source) for source in FLAGS.source]
    limits = {name: limit for name, limit, *_ in sources}
    listed = [entry for source in sources for entry in _listed(*source)]
    np.random.default_rng(FLAGS.seed).shuffle(listed)
    tests = [path for folder in FLAGS.without for path in _photographs(folder)]
    names = "side", "smallest", "quality", "longest_aspect"
    pack = functools.partial(_packed, **{name: FLAGS[name].value for name in names})
    with concurrent.futures.ProcessPoolExecutor() as pool:
        tests = [x for x in pool.map(_thumbnail_of, tests, chunksize=64) if x is not None]
        logging.info("%d pictures to keep apart", len(tests))
        looked_at = list(pool.map(pack, listed, chunksize=64))
    thumbnails = [thumbnail for _, _, thumbnail in looked_at if thumbnail is not None]
    judged = iter(_judged(np.stack(thumbnails), np.stack(tests) if tests else None))
    counts = collections.defaultdict(collections.Counter)
    part, size, number = [], 0, 0
    for (name, label, *_), (verdict, picture, _) in zip(listed, looked_at, strict=True):
        verdict = next(judged) if picture else verdict
        if verdict == PACKED and limits[name] and counts[name][PACKED] >= limits[name]:
            verdict = "over the limit"
        counts[name][verdict] += 1
        if verdict == PACKED:
            part.append((picture, f"{name}/{label}"))
            size += len(picture)
        if size > FLAGS.part_megabytes * 2**20:
            _write(store, number, part)
            part, size, number = [], 0, number + 1
    if part:
        _write(store, number, part)
    report = {name: dict(sorted(counter.items())) for name, counter in sorted(counts.items())}
    write_file(store / "report.json", json.dumps(report, indent=2) + "\n", overwrite=True)
    for name, counter in report.items():
        logging.info("%s: %s", name, ", ".join(f"{n} {what}" for what, n in counter.items()))


def _parsed(source):
    """Returns the name, limit (0 for none), whether to swap red and blue, and the folder."""
    name, _, rest = source.partition("=")
    folder, *options = rest.split(",")
    given = dict(option.partition("=")[::2] for option in options)
    if not folder or set(given) - {"limit", "swap"}:
        raise ValueError(f"Expected NAME=FOLDER[,limit=N][,swap], received {source!r}.")
    return name, int(given.get("limit", 0)), "swap" in given, pathlib.Path(folder).expanduser()


def _listed(name, limit, swap, folder):
    """Returns a name, label, path and whether to swap for each picture of a collection."""
    excluded = ()
    if FLAGS.exclude:
        lines = pathlib.Path(FLAGS.exclude).read_text(encoding="utf-8").splitlines()
        excluded = tuple(line.split("\t")[2] for line in lines if line.count("\t") >= 2)
    paths = [path for path in _photographs(folder) if not str(path).endswith(excluded)]
    np.random.default_rng(FLAGS.seed).shuffle(paths)
    # A fifth more than the limit, for some will be left out.
    paths = paths[: limit * 6 // 5] if limit else paths
    return [(name, x.relative_to(folder).parent.as_posix(), x, swap) for x in paths]


def _photographs(folder):
    return [path for path, _ in find_photographs([pathlib.Path(folder).expanduser()])]


def _opened(path):
    image = to_pil(read_photograph(path))
    if image.mode == "RGBA":
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image).convert("RGB")
    return image


def _packed(entry, side, smallest, quality, longest_aspect):
    """Returns `PACKED`, a WebP and a thumbnail; or why it is left out, and twice None."""
    *_, path, swap = entry
    try:
        image = _opened(path)
    except PhotographError:
        return "unreadable", None, None
    short = min(image.size)
    if short < smallest:
        return "too small", None, None
    scale = min(1.0, side / short)
    size = [round(scale * min(length, longest_aspect * short)) for length in image.size]
    image = ImageOps.fit(image, size, Image.Resampling.BICUBIC)
    if swap:
        image = Image.merge("RGB", image.split()[::-1])
    if is_near_grey(np.asarray(image)):
        return "near-grey", None, None
    return PACKED, encode_picture(image, quality), _thumbnail(image)


def _thumbnail(image):
    small = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    pixels = np.asarray(small, "float32").reshape(-1)
    pixels = pixels - pixels.mean()
    return pixels / max(np.linalg.norm(pixels), 1e-6)


def _thumbnail_of(path):
    try:
        return _thumbnail(_opened(path))
    except PhotographError:
        return None


def _judged(thumbnails, tests, block=2048):
    """Returns a verdict on each picture; the first of several that look alike stays."""
    verdicts = np.full(len(thumbnails), PACKED, dtype=object)
    for start in range(0, len(thumbnails), block):
        rows = thumbnails[start : start + block]
        alike = rows @ thumbnails[: start + len(rows)].T > ALIKE
        alike &= np.arange(alike.shape[1]) < start + np.arange(len(rows))[:, None]
        verdicts[start : start + block][alike.any(axis=1)] = "a copy"
        if tests is not None:
            copies = (rows @ tests.T > ALIKE_TEST).any(axis=1)
            verdicts[start : start + block][copies] = "like a test picture"
    return verdicts


def _write(store, number, part):
    pictures, labels = zip(*part, strict=True)
    write_part(store / f"part-{number:03d}.npz", pictures, labels)
    logging.info("part %d: %d pictures", number, len(part))


if __name__ == "__main__":
    app.run(main)
