"""How much memory a training step needs, from the shapes alone."""

import math

import keras
import tensorflow as tf

from keras_colorize.training.checkpoints import parts_of


def memory_estimate(model, config, size):
    """Memory of a training step on one device, without what the framework itself takes.

    Args:
        model: Functional network, or an `AdversarialModel` of two.
        config: the `TrainingConfig` of the run.
        size: side in pixels of the training views.

    Returns:
        dict of bytes: `weights`, `gradients`, `optimizer` (its slots, and averaged weights) and
        `activations` (of all layers for one batch).
    """
    parts, shape = parts_of(model), (config.batch_size, size, size)
    trained = [_bytes(part.trainable_weights) for part in parts]
    averages = trained[0] if config.ema_momentum is not None else 0
    return {
        "weights": sum(_bytes(part.weights) for part in parts),
        "gradients": sum(trained),
        # Each optimizer that a `TrainingConfig` may name keeps two slots per weight.
        "optimizer": 2 * sum(trained) + averages,
        # A discriminator, the second part, takes the true colors and the generated ones.
        "activations": sum(n * _activation_bytes(part, shape) for n, part in enumerate(parts, 1)),
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
    return sum(math.prod(x.shape) * tf.as_dtype(x.dtype).size for x in tensors)
