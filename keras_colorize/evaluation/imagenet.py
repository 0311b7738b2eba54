"""Which of the 1,000 classes of ImageNet a photograph shows, by its name."""

import functools
import re
from importlib import resources
from pathlib import Path

_WORDNET_ID = re.compile(r"(?<![A-Za-z0-9])n[0-9]{8}(?![0-9])")


def imagenet_class(path):
    """Reads the class from the name of a file, or else of its folder.

    Args:
        path: such as `n02119789_4062.JPEG` or `n02119789/4062.jpg`, by WordNet ID as in ImageNet.

    Returns:
        Index of the class in the scores of networks that were trained on ImageNet, 0..999; None
        where neither name has the ID of one.
    """
    path = Path(path)
    found = _WORDNET_ID.findall(path.name) or _WORDNET_ID.findall(path.parent.name)
    return _indices().get(found[0]) if found else None


@functools.cache
def _indices():
    listed = resources.files("keras_colorize.evaluation").joinpath("imagenet_classes.txt")
    ids = listed.read_text(encoding="ascii").split()
    return {wordnet_id: index for index, wordnet_id in enumerate(ids)}
