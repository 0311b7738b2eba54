"""Packs folders of photographs into a training store.

    python trainers/pack_store.py --source=holidays=~/photos --source=cars=~/cars,limit=4000 \
        --without=validation/ --store=store/

Every picture is brought to --side pixels on its short side. Left out and counted are files that
cannot be read, pictures that are too small, near-grey or tinted, and those that look like another
one, like a picture in a folder of --without, or are named in --exclude. The parts are random
samples of the whole, each small enough to be sent alone: `train_packed.py` trains from them.
"""

import collections
import concurrent.futures
import json
import pathlib

import numpy as np
from absl import app, flags, logging
from PIL import Image, ImageOps
from skimage import color

from keras_colorize.io.atomic import write_file
from keras_colorize.io.packed import encode_picture, write_part

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

SUFFIXES = {".jpg", ".jpeg", ".png", ".bmp", ".webp"}
NEAR_GREY = 6.0
"""Mean chroma in CIELAB below which a picture teaches no color."""
TINTED = 2.0
"""Deviation of ab, in CIELAB units, from a curve over L* below which a picture is a toned one."""
ALIKE, ALIKE_TEST = 0.99, 0.975
"""Correlation of thumbnails above which pictures count as the same."""
THUMBNAIL = 12


def main(_):
    """Packs the store and writes `report.json` beside the parts."""
    store = pathlib.Path(FLAGS.store)
    store.mkdir(parents=True)
    listed = [entry for source in FLAGS.source for entry in _listed(source)]
    np.random.default_rng(FLAGS.seed).shuffle(listed)
    counts = collections.defaultdict(collections.Counter)
    kept, thumbnails, encoded = [], [], []
    limits = {name: limit for name, limit, *_ in map(_parsed, FLAGS.source)}
    settings = FLAGS.side, FLAGS.smallest, FLAGS.quality, FLAGS.longest_aspect
    with concurrent.futures.ProcessPoolExecutor() as pool:
        tests = [path for folder in FLAGS.without for path in _pictures(folder)]
        tests = [one for one in pool.map(_thumbnail_of, tests, chunksize=64) if one is not None]
        logging.info("%d pictures to keep apart", len(tests))
        packed = pool.map(_packed, listed, [settings] * len(listed), chunksize=64)
        for (name, label, *_), (verdict, picture, thumbnail) in zip(listed, packed, strict=True):
            counts[name][verdict] += 1
            if verdict == "kept":
                kept.append((name, label))
                encoded.append(picture)
                thumbnails.append(thumbnail)
    verdicts = _judged(np.stack(thumbnails), np.stack(tests) if tests else None)
    part, size, number = [], 0, 0
    for entry, picture, verdict in zip(kept, encoded, verdicts, strict=True):
        name, label = entry
        if verdict == "kept" and limits[name] and counts[name]["packed"] >= limits[name]:
            verdict = "over the limit"
        if verdict != "kept":
            counts[name]["kept"] -= 1
            counts[name][verdict] += 1
            continue
        counts[name]["packed"] += 1
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


def _listed(source):
    name, limit, swap, folder = _parsed(source)
    excluded = ()
    if FLAGS.exclude:
        lines = pathlib.Path(FLAGS.exclude).read_text(encoding="utf-8").splitlines()
        excluded = tuple(line.split("\t")[2] for line in lines if line.count("\t") >= 2)
    paths = [path for path in _pictures(folder) if not str(path).endswith(excluded or ("\0",))]
    np.random.default_rng(FLAGS.seed).shuffle(paths)
    # A fifth more than the limit, for some will be left out.
    paths = paths[: limit * 6 // 5] if limit else paths
    return [(name, _label(path, folder), str(path), swap) for path in paths]


def _label(path, folder):
    return path.relative_to(folder).parent.as_posix()


def _pictures(folder):
    paths = sorted(pathlib.Path(folder).expanduser().rglob("*"))
    return [path for path in paths if path.suffix.lower() in SUFFIXES]


def _opened(path, side):
    with Image.open(path) as image:
        image.draft("RGB", (2 * side, 2 * side))
        image = ImageOps.exif_transpose(image)
        if image.mode in ("RGBA", "LA", "PA") or "transparency" in image.info:
            image = image.convert("RGBA")
            white = Image.new("RGBA", image.size, "white")
            image = Image.alpha_composite(white, image)
        return image.convert("RGB")


def _packed(entry, settings):
    _, _, path, swap = entry
    side, smallest, quality, longest = settings
    try:
        image = _opened(path, side)
    except Exception as fault:  # Pillow raises what it likes for damaged files.
        return f"unreadable ({type(fault).__name__})", None, None
    short = min(image.size)
    if short < smallest:
        return "too small", None, None
    limit = round(short * longest)
    if max(image.size) > limit:
        image = ImageOps.fit(image, [min(length, limit) for length in image.size])
    if short > side:
        size = [round(length * side / short) for length in image.size]
        image = image.resize(size, Image.Resampling.BICUBIC, reducing_gap=3.0)
    if swap:
        image = Image.merge("RGB", image.split()[::-1])
    verdict = _colored(image)
    if verdict != "kept":
        return verdict, None, None
    return "kept", encode_picture(image, quality), _thumbnail(image)


def _colored(image):
    lab = color.rgb2lab(np.asarray(image.resize((48, 48), Image.Resampling.BOX)))
    lightness, ab = lab[..., 0].ravel(), lab[..., 1:].reshape(-1, 2)
    if np.hypot(*ab.T).mean() < NEAR_GREY:
        return "near-grey"
    curve = np.vander(lightness / 100.0, 4)
    rest = ab - curve @ np.linalg.lstsq(curve, ab, rcond=None)[0]
    return "kept" if np.sqrt((rest**2).sum(axis=1).mean()) > TINTED else "tinted"


def _thumbnail(image):
    small = image.resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BOX)
    pixels = np.asarray(small, "float32").reshape(-1)
    pixels = pixels - pixels.mean()
    return pixels / max(np.linalg.norm(pixels), 1e-6)


def _thumbnail_of(path):
    try:
        return _thumbnail(_opened(path, 4 * THUMBNAIL))
    except OSError:
        return None


def _judged(thumbnails, tests, block=2048):
    """Returns "kept" or why not for each picture; the first of several that look alike stays."""
    verdicts = np.full(len(thumbnails), "kept", dtype=object)
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
