"""How much memory a training step needs, from the shapes alone."""

import math

import keras
import numpy as np

from keras_colorize.training.checkpoints import parts_of

# Slots that an optimizer keeps per trainable weight.
_SLOTS = {"adadelta": 2, "adam": 2, "adamw": 2}


def memory_estimate(model, config, size):
    """Memory of a training step on one device, without what the framework itself takes.

    Args:
        model: Functional network, or an `AdversarialModel` of two.
        config: the `TrainingConfig` of the run.
        size: side in pixels of the training views.

    Returns:
        dict of bytes: `weights`, `gradients`, `optimizer` (its slots, and averaged weights) and
        `activations` (the results of all layers for one batch, which the gradient needs again).
    """
    first, *others = parts_of(model)
    trained = [_bytes(part.trainable_weights) for part in (first, *others)]
    shape = (config.batch_size, size, size)
    averages = trained[0] if config.ema_momentum is not None else 0
    return {
        "weights": sum(_bytes(part.weights) for part in (first, *others)),
        "gradients": sum(trained),
        "optimizer": _SLOTS[config.optimizer] * sum(trained) + averages,
        # A discriminator takes two batches a step, the true colors and the generated ones.
        "activations": _activation_bytes(first, shape)
        + sum(2 * _activation_bytes(part, shape) for part in others),
    }


def _activation_bytes(model, shape):
    sizes = []

    def call(layer, *args, **kwargs):
        result = layer(*args, **kwargs)
        sizes.append(_bytes(keras.tree.flatten(result)))
        return result

    # Calling the layers again with known sizes computes shapes, and no pictures.
    inputs = [keras.Input(batch_shape=(*shape, x.shape[-1]), name=x.name) for x in model.inputs]
    inputs = keras.tree.pack_sequence_as(model.input, inputs)
    keras.models.clone_model(model, input_tensors=inputs, call_function=call)
    return sum(sizes)


def _bytes(tensors):
    half = ("bfloat16", "float16")
    sizes = (2 if x.dtype in half else np.dtype(x.dtype).itemsize for x in tensors)
    return sum(math.prod(x.shape) * size for x, size in zip(tensors, sizes, strict=True))
