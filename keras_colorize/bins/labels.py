"""Labels of pictures."""

UNLABELED = -1
"""Label of a picture that belongs to no known class."""
