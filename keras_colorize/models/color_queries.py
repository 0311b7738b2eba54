"""Learned queries that see the whole picture and tell every pixel its colors.

After the color decoder of DDColor (Kang et al., ICCV 2023, section 3.3).
"""

import keras
from keras import layers, ops


def color_queries(features, count, units, rounds, heads=8):
    """Attends from queries to features (N, h, w, C), coarsest first; returns (N, count, units)."""
    keys = []
    for number, x in enumerate(features):
        x = layers.Conv2D(units, 1, name=f"queries_scale{number}")(x)
        x = layers.Reshape((-1, units), name=f"queries_scale{number}_flat")(x)
        keys.append(layers.LayerNormalization(name=f"queries_scale{number}_norm")(x))
    queries = LearnedQueries(count, units, name="queries")(keys[0])
    for step in range(rounds * len(keys)):
        prefix = f"queries_step{step}"
        y = layers.LayerNormalization(name=f"{prefix}_cross_norm")(queries)
        attention = layers.MultiHeadAttention(heads, units // heads, name=f"{prefix}_cross")
        queries = layers.Add(name=f"{prefix}_cross_add")(
            [queries, attention(y, keys[step % len(keys)])]
        )
        y = layers.LayerNormalization(name=f"{prefix}_self_norm")(queries)
        attention = layers.MultiHeadAttention(heads, units // heads, name=f"{prefix}_self")
        queries = layers.Add(name=f"{prefix}_self_add")([queries, attention(y, y)])
        y = layers.LayerNormalization(name=f"{prefix}_dense_norm")(queries)
        y = layers.Dense(4 * units, activation="gelu", name=f"{prefix}_dense1")(y)
        y = layers.Dense(units, name=f"{prefix}_dense2")(y)
        queries = layers.Add(name=f"{prefix}_dense_add")([queries, y])
    return layers.LayerNormalization(name="queries_norm")(queries)


@keras.saving.register_keras_serializable(package="keras_colorize")
class LearnedQueries(layers.Layer):
    """Learned vectors (N, count, units), the same for every picture."""

    def __init__(self, count, units, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.units = units

    def build(self, input_shape):
        self.vectors = self.add_weight(
            shape=(self.count, self.units), initializer="random_normal", name="vectors"
        )

    def call(self, x):
        vectors = ops.convert_to_tensor(self.vectors)
        return ops.broadcast_to(vectors, (ops.shape(x)[0], self.count, self.units))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.count, self.units)

    def get_config(self):
        return {**super().get_config(), "count": self.count, "units": self.units}


@keras.saving.register_keras_serializable(package="keras_colorize")
class QueryMaps(layers.Layer):
    """Products of queries (N, K, C) with features (N, h, w, C), (N, h, w, K) (DDColor, eq. 5)."""

    def call(self, inputs):
        queries, features = inputs
        scale = float(queries.shape[-1]) ** -0.5
        return ops.einsum("nkc,nhwc->nhwk", queries * scale, features)

    def compute_output_shape(self, input_shape):
        queries, features = input_shape
        return (*features[:-1], queries[1])
