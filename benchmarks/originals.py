"""Old and odd originals: how far the colors of a photograph move when it is scanned otherwise.

Twins of grey photographs, dark, flat, framed, squeezed and negative ones, are colorized with the
options for them off and on. Their a and b are compared with those of the plain photograph, whose
own error says whether the options harm it:

    python benchmarks/originals.py vivid photographs/ --limit 120
"""

import argparse

import numpy as np

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import as_grey, measured_paths, scaled_rgb
from keras_colorize.inference.compose import resize_bicubic
from keras_colorize.inference.pixels import lightness_of

LONG_SIDE = 512
OFF = {"levels": False, "border": False}


def main():
    """Prints a table, a row per twin."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("preset", help="name or folder of a preset")
    parser.add_argument("folder", help="folder of color photographs")
    parser.add_argument("--limit", type=int, help="take the first N")
    options = parser.parse_args()
    on = Colorizer.from_preset(options.preset)
    off, found, same = on.replace(**OFF), {}, 0
    paths = measured_paths(options.folder, options.limit)
    for path in paths:
        rgb = scaled_rgb(path, LONG_SIDE)
        lightness = lightness_of(rgb)
        rgb = np.broadcast_to(rgb, (*rgb.shape[:2], 3))
        true, plain = np.asarray(rgb_to_lab(rgb))[..., 1:], predicted(off, as_grey(lightness))
        mended = predicted(on, as_grey(lightness))
        same += np.array_equal(plain, mended)
        found.setdefault("untouched", []).append([*figures(plain, true), *figures(mended, true)])
        for name, (twin, inside, more) in twins(lightness).items():
            pair = (predicted(off, twin)[inside], predicted(on.replace(**more), twin)[inside])
            pair = (resize_bicubic(ab[None], plain.shape[:2])[0] for ab in pair)
            row = [value for ab in pair for value in figures(ab, plain)]
            found.setdefault(name, []).append(row)
    print("| twin | color, % | ab distance | with options: color, % | ab distance |")
    print("|---" * 5 + "|")
    for name, rows in found.items():
        had, moved, has, moves = np.mean(rows, axis=0)
        whole = np.mean(found["untouched"], axis=0)[0]
        cells = 100 * had / whole, moved, 100 * has / whole, moves
        print(f"| {name} | {cells[0]:.0f} | {cells[1]:.2f} | {cells[2]:.0f} | {cells[3]:.2f} |")
    print(f"\n{len(paths)} photographs, of which {same} are the same with options as without.")
    print("Untouched: the distance is that to the true colors.")


def predicted(colorizer, picture):
    """Predicted a and b (H, W, 2) of a picture, 0 where the border was left out."""
    one = colorizer.preprocess(picture)
    ab = colorizer.saturation * colorizer.predict([one])
    whole = np.zeros((*picture.shape[:2], 2), "float32")
    whole[one.box] = resize_bicubic(ab, whole[one.box].shape[:2])[0]
    return whole


def figures(ab, other):
    """Mean chroma, and mean distance to other a and b."""
    return [np.linalg.norm(one, axis=-1).mean() for one in (ab, ab - other)]


def twins(lightness):
    """Twins by name of L* (H, W, 1): picture, where the photograph is in it, and options for it."""
    everything, grey = (slice(None),) * 2, as_grey(lightness)
    made = {
        "half as light": (as_grey(0.5 * lightness), everything, {}),
        "dark and flat": (as_grey(10 + 0.35 * lightness), everything, {}),
        "light and flat": (as_grey(50 + 0.45 * lightness), everything, {}),
        "levels times 0.4": (0.4 * grey, everything, {}),
        "gamma 2.2": (grey**2.2, everything, {}),
        "squeezed": (squeezed(grey), everything, {"squeeze": 2.0}),
        "negative": (1.0 - grey, everything, {"negative": True}),
    }
    for name, level in {"white": 0.98, "black": 0.03, "grey": 0.6}.items():
        height, width = (round(0.1 * side) for side in grey.shape[:2])
        noise = np.random.default_rng(0).normal(level, 0.004, (*grey.shape[:2], 1))
        framed = np.pad(noise, [(height,) * 2, (width,) * 2, (0, 0)], mode="symmetric")
        inside = slice(height, -height), slice(width, -width)
        framed = np.repeat(np.clip(framed, 0.0, 1.0).astype("float32"), 3, axis=-1)
        framed[inside] = grey
        made[f"{name} mount"] = framed, inside, {}
    return made


def squeezed(grey):
    """A picture of half the width."""
    height, width = grey.shape[:2]
    return np.clip(resize_bicubic(grey[None], (height, width // 2))[0], 0.0, 1.0)


if __name__ == "__main__":
    main()
