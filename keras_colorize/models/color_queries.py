"""Color queries: what a whole picture says of its colors, asked once and told to every pixel.

After the color decoder of DDColor (Kang et al., ICCV 2023, section 3.3), small enough for two
processor cores: learned queries attend to the features at several scales and to each other; the
products of the queries with the finest features are maps that say where each query's color lies.
"""

import keras
from keras import layers, ops


def color_queries(features, count, units, rounds, heads=8):
    """Lets queries look at a picture.

    Args:
        features: Keras tensors (N, h, w, C), the scales that each round visits, coarsest first.
        count: number of queries.
        units: length of each query.
        rounds: how often all scales are visited.
        heads: attention heads.

    Returns:
        Keras tensor (N, count, units).
    """
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
    """Vectors that are the same for every picture, learned.

    Args:
        count: number of vectors.
        units: length of each.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        x: any tensor (N, ...); only its batch size is read.

    Returns:
        Tensor (N, count, units).
    """

    def __init__(self, count, units, **kwargs):
        super().__init__(**kwargs)
        self.count = count
        self.units = units

    def build(self, input_shape):
        """Makes the vectors."""
        self.vectors = self.add_weight(
            shape=(self.count, self.units), initializer="random_normal", name="vectors"
        )

    def call(self, x):
        """Repeats the vectors for each picture; see the class."""
        vectors = ops.convert_to_tensor(self.vectors)
        return ops.broadcast_to(vectors, (ops.shape(x)[0], self.count, self.units))

    def compute_output_shape(self, input_shape):
        """Returns (N, count, units)."""
        return (input_shape[0], self.count, self.units)

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        return {**super().get_config(), "count": self.count, "units": self.units}


@keras.saving.register_keras_serializable(package="keras_colorize")
class QueryMaps(layers.Layer):
    """Products of queries with the features of every pixel (DDColor, equation 5).

    Call arguments:
        inputs: a list `[queries, features]` of shapes (N, K, C) and (N, h, w, C).

    Returns:
        Tensor (N, h, w, K), divided by the square root of C.
    """

    def call(self, inputs):
        """Multiplies every feature vector with every query; see the class."""
        queries, features = inputs
        scale = float(queries.shape[-1]) ** -0.5
        return ops.einsum("nkc,nhwc->nhwk", queries * scale, features)

    def compute_output_shape(self, input_shape):
        """Returns the size of the features with a channel a query."""
        queries, features = input_shape
        return (*features[:-1], queries[1])
