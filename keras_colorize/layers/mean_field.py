"""Mean-field inference in the Markov random field of Melas-Kyriazi & Han 2017, section 3.2.

Every pixel i of a grid carries a label y_i, one of K bins of a color channel. The field prefers
labels of high `unary` potential, and neighbors of like lightness with like labels:

    log p(y) = sum_i unary_i(y_i) + sum_ij w_ij S(y_i, y_j) - log Z

over the pairs ij of horizontal and vertical neighbors. Mean field is the product of one
distribution q_i per pixel that is nearest to p; each q_i has a closed form while the others
stand still. No two pixels of one color of a checkerboard are neighbors, so updating all of one
color at once is exact block coordinate ascent, and the evidence lower bound never falls.
(Updating all pixels at once is not ascent: neighbors overtake each other and oscillate.)
"""

import math

import keras
import numpy as np
from keras import ops

from keras_colorize.layers.checkerboard import Checkerboard, pack, unpack
from keras_colorize.layers.potentials import (
    COMPATIBILITY,
    SIGMA,
    compatible,
    contrast_weights,
    evidence_lower_bound,
)


def mean_field(unary, right, down, compatibility=COMPATIBILITY, sweeps=8, tolerance=None):
    """Mean-field distributions by red-black coordinate ascent from the uniform start.

    A sweep updates first the pixels whose row and column add up to an even number, then the
    others. After s sweeps a pixel has heard from pixels at most 2 s - 1 steps away.

    Args:
        unary: potentials, which are maximized, (N, H, W, K) or (N, H, W, C, K) for C fields on
            the same grid that know nothing of each other.
        right: weights of horizontal pairs, at least 0, (N, H, W-1, 1); see `contrast_weights`.
        down: weights of vertical pairs, (N, H-1, W, 1).
        compatibility: potentials of labels 0, 1, 2, ... bins apart; see `compatible`.
        sweeps: number of sweeps, at least 1.
        tolerance: None, or the change of q at which to stop before `sweeps`: when no
            probability changed by more in a sweep.

    Returns:
        float32 tensor of the shape of `unary` that sums to 1 over the labels.
    """
    unary = ops.cast(unary, "float32")
    if len(unary.shape) == 4:
        one_field = ops.expand_dims(unary, 3)
        return mean_field(one_field, right, down, compatibility, sweeps, tolerance)[:, :, :, 0]
    potentials = pack(ops.transpose(unary, (0, 3, 1, 4, 2)))
    sweep = _sweep(potentials, Checkerboard(right, down), compatibility)
    # Red is updated first and from black alone: where it starts does not matter.
    start = (ops.zeros_like(potentials[0]), ops.full_like(potentials[1], 1.0 / unary.shape[-1]))
    red, black = _repeat(sweep, start, sweeps, tolerance)
    return ops.transpose(unpack(red, black, ops.shape(unary)[2]), (0, 2, 4, 1, 3))


def _sweep(potentials, board, compatibility):
    def sweep(red, black):
        red = _update(potentials[0], board.red_message(black), compatibility)
        return red, _update(potentials[1], board.black_message(red), compatibility)

    return sweep


def _update(potentials, message, compatibility):
    """Softmax over the labels, written out: Keras' own would move them to the last axis."""
    logits = potentials + compatible(message, compatibility, axis=-2)
    largest = ops.stop_gradient(ops.max(logits, axis=-2, keepdims=True))
    weights = ops.exp(logits - largest)
    return weights / ops.sum(weights, axis=-2, keepdims=True)


def _repeat(sweep, state, sweeps, tolerance):
    if tolerance is None:
        # A written-out loop has gradients on every backend, which a loop that may stop has not.
        for _ in range(sweeps):
            state = sweep(*state)
        return state

    def step(red, black, _):
        new = sweep(red, black)
        changes = [ops.max(ops.abs(b - a)) for a, b in zip((red, black), new, strict=True)]
        return *new, ops.maximum(*changes)

    return ops.while_loop(
        lambda red, black, change: change > tolerance,
        step,
        (*state, ops.convert_to_tensor(float("inf"), "float32")),
        maximum_iterations=sweeps,
    )[:2]


@keras.saving.register_keras_serializable(package="keras_colorize")
class MeanField(keras.layers.Layer):
    """Refines distributions over the bins of color channels by their neighbors of like lightness.

    Melas-Kyriazi & Han 2017, section 3.2: the unary potential is `unary_scale * p`, or with
    `square_root` that of sqrt(p), which they found slightly smoother and slower; pairs as in
    `contrast_weights` and `compatible`; inference as in `mean_field`. Channels are solved apart.
    It computes in float32 whatever the policy: lightness differs too little for less.

    Args:
        sweeps: number of sweeps, at least 1.
        sigma: scale of squared lightness differences, lightness in [0, 1]; above 0.
        unary_scale: factor of the probabilities.
        square_root: whether the potential is made from the square root of the probabilities.
        compatibility: potentials of labels 0, 1, 2, ... bins apart.
        tolerance: None, or the change of a probability in a sweep at which to stop early. With
            JAX no gradient passes a loop that may stop early.
        learn: whether `log_sigma`, `unary_scale` and `compatibility` are trainable weights of
            the layer that start from these arguments.
        return_elbo: whether to return the evidence lower bound as well.
        **kwargs: passed to `keras.layers.Layer`.

    Call arguments:
        inputs: a list `[probabilities, lightness]`: (N, H, W, K) or (N, H, W, C, K), at least 0
            and summing to 1 over the last axis; L*, 0..100, (N, H, W, 1).

    Returns:
        float32 tensor of the shape of the probabilities; with `return_elbo` a tuple of it and
        the bound, (N,) or (N, C), summed over the pixels.

    Raises:
        ValueError: for an argument out of range, or for shapes that do not fit.
    """

    def __init__(
        self,
        sweeps=8,
        sigma=SIGMA,
        unary_scale=10.0,
        square_root=False,
        compatibility=COMPATIBILITY,
        tolerance=None,
        learn=False,
        return_elbo=False,
        **kwargs,
    ):
        super().__init__(autocast=False, **kwargs)
        _check(sweeps, sigma, compatibility, tolerance)
        self.sweeps = sweeps
        self.sigma = sigma
        self.unary_scale = unary_scale
        self.square_root = square_root
        self.compatibility = tuple(compatibility)
        self.tolerance = tolerance
        self.learn = learn
        self.return_elbo = return_elbo

    def build(self, input_shape):
        """Creates the weights, if they are to be learned."""
        _check_shapes(*input_shape)
        if self.learn:
            self._learned = {
                "log_sigma": self._learned_weight("log_sigma", math.log(self.sigma)),
                "unary_scale": self._learned_weight("unary_scale", self.unary_scale),
                "compatibility": self._learned_weight("compatibility", self.compatibility),
            }

    def call(self, inputs):
        """Refines the probabilities; see the class."""
        probabilities, lightness = inputs
        sigma, scale, compatibility = self._parameters()
        unary = ops.cast(probabilities, "float32")
        unary = scale * (_square_root(unary) if self.square_root else unary)
        field = (unary, *contrast_weights(lightness, sigma), compatibility)
        q = mean_field(*field, sweeps=self.sweeps, tolerance=self.tolerance)
        return (q, evidence_lower_bound(q, *field)) if self.return_elbo else q

    def compute_output_shape(self, input_shape):
        """Shape of the probabilities, and that of the bound if it is returned."""
        shape = tuple(input_shape[0])
        return (shape, (shape[0], *shape[3:-1])) if self.return_elbo else shape

    def compute_output_spec(self, inputs):
        """Shapes, with float32 whatever the policy."""
        shapes = self.compute_output_shape([x.shape for x in inputs])
        if self.return_elbo:
            return tuple(keras.KerasTensor(shape, "float32") for shape in shapes)
        return keras.KerasTensor(shapes, "float32")

    def get_config(self):
        """Returns the arguments that rebuild the layer."""
        names = ("sweeps", "sigma", "unary_scale", "square_root", "compatibility")
        names += ("tolerance", "learn", "return_elbo")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}

    def _learned_weight(self, name, value):
        value = np.asarray(value, "float32")
        return self.add_weight(
            shape=value.shape,
            initializer=keras.initializers.Constant(value),
            dtype="float32",
            name=name,
        )

    def _parameters(self):
        if not self.learn:
            return self.sigma, self.unary_scale, self.compatibility
        log_sigma, scale, compatibility = (
            ops.convert_to_tensor(self._learned[name])
            for name in ("log_sigma", "unary_scale", "compatibility")
        )
        return ops.exp(log_sigma), scale, ops.unstack(compatibility)


def _square_root(probabilities):
    # The clamp keeps the gradient finite where a bin has no probability at all.
    return ops.sqrt(ops.maximum(probabilities, 1e-12))


def _check(sweeps, sigma, compatibility, tolerance):
    if sweeps < 1:
        raise ValueError(f"sweeps must be at least 1; received {sweeps}.")
    if sigma <= 0:
        raise ValueError(f"sigma must be above 0; received {sigma}.")
    if len(compatibility) < 1:
        raise ValueError("compatibility must hold at least the potential of equal labels.")
    if tolerance is not None and tolerance <= 0:
        raise ValueError(f"tolerance must be None or above 0; received {tolerance}.")


def _check_shapes(probabilities, lightness):
    if len(probabilities) not in (4, 5) or probabilities[-1] is None:
        raise ValueError(
            "Expected probabilities (N, H, W, K) or (N, H, W, C, K) with K known; "
            f"received shape {tuple(probabilities)}."
        )
    sizes = zip(probabilities[1:3], lightness[1:3], strict=True)
    differ = any(None not in pair and pair[0] != pair[1] for pair in sizes)
    if len(lightness) != 4 or lightness[-1] != 1 or differ:
        raise ValueError(
            f"Expected lightness (N, H, W, 1) of the height and width of probabilities "
            f"{tuple(probabilities)}; received shape {tuple(lightness)}."
        )
