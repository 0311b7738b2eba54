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

from keras_colorize.errors import expect, expecting, extra_import
from keras_colorize.io.atomic import atomic_path, write_file
from .config import PresetError, sha256
from .download import PUBLISHED, cached_preset, download, is_cached
from .layouts import LAYOUTS
from .weights import build_network, save_preset

CARD_FILE = "MODEL_CARD.md"
CARD = """# {path.stem}

The weights of `{config.network}` as its authors trained and published them, converted to
this library's layout and to half precision. They were not trained, and their figures were not
measured, here.

- Paper: {file.citation}
- Authors' release: {file.source}
- License of the weights: {file.license}
- Converted from: `{path.name}`, sha256 `{checksum}`
"""


def import_checkpoint(path, folder, overwrite=False):
    """Turns a published checkpoint into a preset, with a card; returns its `PresetConfig`.

    Arguments and errors are those of `load_published` and `save_preset`.
    """
    path = Path(path)
    model, name = load_published(path)
    file = PUBLISHED[name]
    fields = {"description": f"Published weights: {file.citation}", "license": file.license}
    config = dataclasses.replace(LAYOUTS[name].config, **fields)
    config = save_preset(model, folder, config, overwrite)
    card = CARD.format(path=path, config=config, file=file, checksum=sha256(path))
    write_file(Path(folder) / CARD_FILE, card, overwrite=True)
    return config


def fetch_preset(name, folder=None, overwrite=False, report=lambda done, total: None):
    """Fetches a checkpoint, a key of `PUBLISHED`, and makes a preset of it; returns its folder.

    The folder None is the user's cache, where it is found by its name and not fetched again;
    `report` is told how many megabytes there are, see `download`. Raises as that and
    `load_published`; also for a folder that is there, unless `overwrite`.
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
    """Builds and fills the network of a published checkpoint: `(model, name)`, a key of `LAYOUTS`.

    The file is one of PyTorch (a state dict, or one under the key `params`), or `.safetensors`.
    Raises PresetError if it is damaged or holds anything but tensors, these are not finite or not
    those of a layout that is known here; MissingPackageError without the extra `import`.
    """
    with expecting("a checkpoint", kind=PresetError, where=path):
        state = read_state(path)
        name = identify(state)
        model = build_network(LAYOUTS[name].config)
        fill(model, state, LAYOUTS[name])
    return model, name


def read_state(path):
    """Reads the tensors by name of a file, running no code in it; raises as `load_published`."""
    path = Path(path)
    expect(path.is_file(), "a checkpoint, received no such file", kind=PresetError)
    if path.suffix == ".safetensors":
        with extra_import("import"):
            from safetensors import SafetensorError, numpy
        faults = SafetensorError, OSError, KeyError, TypeError
        with expecting("tensors, received a damaged file", *faults, kind=PresetError):
            state = numpy.load_file(path)
    else:
        state = _read_torch(path)
    for name, value in state.items():
        expect(
            np.isfinite(value).all(), f"finite numbers, received others in {name}", kind=PresetError
        )
    return state


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
    fits = named and all(isinstance(x, str) and isinstance(y, torch.Tensor) for x, y in named)
    expect(fits, "tensors by name, received other objects", kind=PresetError)
    return {name: (x.float() if x.is_floating_point() else x).numpy() for name, x in named}


def identify(state):
    """Finds the key of `LAYOUTS` of a state; raises PresetError if it is not known here."""
    for name, (tensor, shape) in ((name, layout.tell) for name, layout in LAYOUTS.items()):
        if tensor in state and state[tensor].shape == shape:
            return name
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
    found = f"{', '.join(surplus[:3])}, {len(surplus)} in all"
    expect(not surplus, f"no more tensors, received {found}", kind=PresetError)
