"""What a network learns from a picture: lightness in, named targets out."""

import dataclasses

from keras import ops

from keras_colorize import color

_KINDS = {
    "ab": lambda rgb, lab: lab[..., 1:],
    "ab_scaled": lambda rgb, lab: color.scale_ab(lab[..., 1:]),
    "yuv_uv_scaled": lambda rgb, lab: color.scale_yuv_uv(color.rgb_to_yuv(rgb)[..., 1:]),
    "luv_uv": lambda rgb, lab: color.rgb_to_luv(rgb)[..., 1:],
    "luv_uv_scaled": lambda rgb, lab: color.scale_luv_uv(color.rgb_to_luv(rgb)[..., 1:]),
    "hs": lambda rgb, lab: color.rgb_to_hsv(rgb)[..., :2],
    "rgb": lambda rgb, lab: rgb,
}

KINDS = (*_KINDS, "label")
"""Kinds of target: chroma, those called scaled in [0, 1]; hue and saturation; RGB; the class."""


@dataclasses.dataclass(frozen=True)
class Targets:
    """Turns pictures into what `fit` takes.

    Attributes:
        outputs: kind of target per output of the network, for example
            `{"ab_logits": "ab", "class_logits": "label"}`.
        stride: pixels of lightness per pixel of the color targets; these are averaged.
    """

    outputs: dict
    stride: int = 1

    def __post_init__(self):
        unknown = sorted(set(self.outputs.values()) - set(KINDS))
        if unknown or not self.outputs:
            raise ValueError(f"Expected kinds among {', '.join(KINDS)}, received {self.outputs}.")

    def __call__(self, rgb, labels, film=None):
        """Turns one batch of pictures into lightness and targets.

        Args:
            rgb: float32 tensor (N, H, W, 3) in [0, 1]; `ValueError` unless `stride` divides H, W.
            labels: integer tensor (N,).
            film: what the network sees in place of `rgb`: old photographs of it, see `aged_view`.

        Returns:
            `(lightness, targets)`: L* in 0..100 (N, H, W, 1), and a dict of tensors
            (N, H/stride, W/stride, C) or, for labels, (N,).
        """
        lab = color.rgb_to_lab(rgb)
        lightness, targets = lab[..., :1] if film is None else color.rgb_to_lightness(film), {}
        for name, kind in self.outputs.items():
            if kind == "label":
                targets[name] = labels
                continue
            sides = tuple(rgb.shape[1:3])
            if any(side is not None and side % self.stride for side in sides):
                expected = f"pictures whose sides are multiples of {self.stride}"
                raise ValueError(f"Expected {expected}, received {sides}.")
            targets[name] = _KINDS[kind](rgb, lab)
            if self.stride > 1:
                targets[name] = ops.average_pool(targets[name], self.stride, self.stride)
        return lightness, targets
