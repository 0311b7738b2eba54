"""The library's networks in PyTorch, for the comparison of speed in benchmarks/training.py.

Layers, channels and strides are those of the factories, so that the numbers of trained weights are
equal; that is checked before anything is measured. Under autocast the last layers stay in float32,
as they do in the library. Inputs are (N, 1, H, W), L* in 0..100, with
sides that 32 divides; outputs are dicts as the factories have them, channels first.
"""

import torch
from torch import nn
from torch.nn import functional

from keras_colorize.bins import bin_count
from keras_colorize.models.encoders import scaled


def count(module):
    """Number of trained weights."""
    return sum(weight.numel() for weight in module.parameters())


def conv_bn(inputs, outputs, kernel=3, stride=1, act=nn.ReLU, groups=1):
    """Convolution without bias, batch normalization and, unless None, an activation."""
    conv = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), *([act()] if act else []))


def conv(inputs, outputs, kernel=3, stride=1, dilation=1):
    """Convolution with bias and ReLU."""
    layer = nn.Conv2d(inputs, outputs, kernel, stride, dilation * (kernel // 2), dilation)
    return nn.Sequential(layer, nn.ReLU())


def dense_bn(inputs, outputs):
    """Dense layer without bias, batch normalization, ReLU."""
    return nn.Sequential(nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU())


def exact(layer, x):
    """Applies a last layer, in float32."""
    with torch.autocast("cpu", enabled=False):
        return layer(x.float())


def double(x, mode="nearest"):
    """Doubles the size."""
    options = {} if mode == "nearest" else {"align_corners": False}
    return functional.interpolate(x, scale_factor=2, mode=mode, **options)


def resized(x, other):
    """Resizes bilinearly to the size of another tensor."""
    return functional.interpolate(x, other.shape[2:], mode="bilinear", align_corners=False)


class Iizuka16(nn.Module):
    """`iizuka16` at the size of its global branch, where the low level is shared."""

    def __init__(self, width, classes, size):
        super().__init__()
        a, b, d, e, f, g = (scaled(channels, width) for channels in (64, 128, 256, 512, 1024, 32))
        self.first = conv_bn(1, a, stride=2)
        low = [(a, b, 1), (b, b, 2), (b, d, 1), (d, d, 2), (d, e, 1)]
        self.low = nn.Sequential(*(conv_bn(i, o, stride=s) for i, o, s in low))
        self.mid = nn.Sequential(conv_bn(e, e), conv_bn(e, d))
        self.scene_convs = nn.Sequential(*(conv_bn(e, e, stride=s) for s in (2, 1, 2, 1)))
        self.scene = nn.Sequential(dense_bn(e * (size // 32) ** 2, f), dense_bn(f, e))
        self.vector = dense_bn(e, d)
        self.local_part = nn.Conv2d(d, d, 1, bias=False)
        self.global_part = nn.Linear(d, d, bias=False)
        self.fused = nn.Sequential(nn.BatchNorm2d(d), nn.ReLU())
        self.colors = nn.ModuleList([conv_bn(d, b), conv_bn(b, a), conv_bn(a, a), conv_bn(a, g)])
        self.ab = nn.Conv2d(g, 2, 3, padding=1)
        self.class_dense, self.classes = dense_bn(e, d), nn.Linear(d, classes)

    def forward(self, lightness):
        """Returns `ab` and `class_logits`."""
        low = self.low(self.first(lightness / 100))
        scene = self.scene(self.scene_convs(low).flatten(1))
        vector = self.global_part(self.vector(scene))[..., None, None]
        x = double(self.colors[0](self.fused(self.local_part(self.mid(low)) + vector)))
        x = double(self.colors[2](self.colors[1](x)))
        ab = torch.sigmoid(exact(self.ab, self.colors[3](x)))
        return {"ab": ab, "class_logits": exact(self.classes, self.class_dense(scene))}


class Vgg16ResidualEncoder(nn.Module):
    """`vgg16_residual_encoder`, the final classification model."""

    def __init__(self, width):
        super().__init__()
        taps = [scaled(channels, width) for channels in (64, 128, 256, 512)]
        blocks, before = [], 3
        for depth, channels in zip((2, 2, 3, 3), taps, strict=True):
            widths = [before, *[channels] * depth]
            pairs = zip(widths, widths[1:], strict=False)
            blocks.append(nn.Sequential(*(conv(i, o) for i, o in pairs)))
            before = channels
        self.blocks = nn.ModuleList(blocks)
        self.norms = nn.ModuleList(nn.BatchNorm2d(channels) for channels in taps)
        pairs = list(zip(taps[1:], taps, strict=False))
        self.narrow = nn.ModuleList(conv_bn(i, o, 1) for i, o in pairs)
        self.convs = nn.ModuleList(conv_bn(o, o) for _, o in pairs)
        last = [sum(taps[:3]) + taps[2], *(scaled(channels, width) for channels in (128, 64, 64))]
        self.final = nn.Sequential(*(conv(i, o) for i, o in zip(last, last[1:], strict=False)))
        self.scores = nn.ModuleList(nn.Conv2d(last[-1], 50, 1) for _ in "uv")

    def forward(self, lightness):
        """Returns `luv_uv_logits`, (N, 2, 50, H, W)."""
        x, taps = (lightness * 2.55 - 115).repeat(1, 3, 1, 1), []
        for number, (block, norm) in enumerate(zip(self.blocks, self.norms, strict=True)):
            x = block(functional.max_pool2d(x, 2) if number else x)
            taps.append(norm(x))
        x, scales = taps[3], []
        for number in (2, 1, 0):
            x = self.narrow[number](x)
            scales = scales or [x]
            x = self.convs[number](resized(x, taps[number]) + taps[number])
            scales.append(x)
        x = torch.cat([resized(scale, x) for scale in scales[:-1]] + [x], 1)
        x = self.final(x)
        return {"luv_uv_logits": torch.stack([exact(score, x) for score in self.scores], 1)}


class BasicBlock(nn.Module):
    """Two 3x3 convolutions and the shortcut around them."""

    def __init__(self, inputs, outputs, stride, last=nn.ReLU):
        super().__init__()
        convs = conv_bn(inputs, outputs, 3, stride), conv_bn(outputs, outputs, act=None)
        self.convs, self.last = nn.Sequential(*convs), last()
        plain = stride == 1
        self.shortcut = nn.Identity() if plain else conv_bn(inputs, outputs, 1, stride, None)

    def forward(self, x):
        """Returns the block's output."""
        return self.last(self.convs(x) + self.shortcut(x))


class Resnet18(nn.Module):
    """Stem and stages; returns the stem and the end of every stage."""

    def __init__(self, width, stages):
        super().__init__()
        widths = [scaled(channels, width) for channels in (64, 128, 256, 512)[:stages]]
        self.stem, self.pool = conv_bn(1, widths[0], 7, 2), nn.MaxPool2d(3, 2, 1)
        pairs = zip([widths[0], *widths], widths, strict=False)
        self.stages = nn.ModuleList(
            nn.Sequential(BasicBlock(i, o, 2 if n else 1), BasicBlock(o, o, 1))
            for n, (i, o) in enumerate(pairs)
        )

    def forward(self, lightness):
        """Returns a list of features."""
        taps = [self.stem(lightness / 100)]
        x = self.pool(taps[0])
        for stage in self.stages:
            x = stage(x)
            taps.append(x)
        return taps


class Resnet18GrayClassifier(nn.Module):
    """`resnet18_gray_classifier`."""

    def __init__(self, width, classes):
        super().__init__()
        self.encoder = Resnet18(width, 4)
        self.logits = nn.Linear(scaled(512, width), classes)

    def forward(self, lightness):
        """Returns `class_logits`."""
        features = self.encoder(lightness)[-1].mean((2, 3))
        return {"class_logits": exact(self.logits, features)}


class Resnet18Gray(nn.Module):
    """`resnet18_gray` with either decoder, regression."""

    def __init__(self, width, decoder):
        super().__init__()
        self.encoder, self.decoder = Resnet18(width, 2), decoder
        a, b, c, d = (scaled(channels, width) for channels in (128, 64, 64, 32))
        if decoder == "A":
            self.first, widths = conv_bn(a, a), [a, b, c, d]
        else:
            up = nn.ConvTranspose2d(a, a, 4, 2, 1, bias=False)
            self.first = nn.Sequential(up, nn.BatchNorm2d(a), nn.ReLU())
            widths = [a, a, b, c, d]
        pairs = zip(widths, widths[1:], strict=False)
        self.convs = nn.Sequential(*(conv_bn(i, o) for i, o in pairs))
        self.ab = nn.Conv2d(d, 2, 3, padding=1)

    def forward(self, lightness):
        """Returns `ab`."""
        x = self.first(self.encoder(lightness)[2])
        x = self.convs(double(x) if self.decoder == "A" else x)
        x = torch.sigmoid(exact(self.ab, x))
        return {"ab": x if self.decoder == "A" else double(x, "bilinear")}


class Eccv16(nn.Module):
    """`eccv16`."""

    def __init__(self, width):
        super().__init__()
        plan = [(2, 64, 1, 2), (2, 128, 1, 2), (3, 256, 1, 2), (3, 512, 1, 1)]
        plan += [(3, 512, 2, 1), (3, 512, 2, 1), (3, 512, 1, 1)]
        parts, before = [], 1
        for depth, channels, dilation, stride in plan:
            channels = scaled(channels, width)
            for number in range(depth):
                last = stride if number == depth - 1 else 1
                parts.append(conv(before, channels, 3, last, dilation))
                before = channels
            parts.append(nn.BatchNorm2d(channels))
        last = scaled(256, width)
        parts += [nn.ConvTranspose2d(before, last, 4, 2, 1), nn.ReLU()]
        parts += [conv(last, last), conv(last, last)]
        self.parts, self.logits = nn.Sequential(*parts), nn.Conv2d(last, bin_count(), 1)

    def forward(self, lightness):
        """Returns `ab_logits`."""
        return {"ab_logits": exact(self.logits, self.parts((lightness - 50) / 100))}


class InvertedResidual(nn.Module):
    """A block of MobileNetV2; returns its output and the features after the expansion."""

    def __init__(self, inputs, factor, outputs, stride):
        super().__init__()
        wide = factor * inputs
        self.expand = conv_bn(inputs, wide, 1, act=nn.ReLU6) if factor > 1 else nn.Identity()
        depthwise = conv_bn(wide, wide, 3, stride, nn.ReLU6, groups=wide)
        self.rest = nn.Sequential(depthwise, conv_bn(wide, outputs, 1, act=None))
        self.adds = stride == 1 and inputs == outputs

    def forward(self, x):
        """Returns a pair."""
        wide = self.expand(x)
        y = self.rest(wide)
        return (x + y if self.adds else y), wide


class DistributionUnet(nn.Module):
    """`distribution_unet` on MobileNetV2, without classes."""

    def __init__(self, widths=(256, 192, 128, 96), units=256):
        super().__init__()
        plan = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)]
        plan += [(6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]
        self.first, blocks, before = conv_bn(3, 32, 3, 2, nn.ReLU6), [], 32
        for factor, outputs, repeats, stride in plan:
            for number in range(repeats):
                step = 1 if number else stride
                blocks.append(InvertedResidual(before, factor, outputs, step))
                before = outputs
        self.blocks, self.last = nn.ModuleList(blocks), conv_bn(320, 1280, 1, act=nn.ReLU6)
        self.top = conv_bn(1280, widths[0], 1)
        self.dense = nn.Sequential(nn.Linear(1280, units), nn.ReLU())
        self.local_part = nn.Conv2d(widths[1], widths[1], 1)
        self.global_part = nn.Linear(units, widths[1], bias=False)
        taps = (576, 192, 144)
        self.taps = nn.ModuleList(
            conv_bn(tap, w // 2, 1) for tap, w in zip(taps, widths[1:], strict=True)
        )
        pairs = zip(widths, widths[1:], strict=False)
        self.convs = nn.ModuleList(conv_bn(i + o // 2, o) for i, o in pairs)
        self.logits = nn.Conv2d(widths[3], bin_count(), 1)

    def forward(self, lightness):
        """Returns `ab_logits`."""
        x, taps = self.first((lightness / 50 - 1).repeat(1, 3, 1, 1)), []
        for number, block in enumerate(self.blocks):
            x, wide = block(x)
            taps += [wide] if number in (3, 6, 13) else []
        x = self.last(x)
        features = self.dense(x.mean((2, 3)))
        x = self.top(x)
        parts = zip(reversed(taps), self.taps, self.convs, strict=True)
        for number, (tap, narrow, block) in enumerate(parts):
            tap = narrow(tap)
            x = block(torch.cat([resized(x, tap), tap], 1))
            if number == 0:
                vector = self.global_part(features)[..., None, None]
                x = torch.relu(self.local_part(x) + vector)
        return {"ab_logits": exact(self.logits, x)}


class DcganGenerator(nn.Module):
    """`dcgan_generator` of level set 256, without dropout."""

    def __init__(self, width):
        super().__init__()
        down = [scaled(channels, width) for channels in (64, 64, 128, 256, 512, 512, 512, 512)]
        layers, before = [], 1
        for number, channels in enumerate(down):
            padding = "same" if number == 0 else 1
            stride, innermost = (2 if number else 1), number == 7
            part = [nn.Conv2d(before, channels, 4, stride, padding, bias=innermost)]
            part += [] if innermost else [nn.BatchNorm2d(channels)]
            layers.append(nn.Sequential(*part, nn.LeakyReLU(0.2)))
            before = channels
        self.down, ups = nn.ModuleList(layers), []
        for channels in reversed(down[:-1]):
            up = nn.ConvTranspose2d(before, channels, 4, 2, 1, bias=False)
            ups.append(nn.Sequential(up, nn.BatchNorm2d(channels), nn.ReLU()))
            before = 2 * channels
        self.up, self.ab = nn.ModuleList(ups), nn.Conv2d(down[0], 2, 1)

    def forward(self, lightness):
        """Returns `ab`."""
        x, taps = lightness / 50 - 1, []
        for layer in self.down:
            x = layer(x)
            taps.append(x)
        for number, layer in zip(range(6, -1, -1), self.up, strict=True):
            x = layer(x)
            x = torch.cat([x, taps[number]], 1) if number else x
        return {"ab": (torch.tanh(exact(self.ab, x)) + 1) / 2}


class DcganDiscriminator(nn.Module):
    """`dcgan_discriminator` of level set 256, for sides of 256 or padded there."""

    def __init__(self, width):
        super().__init__()
        widths = [scaled(channels, width) for channels in (64, 128, 256, 512, 512, 512)]
        layers, before = [], 3
        for number, channels in enumerate(widths):
            layers.append(nn.Conv2d(before, channels, 4, 2, 1, bias=number == 0))
            layers += [nn.BatchNorm2d(channels)] if number else []
            layers.append(nn.LeakyReLU(0.2))
            before = channels
        self.layers, self.score = nn.Sequential(*layers), nn.Conv2d(before, 1, 4)

    def forward(self, lightness, ab):
        """Returns logits (N, 1)."""
        x = self.layers(torch.cat([lightness / 50 - 1, 2 * ab - 1], 1))
        rows, columns = (max(0, 4 - side) for side in x.shape[2:])
        return exact(self.score, functional.pad(x, (0, columns, 0, rows))).mean((2, 3))
