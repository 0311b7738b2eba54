"""Learned queries that see the whole picture and tell every pixel its colors.

After the color decoder of DDColor (Kang et al., ICCV 2023, section 3.3).
"""

import keras
from keras import layers, ops

UNITS = 256
"""Length of a query."""

_HEADS = 8


def color_queries(features, count):
    """Attends from queries to features (N, h, w, C), coarsest first; returns (N, count, UNITS)."""
    keys = []
    for number, x in enumerate(features):
        x = layers.Conv2D(UNITS, 1, name=f"queries_scale{number}")(x)
        x = layers.Reshape((-1, UNITS), name=f"queries_scale{number}_flat")(x)
        keys.append(layers.LayerNormalization(name=f"queries_scale{number}_norm")(x))
    queries = LearnedQueries(count, UNITS, name="queries")(keys[0])
    for step, key in enumerate(keys):
        for kind in ("cross", "self", "dense"):
            name = f"queries_step{step}_{kind}"
            y = layers.LayerNormalization(name=f"{name}_norm")(queries)
            if kind == "dense":
                y = layers.Dense(4 * UNITS, activation="gelu", name=f"{name}1")(y)
                y = layers.Dense(UNITS, name=f"{name}2")(y)
            else:
                attention = layers.MultiHeadAttention(_HEADS, UNITS // _HEADS, name=name)
                y = attention(y, key if kind == "cross" else y)
            queries = layers.Add(name=f"{name}_add")([queries, y])
    return layers.LayerNormalization(name="queries_norm")(queries)


@keras.saving.register_keras_serializable(package="keras_colorize")
class LearnedQueries(layers.Layer):
    """Learned vectors (N, count, units), the same for every picture."""

    def __init__(self, count, units, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.units = units

    def build(self, input_shape):
        options = {"initializer": "random_normal", "name": "vectors"}
        self.vectors = self.add_weight((self.count, self.units), **options)

    def call(self, x):
        vectors = ops.convert_to_tensor(self.vectors)
        return ops.broadcast_to(vectors, (ops.shape(x)[0], self.count, self.units))


@keras.saving.register_keras_serializable(package="keras_colorize")
class QueryMaps(layers.Layer):
    """Products of queries (N, K, C) with features (N, h, w, C), (N, h, w, K) (DDColor, eq. 5)."""

    def call(self, inputs):
        queries, features = inputs
        scale = float(queries.shape[-1]) ** -0.5
        return ops.einsum("nkc,nhwc->nhwk", queries * scale, features)
