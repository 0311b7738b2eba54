"""Networks whose weights are constants of what is compiled.

Convolutions on a processor lay their weights out anew whenever they run, and round them first
where they compute in bfloat16, unless they know that these never change. With few pictures at
once that takes as long as a third of the whole network.
"""

import functools

import keras
from keras import ops

MOST_WEIGHTS = 16_000_000
"""Weights of larger networks stay variables: there the share is small, and each size of picture
that is compiled apart would hold them once more."""


class Frozen(keras.Model):
    """Runs a network, and more with it, by `predict_on_batch`.

    Args:
        network: built Functional model; changes of its weights are not noticed afterwards.
        then: None, or function of the outputs of the network and of all inputs, of which the
            network takes the first; what it returns is returned.
    """

    def __init__(self, network, then=None):
        super().__init__(name="frozen", dtype="float32")
        # Neither becomes a part of this model, with variables of its own.
        self.run, self.then = _runner(network), then and functools.partial(then)

    def call(self, inputs):
        """Returns the outputs, see the class."""
        if self.then is None:
            return self.run(inputs)
        return self.then(self.run(inputs[0]), *inputs)


def _runner(network):
    if network.count_params() > MOST_WEIGHTS:
        return functools.partial(network.__call__, training=False)
    variables = network.trainable_variables, network.non_trainable_variables
    values = [[ops.convert_to_numpy(one) for one in group] for group in variables]

    def run(lightness):
        return network.stateless_call(*values, lightness, training=False)[0]

    return run
