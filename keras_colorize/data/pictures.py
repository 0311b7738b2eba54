"""Pictures in folders: which there are, their classes, and which are held out."""

import dataclasses
import hashlib
from pathlib import Path

from keras_colorize.bins import UNLABELED

SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif")
"""Files that count as pictures: what `tf.io.decode_image` reads."""


@dataclasses.dataclass(frozen=True)
class PictureSet:
    """Pictures and their classes.

    Attributes:
        root: the folder.
        names: paths relative to `root`, with forward slashes, sorted.
        labels: index into `class_names` per picture, or `UNLABELED`.
        class_names: names of the classes; empty for a flat folder.
    """

    root: Path
    names: tuple
    labels: tuple
    class_names: tuple

    def __len__(self):
        return len(self.names)

    @property
    def paths(self):
        """Absolute or root-relative paths as text, in order."""
        return [str(self.root / name) for name in self.names]

    def keep(self, wanted):
        """The pictures whose position satisfies `wanted[i]`."""
        kept = [i for i in range(len(self)) if wanted[i]]
        return dataclasses.replace(
            self,
            names=tuple(self.names[i] for i in kept),
            labels=tuple(self.labels[i] for i in kept),
        )


def list_pictures(folder, class_names=None):
    """Lists the pictures below a folder.

    The class of a picture is the folder that holds it, relative to `folder`; pictures directly
    in `folder` have none.

    Args:
        folder: path of a folder, searched recursively; hidden files are left out.
        class_names: the classes to know, in order; None takes those that are found. Pictures of
            other classes are `UNLABELED`.

    Returns:
        A `PictureSet`, in an order that does not depend on the file system.

    Raises:
        ValueError: if the folder does not exist or holds no picture.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ValueError(f"Expected a folder of pictures, received {str(folder)!r}.")
    names = sorted(_relative_names(root))
    if not names:
        raise ValueError(
            f"Expected pictures ({', '.join(SUFFIXES)}) below {str(folder)!r}, found none."
        )
    folders = [name.rpartition("/")[0] for name in names]
    if class_names is None:
        class_names = sorted({name for name in folders if name})
    index = {name: i for i, name in enumerate(class_names)}
    labels = tuple(index.get(name, UNLABELED) for name in folders)
    return PictureSet(root, tuple(names), labels, tuple(class_names))


def split_pictures(pictures, validation_share):
    """Splits off a validation set by a hash of each name.

    A picture stays on its side when others are added or removed.

    Args:
        pictures: a `PictureSet`.
        validation_share: expected share of the validation set, 0..1.

    Returns:
        `(training, validation)`, two `PictureSet`s.

    Raises:
        ValueError: if the share is outside 0..1.
    """
    if not 0 <= validation_share <= 1:
        raise ValueError(f"Expected a validation_share in 0..1, received {validation_share}.")
    held_out = [_unit_hash(name) < validation_share for name in pictures.names]
    return pictures.keep([not out for out in held_out]), pictures.keep(held_out)


def _relative_names(root):
    for path in root.rglob("*"):
        relative = path.relative_to(root)
        hidden = any(part.startswith(".") for part in relative.parts)
        if path.suffix.lower() in SUFFIXES and not hidden and path.is_file():
            yield relative.as_posix()


def _unit_hash(name):
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2.0**64
