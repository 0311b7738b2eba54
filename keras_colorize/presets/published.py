"""Checkpoints published by others, for PyTorch, to networks of this library.

`layouts` has a table for each network. A conversion is strict: every weight is filled, and every
tensor of the file is used once or known to play no part in the colors. Reading runs no code of the
file.
"""

import re
from pathlib import Path

import numpy as np

from keras_colorize import models
from keras_colorize.io.atomic import atomic_file
from keras_colorize.presets.config import PresetConfig, PresetError, sha256
from keras_colorize.presets.layouts import LAYOUTS
from keras_colorize.presets.weights import save_preset

CARD_FILE = "MODEL_CARD.md"


def load_published(path):
    """Builds the network of a published checkpoint and fills it.

    Args:
        path: file of PyTorch (`.pth`, `.bin`; a state dict, or one under the key `params`), or
            of safetensors (`.safetensors`).

    Returns:
        `(model, published)`: the Functional model, and the `Published` layout that was found.

    Raises:
        PresetError: if the file is missing, damaged, holds anything but tensors, is of no layout
            that is known here, or has a tensor too many, too few, of another shape or not finite.
    """
    state = read_state(path)
    published = identify(state, path)
    model = getattr(models, published.network)(**published.arguments)
    fill(model, state, published, path)
    return model, published


def import_checkpoint(path, folder, overwrite=False):
    """Turns a published checkpoint into a preset: config, weights in half precision and card.

    Args:
        path: see `load_published`.
        folder: folder to write to; it is made.
        overwrite: whether a preset that is there is replaced.

    Returns:
        The `PresetConfig` as written.

    Raises:
        PresetError: see `load_published`; also if the folder already holds a preset and
            `overwrite` is False.
        PhotographError: if a file cannot be written.
    """
    model, published = load_published(path)
    config = PresetConfig(
        network=published.network,
        arguments=published.arguments,
        output=published.output,
        description=f"Published weights: {published.citation}",
        license=published.license,
        trained_on=("ImageNet",),
        working_size=published.working_size,
        # The mean over the bins, as the release of eccv16 has it; other outputs are no bins.
        decoder="mean" if published.output == "ab_logits" else "annealed",
    )
    config = save_preset(model, folder, config, overwrite)
    with atomic_file(Path(folder) / CARD_FILE, overwrite=True) as file:
        file.write(_card(path, published).encode())
    return config


def _card(path, published):
    return f"""# {Path(path).stem}

The weights of `{published.network}` as its authors trained and published them, converted to this
library's layout and to half precision. They were not trained, and their figures were not measured,
here.

- Paper: {published.citation}
- Authors' release: {published.source}
- License of the weights: {published.license}
- Converted from: `{Path(path).name}`, sha256 `{sha256(path)}`
"""


def read_state(path):
    """Reads the tensors of a file of PyTorch or safetensors, running no code in it.

    Args:
        path: see `load_published`.

    Returns:
        dict of name to array.

    Raises:
        PresetError: if the file is missing or damaged, or holds anything but finite tensors; also
            without the extra `import`.
    """
    path = Path(path)
    if not path.is_file():
        raise PresetError(f"{path}: Expected a checkpoint, received no such file.")
    try:
        tensors = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    except ImportError as error:
        raise PresetError(
            f"{path}: Expected the package {error.name}, received none: "
            "pip install 'keras-colorize[import]'."
        ) from error
    for name, value in tensors.items():
        if not np.isfinite(value).all():
            raise PresetError(f"{path}: Expected finite numbers, received others in {name}.")
    return tensors


def _read_safetensors(path):
    from safetensors import SafetensorError, numpy

    try:
        return numpy.load_file(path)
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise PresetError(f"{path}: Expected tensors, received a damaged file: {error}.") from error


def _read_torch(path):
    import pickle

    import torch

    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    # What torch says of a file that it cannot parse depends on where the file is broken.
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, AttributeError) as error:
        raise PresetError(f"{path}: Expected tensors, received a damaged file.") from error
    except pickle.UnpicklingError as error:
        # Torch's own words propose to run the code.
        found = "code or other objects, which were not run" if _names_code(error) else "others"
        raise PresetError(f"{path}: Expected a file of tensors, received {found}.") from error
    if isinstance(content, dict) and isinstance(content.get("params"), dict):
        content = content["params"]
    if not isinstance(content, dict) or not content:
        raise PresetError(f"{path}: Expected tensors by name, received {type(content).__name__}.")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, torch.Tensor):
            raise PresetError(
                f"{path}: Expected tensors by name, received {type(value).__name__} as {name!r}."
            )
    return {
        name: (value.float() if value.is_floating_point() else value).numpy()
        for name, value in content.items()
    }


def _names_code(error):
    return "Unsupported" in str(error) or "GLOBAL" in str(error)


def identify(state, path="checkpoint"):
    """Finds out which layout a checkpoint has.

    Args:
        state: dict of name to array, see `read_state`.
        path: what errors call the checkpoint.

    Returns:
        A `Published`.

    Raises:
        PresetError: if the layout is not known here.
    """
    for published in LAYOUTS.values():
        name, shape = published.tell
        if name in state and state[name].shape == shape:
            return published
    raise PresetError(
        f"{path}: Expected a checkpoint of {', '.join(LAYOUTS)}, received tensors of another "
        f"network, among them {min(state)} of shape {state[min(state)].shape}."
    )


def fill(model, state, published, path="checkpoint"):
    """Fills a model with the tensors of a checkpoint.

    Args:
        model: the network of `published`, at any width; its weights are replaced.
        state: dict of name to array, see `read_state`.
        published: a `Published`.
        path: what errors call the checkpoint.

    Raises:
        PresetError: if a tensor is missing, left over, or of another shape.
    """
    tensors = Tensors(state, path)
    for layer in model.layers:
        if not layer.weights:
            continue
        matches = [(re.fullmatch(row[0], layer.name), row) for row in published.table]
        match, (_, tensor, reader) = next(found for found in matches if found[0])
        values = reader(tensors, match.expand(tensor), layer)
        for weight, value in zip(layer.weights, values, strict=True):
            weight.assign(value.reshape(weight.shape))
    tensors.check_all_used(published.unused)


class Tensors:
    """The tensors of a checkpoint, each handed out once.

    Args:
        state: dict of name to array.
        path: what errors call the checkpoint.
    """

    def __init__(self, state, path):
        self._left, self._path = dict(state), path
        for name in [name for name in state if name.endswith(".level_embed.weight")]:
            rows = self._left.pop(name)
            self._left |= {f"{name}.{number}": row for number, row in enumerate(rows)}

    def take(self, name, *shape):
        """Hands out a tensor as a float32 array.

        Args:
            name: its name.
            *shape: shape that it must have.

        Raises:
            PresetError: if it is missing or has another shape.
        """
        if name not in self._left:
            raise PresetError(f"{self._path}: Expected {name} of shape {shape}, received none.")
        value = self._left.pop(name)
        if value.shape != shape:
            raise PresetError(
                f"{self._path}: Expected {name} of shape {shape}, received {value.shape}."
            )
        return value.astype("float32")

    def take_kernel(self, prefix, *shape):
        """Hands out the weight of a layer; spectral normalization is divided out of it.

        PyTorch stores the weight as trained, and the vectors u and v of the power iteration; in
        use the weight is divided by u^T W v, W with a row per output, as the last step left them.
        """
        if f"{prefix}.weight_orig" not in self._left:
            return self.take(f"{prefix}.weight", *shape)
        weight = self.take(f"{prefix}.weight_orig", *shape)
        matrix = weight.reshape(shape[0], -1).astype("float64")
        u = self.take(f"{prefix}.weight_u", shape[0])
        v = self.take(f"{prefix}.weight_v", matrix.shape[1])
        sigma = u @ matrix @ v
        if sigma == 0.0:
            raise PresetError(
                f"{self._path}: Expected a norm above 0 by {prefix}.weight_u and weight_v, "
                "received 0."
            )
        return (weight / sigma).astype("float32")

    def check_all_used(self, unused):
        """Raises PresetError if a tensor is left whose name does not match `unused`."""
        left = sorted(name for name in self._left if not re.fullmatch(unused, name))
        if left:
            raise PresetError(
                f"{self._path}: Expected no more tensors, received {left[0]} of shape "
                f"{self._left[left[0]].shape}"
                + (f" and {len(left) - 1} more." if len(left) > 1 else ".")
            )
