"""How much memory a training step needs, from the shapes alone."""

import math

import keras
import numpy as np

# Slots that an optimizer keeps per trainable weight.
_SLOTS = {"adadelta": 2, "adam": 2, "adamw": 2}


def memory_estimate(model, config, size):
    """Memory of a training step on one device, without what the framework itself takes.

    Args:
        model: Functional network, L* in.
        config: the `TrainingConfig` of the run.
        size: side in pixels of the training views.

    Returns:
        dict of bytes: `weights`, `gradients`, `optimizer` (its slots, and averaged weights) and
        `activations` (the results of all layers for one batch, which the gradient needs again).
    """
    trained = _bytes(model.trainable_weights)
    slots = _SLOTS[config.optimizer] + (config.ema_momentum is not None)
    return {
        "weights": _bytes(model.weights),
        "gradients": trained,
        "optimizer": slots * trained,
        "activations": _activation_bytes(model, (config.batch_size, size, size, 1)),
    }


def _activation_bytes(model, shape):
    sizes = []

    def call(layer, *args, **kwargs):
        result = layer(*args, **kwargs)
        sizes.append(_bytes(keras.tree.flatten(result)))
        return result

    # Calling the layers again with known sizes computes shapes, and no pictures.
    lightness = keras.Input(batch_shape=shape)
    keras.models.clone_model(model, input_tensors=lightness, call_function=call)
    return sum(sizes)


def _bytes(tensors):
    return sum(math.prod(x.shape) * _item_size(x.dtype) for x in tensors)


def _item_size(dtype):
    return 2 if dtype in ("bfloat16", "float16") else np.dtype(dtype).itemsize
