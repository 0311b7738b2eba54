"""Style transfer through global features (Iizuka et al. 2016, section 4.5)."""

import keras


def has_global_features(model):
    """Whether a network fuses global features, and so can take those of another picture."""
    return any(layer.name == "fusion" for layer in model.layers)


def split_style(model):
    """Cuts a network in two for style transfer.

    With `style, colors = split_style(model)`, `colors([a, style(b)])` colours the picture `a`
    with the global features of the picture `b`. Both hold a copy of the weights of `model`.

    Args:
        model: network of the library with global features.

    Returns:
        Two Functional models: lightness (N, H, W, 1) to the global features (N, G), and
        `[lightness, global features]` to a dict of the colour output of `model`.

    Raises:
        ValueError: if `model` has no layer named `"fusion"`.
    """
    if not has_global_features(model):
        raise ValueError(
            "Expected a network with global features, that is a layer named 'fusion', received "
            f"{model.name}."
        )
    # Cutting a Functional model adds calls to its layers, so that `layer.output` of the cut one
    # would no longer be unique: cut a copy.
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    _, vector = copy.get_layer("fusion").input
    colors = {name: x for name, x in copy.output.items() if name != "class_logits"}
    return (
        keras.Model(copy.input, vector, name=f"{model.name}_style"),
        keras.Model([copy.input, vector], colors, name=f"{model.name}_colors"),
    )
