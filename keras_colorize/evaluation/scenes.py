"""Does the network see what the picture shows? (Iizuka et al. 2016, table 2)."""

from pathlib import Path

import numpy as np

from keras_colorize.inference.options import STRIDE
from keras_colorize.inference.pixels import lightness_of, to_working_size


class Scenes:
    """Top-1 and top-5 of a preset's scene classes, on photographs in folders of their names.

    Args:
        colorizer: a `Colorizer` whose network has `class_logits`.
        methods: names of the methods that share its network.
        folder: folder of the photographs. One in `<folder>/<class>/`, where a class may be
            several folders such as `church/outdoor`, is of that class.
    """

    def __init__(self, colorizer, methods, folder):
        self.colorizer = colorizer
        self.methods = tuple(methods)
        self.folder = Path(folder)
        self.indices = {name: i for i, name in enumerate(colorizer.config.class_names)}

    def label(self, path):
        """Index of the class of a photograph, or None."""
        return self.indices.get(Path(path).parent.relative_to(self.folder).as_posix())

    def rows(self, path, rgb, made):
        """Figures of one picture: 100 where the class is found, else 0."""
        label = self.label(path)
        if label is None:
            return {}
        rank = self._rank(rgb, label)
        found = {"scene_top1": 100.0 * (rank < 1), "scene_top5": 100.0 * (rank < 5)}
        return dict.fromkeys(self.methods, found)

    def totals(self):
        """Nothing beyond the mean over pictures."""
        return {}

    def _rank(self, rgb, label):
        """How many classes are likelier than the true one."""
        small = to_working_size(lightness_of(rgb), self.colorizer.working_size, STRIDE)
        logits = np.asarray(self.colorizer.model.predict_on_batch(small[None])["class_logits"])[0]
        return int((logits > logits[label]).sum())
