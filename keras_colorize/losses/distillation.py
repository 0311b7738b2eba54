"""How far the answers of a student are from those of its teacher."""

from keras import ops


def answer_divergence(true, made, temperature=1.0):
    """Divergence of softened class probabilities (Hinton, Vinyals & Dean 2015, section 2).

    Args:
        true: logits of the teacher, (N, classes).
        made: logits of the student, of the same shape.
        temperature: number above 0; a high one compares unlikely classes, too.

    Returns:
        float32 number: the mean Kullback-Leibler divergence in nats, times the squared
        temperature, so that its gradient is of one size at all temperatures.
    """
    true, made = (ops.cast(logits, "float32") / temperature for logits in (true, made))
    difference = ops.log_softmax(true) - ops.log_softmax(made)
    return temperature**2 * ops.mean(ops.sum(ops.softmax(true) * difference, axis=-1))
