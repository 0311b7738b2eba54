"""Trains `distribution_unet` from a packed store under JAX, within a given time, on one GPU.

    KERAS_BACKEND=jax python trainers/train_packed.py --store=store/ --run=run/ \
        --encoder_weights=lite2.pth --teacher_weights=lite2.pth --freeze_through=block_6_add \
        --phase=color,size=128,batch=256,minutes=6 --phase=shown,size=192,batch=96,minutes=2

The store is what `pack_store.py` writes. Its pictures lie decoded in one array in the memory of
the device, where views are cut, flipped and aged and targets are made. Parts that appear in the
folder later are taken in while training goes on, so a machine may start with the first one. What
is trained for is named by each phase:

- `color`: cross-entropy over the 313 bins, scene classes, and what the encoder's ImageNet
  classifier says of the same view in color, so that the encoder goes on knowing things.
- `mean`: the same and L1 on the mean of the distribution.
- `shown`: L1, perceptual distance and colorfulness of the colors as a vivid preset shows them.

Each phase has a rate that rises, stays and comes down over its minutes. `weights-PHASE.h5` is
written at its end and `weights.h5` every --save_seconds, both averaged over the last steps.
"""

import concurrent.futures
import functools
import json
import os
import pathlib
import time

os.environ.setdefault("KERAS_BACKEND", "jax")

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
from absl import app, flags, logging

from keras_colorize.bins import ab_centers
from keras_colorize.color import lab_to_rgb, rgb_to_lab
from keras_colorize.io.atomic import atomic_file, write_file
from keras_colorize.models import freeze_through
from keras_colorize.models.distribution_unet import distribution_unet
from keras_colorize.models.efficientnet_lite import (
    efficientnet_lite2_classifier,
    efficientnet_lite2_features,
    load_efficientnet_lite2,
)
from keras_colorize.presets import read_weights, write_weights
from packed_views import Store, aged, draw_views

FLAGS = flags.FLAGS
flags.DEFINE_string("store", None, "Folder of parts.", required=True)
flags.DEFINE_string("run", None, "Folder to write weights and the log to.", required=True)
flags.DEFINE_string("encoder", "efficientnet_lite2", "Encoder of `distribution_unet`.")
flags.DEFINE_string("encoder_weights", None, "ImageNet weights of the encoder to begin with.")
flags.DEFINE_string(
    "teacher_weights",
    None,
    "EfficientNet-Lite2 weights (.pth) of what sees the views in color: for `shown`, and for an "
    "encoder of its kind not to forget. Without, there is neither.",
)
flags.DEFINE_string("init", None, "Weights of the whole network to go on from.")
flags.DEFINE_multi_string(
    "phase",
    ["color,size=128,batch=256,minutes=8"],
    "NAME,size=PIXELS,batch=N,minutes=M[,rate=R]: color, mean or shown.",
)
flags.DEFINE_list("decoder_widths", ["384", "320", "224", "160"], "Strides 32, 16, 8 and 4.")
flags.DEFINE_integer("queries", 100, "Color queries; 0 for none.")
flags.DEFINE_string("freeze_through", None, "Last frozen layer of the encoder, say block_6_add.")
flags.DEFINE_float("encoder_rate", 0.2, "Rate of the encoder as a share of the decoder's.")
flags.DEFINE_float("weight_decay", 0.02, "Decoupled weight decay.")
flags.DEFINE_float("distillation", 0.3, "Weight of the classifier's divergence.")
flags.DEFINE_float("scenes", 0.05, "Weight of the scene classes.")
flags.DEFINE_string("scene_collection", "places", "Collection whose labels are scene classes.")
flags.DEFINE_multi_string("factor", [], "COLLECTION=F: how often its pictures are drawn; 1.")
flags.DEFINE_float("aged", 0.2, "Share of views that look like old photographs.")
flags.DEFINE_float("smallest_crop", 0.45, "Smallest side of a view as a share of the picture's.")
flags.DEFINE_float("temperature", 0.6, "Temperature at which `shown` decodes.")
flags.DEFINE_float("colorfulness", 0.3, "Weight of the colorfulness loss of `shown`.")
flags.DEFINE_float("perceptual", 1.0, "Weight of the perceptual loss of `shown`.")
flags.DEFINE_integer("side", 192, "Side of the decoded pictures.")
flags.DEFINE_integer("capacity", 200_000, "Pictures that the array has room for.")
flags.DEFINE_float("average", 0.999, "Momentum of the averaged weights.")
flags.DEFINE_integer("save_seconds", 110, "Seconds between writes of weights.")
flags.DEFINE_integer("log_steps", 100, "Steps between lines of the log.")
flags.DEFINE_integer("seed", 0, "Seed.")

CENTERS = ab_centers()


class ShiftedDepthwiseConv2D(keras.layers.DepthwiseConv2D):
    """A depthwise convolution as a sum of shifted products.

    The gradient of the library's convolution is slow on GPUs; these products are fused.
    """

    def call(self, inputs):
        """Adds the products; see the class."""
        kernel = jnp.asarray(self.kernel, inputs.dtype)[..., 0]
        size, stride = kernel.shape[0], self.strides[0]
        rows, columns = (-(-length // stride) for length in inputs.shape[1:3])
        pads = [
            max((out - 1) * stride + size - length, 0)
            for out, length in zip((rows, columns), inputs.shape[1:3], strict=True)
        ]
        padded = jnp.pad(inputs, [(0, 0), *[(pad // 2, pad - pad // 2) for pad in pads], (0, 0)])
        total = 0.0
        for y in range(size):
            for x in range(size):
                part = padded[
                    :,
                    y : y + (rows - 1) * stride + 1 : stride,
                    x : x + (columns - 1) * stride + 1 : stride,
                ]
                total = total + part * kernel[y, x]
        return total


def main(_):
    """Trains phase after phase."""
    run = pathlib.Path(FLAGS.run)
    run.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(FLAGS.seed)
    keras.config.disable_flash_attention()
    phases = [_phase(text) for text in FLAGS.phase]
    if any(phase["name"] == "shown" for phase in phases) and not FLAGS.teacher_weights:
        raise ValueError("Expected --teacher_weights with the phase shown, received none.")
    factors = dict(text.partition("=")[::2] for text in FLAGS.factor)
    factors = {name: float(factor) for name, factor in factors.items()}
    store = Store(FLAGS.store, FLAGS.capacity, FLAGS.side, factors, FLAGS.scene_collection)
    trainer = Trainer(store.scene_names)
    logging.info("%d parameters, on %s", trainer.model.count_params(), jax.devices()[0])
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        steps = [pool.submit(trainer.compiled, phase, store) for phase in phases]
        for phase, step in zip(phases, steps, strict=True):
            _train(trainer, store, phase, step.result(), run)
            trainer.save(run / f"weights-{phase['name']}{phase['size']}.h5")


def _train(trainer, store, phase, step, run):
    seconds = 60.0 * phase["minutes"]
    start = saved = logged = time.monotonic()
    count = last = 0
    totals = []
    while (elapsed := time.monotonic() - start) < seconds:
        if count % 20 == 0:
            store.take_in()
        rate = phase["rate"] * _shape(elapsed / seconds, count)
        totals.append(trainer.step(step, store, rate))
        count += 1
        if count % FLAGS.log_steps == 0:
            values = {name: float(np.mean([t[name] for t in totals])) for name in totals[0]}
            now = time.monotonic()
            speed = (count - last) * phase["batch"] / (now - logged)
            line = {"phase": phase["name"], "size": phase["size"], "step": count}
            line |= {"views": count * phase["batch"], "seconds": round(now - start, 1)}
            line |= {"views_per_second": round(speed, 1), "pictures": store.count, "rate": rate}
            line |= {name: round(value, 4) for name, value in values.items()}
            with (run / "log.jsonl").open("a", encoding="utf-8") as history:
                history.write(json.dumps(line) + "\n")
            logging.info("%s", line)
            totals, last, logged = [], count, now
        elif count % 10 == 0:
            jax.block_until_ready(totals[-1])
        if time.monotonic() - saved > FLAGS.save_seconds:
            trainer.save(run / "weights.h5")
            saved = time.monotonic()


def _shape(share, count):
    """Warmup-stable-decay schedule over a phase."""
    return min(1.0, (count + 1) / 200.0, max(0.0, (1.0 - share) / 0.5) + 0.005)


def _phase(text):
    name, *options = text.split(",")
    values = {"size": "128", "batch": "256", "minutes": "1", "rate": "8e-4"}
    values |= dict(option.partition("=")[::2] for option in options)
    if name not in ("color", "mean", "shown") or len(values) != 4:
        raise ValueError(f"Expected color, mean or shown with size, batch, minutes, rate: {text}.")
    numbers = {key: int(values[key]) for key in ("size", "batch")}
    return {"name": name, **numbers, **{key: float(values[key]) for key in ("minutes", "rate")}}


class Trainer:
    """The network, its averages and its optimizer's state."""

    def __init__(self, scene_names):
        keras.config.set_dtype_policy("mixed_bfloat16")
        arguments = {
            "encoder": FLAGS.encoder,
            "decoder_widths": [int(width) for width in FLAGS.decoder_widths],
            "queries": FLAGS.queries,
            "classes": len(scene_names),
        }
        network = {"arguments": arguments, "class_names": scene_names}
        write_file(pathlib.Path(FLAGS.run, "network.json"), json.dumps(network), overwrite=True)
        weights = None if FLAGS.init else FLAGS.encoder_weights
        self.model = distribution_unet(**arguments, encoder_weights=weights)
        if FLAGS.init:
            read_weights(self.model, FLAGS.init)
        model = keras.models.clone_model(self.model, clone_function=_shifted)
        model.set_weights(self.model.get_weights())
        last = model.get_layer("global_pool").input
        self.network = keras.Model(model.input, {**model.output, "features": last})
        encoder = keras.Model(model.input, last)
        if FLAGS.encoder_weights or FLAGS.init:
            # Statistics of ImageNet are better than those of a batch.
            for layer in encoder.layers:
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.trainable = False
        if FLAGS.freeze_through:
            freeze_through(model, FLAGS.freeze_through)
        slow = {id(variable) for layer in encoder.layers for variable in layer.weights}
        variables = self.network.trainable_variables
        # Attention learns at lower rates than convolutions.
        self.factors = [
            FLAGS.encoder_rate if id(v) in slow else 0.4 if "queries" in v.path else 1.0
            for v in variables
        ]
        self.decays = [FLAGS.weight_decay if len(v.shape) > 1 else 0.0 for v in variables]
        self.teacher, self.taught = None, []
        if FLAGS.teacher_weights:
            self.teacher = _teacher()
            self.taught = [jnp.array(v.value) for v in self.teacher.non_trainable_variables]
            classifier = efficientnet_lite2_classifier(FLAGS.teacher_weights)
            self.kernel, self.bias = map(jnp.asarray, classifier)
        # Copies: the arrays of the state are given away at each step.
        values = [jnp.array(v.value) for v in variables]
        others = [jnp.array(v.value) for v in self.network.non_trainable_variables]
        self.adam = optax.chain(
            optax.zero_nans(), optax.clip_by_global_norm(1.0), optax.scale_by_adam(b2=0.99)
        )
        averages = [jnp.array(value) for value in values]
        key = jax.random.PRNGKey(FLAGS.seed)
        self.state = values, others, self.adam.init(values), averages, key

    def compiled(self, phase, store):
        """Compiles the step of a phase, which may take a minute."""
        start = time.monotonic()
        step = jax.jit(functools.partial(self._step, phase), donate_argnums=0)
        shapes = jax.tree.map(
            lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype),
            (self.state, self.taught, store.pictures, store.tables),
        )
        step = step.lower(*shapes, jax.ShapeDtypeStruct((), "float32")).compile()
        logging.info("compiled %s in %.0f s", phase, time.monotonic() - start)
        return step

    def step(self, step, store, rate):
        """Runs one step; returns the losses."""
        self.state, losses = step(
            self.state, self.taught, store.pictures, store.tables, jnp.float32(rate)
        )
        return losses

    def save(self, path):
        """Writes the averaged weights."""
        _, others, _, averages, _ = self.state
        for variable, value in zip(self.network.trainable_variables, averages, strict=True):
            variable.assign(value)
        for variable, value in zip(self.network.non_trainable_variables, others, strict=True):
            variable.assign(value)
        values = {variable.path: variable for variable in self.network.variables}
        for variable in self.model.variables:
            variable.assign(values[variable.path])
        with atomic_file(path, overwrite=True) as file:
            write_weights(self.model, file)

    def _step(self, phase, state, taught, pictures, tables, rate):
        values, others, moments, averages, key = state
        key, views, aging = jax.random.split(key, 3)
        rgb, scenes = draw_views(
            views, pictures, tables, phase["batch"], phase["size"], FLAGS.smallest_crop
        )
        lab = rgb_to_lab(rgb)
        lightness, ab = lab[..., :1], lab[..., 1:]
        seen = aged(aging, rgb, lightness, FLAGS.aged)
        targets = jnp.mean(ab.reshape(*_quarters(ab.shape), 2), axis=(2, 4))
        true = self._taught(taught, rgb) if self.teacher else None

        def loss(values):
            outputs, changed = self.network.stateless_call(values, others, seen, training=True)
            losses = self._losses(phase, outputs, targets, scenes, lightness, true, taught)
            measured = _measured(outputs, targets, scenes)
            return sum(losses.values()), (losses | measured, changed)

        gradients, (losses, others) = jax.grad(loss, has_aux=True)(values)
        losses["norm"] = optax.global_norm(gradients)
        updates, moments = self.adam.update(gradients, moments)
        values = [
            value - rate * factor * (update + decay * value)
            for value, update, factor, decay in zip(
                values, updates, self.factors, self.decays, strict=True
            )
        ]
        keep = FLAGS.average
        averages = [
            keep * average + (1.0 - keep) * value
            for average, value in zip(averages, values, strict=True)
        ]
        return (values, others, moments, averages, key), losses

    def _taught(self, taught, rgb):
        scaled = (255.0 * rgb - 127.0) / 128.0
        features, _ = self.teacher.stateless_call([], taught, scaled, training=False)
        return features

    def _divergence(self, true, predicted):
        """Kullback-Leibler divergence between what the classifier says of two features."""
        pools = [jnp.mean(jnp.asarray(x, "float32"), axis=(1, 2)) for x in (true, predicted)]
        true, predicted = (jax.nn.log_softmax(x @ self.kernel + self.bias) for x in pools)
        return jnp.mean(jnp.sum(jnp.exp(true) * (true - predicted), axis=-1))

    def _losses(self, phase, outputs, targets, scenes, lightness, true, taught):
        logits = outputs["ab_logits"]
        scores = 2.0 * targets @ CENTERS.T - jnp.sum(jnp.square(CENTERS), axis=-1)
        chosen = jnp.argmax(scores, axis=-1)
        color = jnp.mean(optax.softmax_cross_entropy_with_integer_labels(logits, chosen))
        known = scenes >= 0
        scene = optax.softmax_cross_entropy_with_integer_labels(
            outputs["class_logits"], jnp.maximum(scenes, 0)
        )
        scene = jnp.sum(scene * known) / jnp.maximum(jnp.sum(known), 1)
        losses = {"color": color, "scene": FLAGS.scenes * scene}
        if self.teacher and FLAGS.encoder == "efficientnet_lite2":
            divergence = self._divergence(true[-1], outputs["features"])
            losses["objects"] = FLAGS.distillation * divergence
        if phase["name"] == "mean":
            losses["l1"] = jnp.mean(jnp.abs(_decoded(logits, 1.0) - targets)) / 5.0
        if phase["name"] == "shown":
            losses["color"] *= 0.3
            shown = _decoded(logits, FLAGS.temperature)
            losses["l1"] = jnp.mean(jnp.abs(shown - targets)) / 10.0
            predicted = self._taught(taught, _as_rgb(lightness, shown))
            distance = sum(
                jnp.mean(jnp.sum(jnp.square(_unit(a) - _unit(b)), axis=-1))
                for a, b in zip(true, predicted, strict=True)
            )
            losses["perceptual"] = FLAGS.perceptual * distance
            losses["answers"] = 0.15 * FLAGS.perceptual * self._divergence(true[-1], predicted[-1])
            # As colorful as the truth on the average picture: what is unsure may stay pale.
            lack = jnp.mean(_chroma_spread(targets) - _chroma_spread(shown))
            losses["colorful"] = FLAGS.colorfulness * jnp.abs(lack) / 5.0
        return losses


def _shifted(layer):
    if type(layer) is keras.layers.DepthwiseConv2D:
        return ShiftedDepthwiseConv2D.from_config(layer.get_config())
    return type(layer).from_config(layer.get_config())


def _teacher():
    rgb = keras.Input((None, None, 3))
    model = keras.Model(rgb, efficientnet_lite2_features(rgb))
    load_efficientnet_lite2(model, FLAGS.teacher_weights)
    teacher = keras.models.clone_model(model, clone_function=_shifted)
    teacher.set_weights(model.get_weights())
    teacher.trainable = False
    return teacher


def _quarters(shape):
    """(N, H, W, C) as (N, H/4, 4, W/4, 4)."""
    return shape[0], shape[1] // 4, 4, shape[2] // 4, 4


def _measured(outputs, targets, scenes):
    """Error of the mean color, and shares of the scenes that are among the likeliest."""
    distance = jnp.linalg.norm(_decoded(outputs["ab_logits"], 1.0) - targets, axis=-1)
    logits, known = outputs["class_logits"], scenes >= 0
    own = jnp.take_along_axis(logits, jnp.maximum(scenes, 0)[:, None], axis=1)
    rank = jnp.where(known, jnp.sum(logits > own, axis=1), logits.shape[1])
    count = jnp.maximum(jnp.sum(known), 1)
    found = {f"top_{k}": jnp.sum(rank < k) / count for k in (1, 5)}
    return {"ab_error": jnp.mean(distance), **found}


def _decoded(logits, temperature):
    return jax.nn.softmax(logits / temperature) @ CENTERS


def _unit(features):
    features = jnp.asarray(features, "float32")
    return features * jax.lax.rsqrt(jnp.sum(jnp.square(features), axis=-1, keepdims=True) + 1e-6)


def _chroma_spread(ab):
    """Spread and mean of colors after Hasler & Suesstrunk, per picture, on a and b."""
    spread = jnp.sqrt(jnp.sum(jnp.var(ab, axis=(1, 2)), axis=-1) + 1e-3)
    return spread + 0.3 * jnp.sqrt(jnp.sum(jnp.square(jnp.mean(ab, axis=(1, 2))), axis=-1) + 1e-3)


def _as_rgb(lightness, ab):
    size = (*lightness.shape[:3], 2)
    full = jax.image.resize(ab, size, "bilinear")
    return jnp.clip(lab_to_rgb(jnp.concatenate([lightness, full], axis=-1)), 0.0, 1.0)


if __name__ == "__main__":
    app.run(main)
