"""How often photographs in color are told from grey ones and toned prints.

    python benchmarks/color_found.py photographs/ --limit 200

Each photograph of the folder, which must be in color, is judged as it is, as a grey one and as a
print toned in one of five colors; the latter two with grain, as JPEG of changing quality. With
`--film`, each is a shot of 24 frames (a pan in H.264) of one film, and `keras-colorize video` is
asked: color, grey and toned shots follow each other.
"""

import argparse
import io
import tempfile
from pathlib import Path

import av
import numpy as np
from common import plain_errors
from PIL import Image

from keras_colorize.cli.common import count, whole
from keras_colorize.evaluation import measured_paths
from keras_colorize.io import read_photograph, to_pil
from keras_colorize.io.photograph import is_near_grey, scaled_down
from keras_colorize.video.reader import Source
from keras_colorize.video.shots import shots_in_color

# Shadows, middle tones and lights: two of sepia, cyanotype, warm black, selenium.
TONES = np.array(
    [
        [(0, 0, 0), (112, 66, 20), (255, 240, 200)],
        [(20, 10, 0), (170, 140, 90), (255, 245, 215)],
        [(0, 0, 30), (40, 90, 140), (240, 250, 255)],
        [(30, 20, 15), (140, 120, 105), (250, 245, 235)],
        [(10, 0, 20), (120, 100, 130), (255, 250, 240)],
    ]
)


def main():
    """Prints a row per kind."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", help="folder of photographs in color")
    parser.add_argument("--skip", type=whole, default=0, help="leave the first N out")
    parser.add_argument("--limit", type=count, default=200, help="take N")
    parser.add_argument("--film", action="store_true", help="ask for shots of a film instead")
    options = parser.parse_args()
    with plain_errors():
        paths = measured_paths(options.folder)[options.skip :][: options.limit]
    if options.film:
        _film(paths)
        return
    random, wrong = np.random.default_rng(0), {"in color": [], "grey": [], "toned": []}
    for number, path in enumerate(paths):
        image = to_pil(scaled_down(read_photograph(path), 800)).convert("RGB")
        if is_near_grey(np.asarray(image)):
            wrong["in color"].append(path.name)
        brightness = np.asarray(image.convert("L"), "float64")
        grain = random.normal(0, 3, (*brightness.shape, 1))
        toned = _toned(brightness, number)
        kinds = {"grey": brightness[..., None].repeat(3, axis=-1), "toned": toned}
        for kind, picture in kinds.items():
            if not is_near_grey(_as_jpeg(picture + grain, random)):
                wrong[kind].append(path.name)
    print("| kind | photographs | taken for the other |\n|---|---|---|")
    for kind, names in wrong.items():
        print(f"| {kind} | {len(paths)} | {len(names)} {' '.join(names)} |")


def _toned(brightness, number):
    tone = TONES[number % len(TONES)].T
    return np.stack([np.interp(brightness, (0, 128, 255), one) for one in tone], axis=-1)


def _film(paths):
    random, kinds, frames = np.random.default_rng(0), ("in color", "grey", "toned"), 24
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "film.mp4")
        with av.open(str(path), "w") as film:
            stream = film.add_stream("libx264", rate=frames, options={"crf": "23"})
            stream.width, stream.height, stream.pix_fmt = 480, 360, "yuv420p"
            for number, one in enumerate(paths):
                image = to_pil(read_photograph(one)).convert("RGB").resize((540, 400))
                brightness = np.asarray(image.convert("L"), "float64")
                grey = brightness[..., None].repeat(3, axis=-1)
                pixels = (np.asarray(image), grey, _toned(brightness, number))[number % 3]
                for step in range(frames):
                    part = pixels[step : step + 360, 2 * step : 2 * step + 480]
                    part = part + random.normal(0, 3, (360, 480, 1))
                    part = np.clip(part, 0, 255).astype("uint8")
                    film.mux(stream.encode(av.VideoFrame.from_ndarray(part, "rgb24")))
            film.mux(stream.encode(None))
        found = np.array(list(shots_in_color(Source(path)))).reshape(len(paths), frames)
    print("| kind | shots | frames taken for the other |\n|---|---|---|")
    for place, kind in enumerate(kinds):
        wrong = found[place::3] != (kind == "in color")
        print(f"| {kind} | {len(wrong)} | {wrong.sum()} of {wrong.size} |")


def _as_jpeg(picture, random):
    stream, image = io.BytesIO(), Image.fromarray(np.clip(picture, 0, 255).astype("uint8"))
    quality, subsampling = int(random.integers(40, 95)), int(random.integers(0, 3))
    image.save(stream, "JPEG", quality=quality, subsampling=subsampling)
    return np.asarray(Image.open(stream).convert("RGB"))


if __name__ == "__main__":
    main()
