"""Checkpoints published by others, for PyTorch, to networks of this library.

Every weight is filled, and every tensor of the file is used once or known to play no part in the
colors. Reading runs no code of the file.
"""

import dataclasses
import importlib
import pickle
import re
from pathlib import Path

import numpy as np

from keras_colorize.io.atomic import atomic_path, write_file
from .config import PresetError, sha256
from .download import PUBLISHED, cached_preset, download, extra_import, is_cached
from .layouts import LAYOUTS
from .weights import build_network, save_preset

CARD_FILE = "MODEL_CARD.md"
CARD = """# {path.stem}

The weights of `{published.config.network}` as its authors trained and published them, converted to
this library's layout and to half precision. They were not trained, and their figures were not
measured, here.

- Paper: {published.citation}
- Authors' release: {published.source}
- License of the weights: {published.config.license}
- Converted from: `{path.name}`, sha256 `{checksum}`
"""


def import_checkpoint(path, folder, overwrite=False):
    """Turns a published checkpoint into a preset, with a card; returns its `PresetConfig`.

    Arguments and errors are those of `load_published` and `save_preset`.
    """
    path = Path(path)
    model, published = load_published(path)
    description = f"Published weights: {published.citation}"
    config = dataclasses.replace(published.config, description=description)
    config = save_preset(model, folder, config, overwrite)
    card = CARD.format(path=path, published=published, checksum=sha256(path))
    write_file(Path(folder) / CARD_FILE, card, overwrite=True)
    return config


def fetch_preset(name, folder=None, overwrite=False, report=lambda done, total: None):
    """Fetches a checkpoint and turns it into a preset; returns its folder.

    Args:
        name: a key of `PUBLISHED`.
        folder: folder to write to; None for the user's cache, where it is found by its name and
            not fetched again.
        overwrite: whether a folder that is there is replaced.
        report: told how many megabytes there are, see `download`.

    Raises:
        PresetError: see `download` and `load_published`; also for a folder that holds a preset.
        PhotographError: if the preset cannot be written.
    """
    if folder is None and is_cached(name) and not overwrite:
        return cached_preset(name)
    with extra_import("import"):
        importlib.import_module("torch")
    file = PUBLISHED[name]
    path = cached_preset(name).with_name(f"{file.stem}.pth")
    # Where it could not be read before, for lack of memory or a package, it need not come again.
    if not (path.is_file() and sha256(path).startswith(file.sha256)):
        download(file, path, report)
    folder = cached_preset(name) if folder is None else Path(folder)
    # Half a preset in the cache is none.
    with atomic_path(folder, overwrite or folder == cached_preset(name)) as part:
        import_checkpoint(path, part)
    path.unlink()
    return folder


def load_published(path):
    """Builds and fills the network of a published checkpoint: `(model, published)`, its layout.

    The file is one of PyTorch (a state dict, or one under the key `params`), or `.safetensors`.
    Raises PresetError if it is damaged or holds anything but tensors, these are not finite or not
    those of a layout that is known here; also without the extra `import`.
    """
    try:
        state = read_state(path)
        published = identify(state)
        model = build_network(published.config)
        fill(model, state, published)
    except PresetError as error:
        raise PresetError(f"{path}: {error}") from error
    return model, published


def read_state(path):
    """Reads the tensors by name of a file, running no code in it; raises as `load_published`."""
    path = Path(path)
    if not path.is_file():
        raise PresetError("Expected a checkpoint, received no such file.")
    state = _read_safetensors(path) if path.suffix == ".safetensors" else _read_torch(path)
    for name, value in state.items():
        if not np.isfinite(value).all():
            raise PresetError(f"Expected finite numbers, received others in {name}.")
    return state


def _read_safetensors(path):
    with extra_import("import"):
        from safetensors import SafetensorError, numpy
    try:
        return numpy.load_file(path)
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise PresetError(f"Expected tensors, received a damaged file: {error}.") from error


def _read_torch(path):
    with extra_import("import"):
        import torch
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    # What torch says of a file that it cannot parse depends on where the file is broken.
    except (OSError, RuntimeError, EOFError, ValueError, LookupError, AttributeError) as error:
        raise PresetError("Expected tensors, received a damaged file.") from error
    except pickle.UnpicklingError as error:
        # Torch's own words propose to run the code.
        is_code = "Unsupported" in str(error) or "GLOBAL" in str(error)
        found = "code or other objects, which were not run" if is_code else "others"
        raise PresetError(f"Expected a file of tensors, received {found}.") from error
    if isinstance(content, dict) and isinstance(content.get("params"), dict):
        content = content["params"]
    named = content.items() if isinstance(content, dict) else ()
    if not named or not all(isinstance(x, str) and isinstance(y, torch.Tensor) for x, y in named):
        raise PresetError("Expected tensors by name, received other objects.")
    return {name: (x.float() if x.is_floating_point() else x).numpy() for name, x in named}


def identify(state):
    """Finds the `Published` layout of a state; raises PresetError if it is not known here."""
    for published in LAYOUTS.values():
        name, shape = published.tell
        if name in state and state[name].shape == shape:
            return published
    found = f"another network with {min(state)} of shape {state[min(state)].shape}"
    raise PresetError(f"Expected a checkpoint of {', '.join(LAYOUTS)}, received {found}.")


def fill(model, state, published):
    """Fills the model of a `Published`, of any width, with a state: arrays by name.

    Raises PresetError if a tensor is missing, left over, or of another shape.
    """
    left = dict(state)
    for name in [name for name in state if name.endswith(".level_embed.weight")]:
        left |= {f"{name}.{number}": row for number, row in enumerate(left.pop(name))}
    for layer in model.layers:
        if not layer.weights:
            continue
        matches = [(re.fullmatch(row[0], layer.name), row) for row in published.table]
        match, (_, tensor, reader) = next(found for found in matches if found[0])
        values = reader(left, match.expand(tensor), layer)
        for weight, value in zip(layer.weights, values, strict=True):
            weight.assign(value.reshape(weight.shape))
    unused = rf"{published.unused}|.*\.num_batches_tracked"
    surplus = sorted(name for name in left if not re.fullmatch(unused, name))
    if surplus:
        found = f"{', '.join(surplus[:3])}, {len(surplus)} in all"
        raise PresetError(f"Expected no more tensors, received {found}.")
