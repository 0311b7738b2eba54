"""The packed store in the memory of a device, and the views that training sees of it, in JAX."""

import concurrent.futures
import functools
import time

import jax
import jax.numpy as jnp
import numpy as np
from absl import logging

from packed import part_paths, read_part


class Store:
    """The decoded pictures in the memory of the device, which may grow while it is used.

    Args:
        folder: folder of parts, see `packed.py`; waits for the first one.
        capacity: pictures that there is room for.
        side: side in pixels to which all are brought.
        factors: dict of collection to how often its pictures are drawn, 1 where none is given.
        scene_collection: the collection whose labels are scene classes.

    Attributes:
        pictures: uint8 array (capacity, side, side, 3).
        count: how many of them there are.
        tables: what `draw_views` takes beside them.
        scene_names: names of the scene classes, from the first part.
    """

    def __init__(self, folder, capacity, side, factors, scene_collection):
        self.folder = folder
        self.capacity = capacity
        self.side = side
        self.factors = factors
        self.scene_collection = scene_collection
        self.scene_names = []
        self.read = set()
        self.count = 0
        shape = self.capacity, self.side, self.side, 3
        self.pictures = jnp.zeros(shape, "uint8")
        self.aspects = np.ones(self.capacity, "float32")
        self.scenes = np.full(self.capacity, -1, "int32")
        self.odds = np.zeros(self.capacity, "float32")
        self.pool = concurrent.futures.ThreadPoolExecutor(1)
        self.coming = None
        while not self.count:
            self.take_in(wait=True)
        self._tables()

    def take_in(self, wait=False):
        """Adds a part that has been decoded meanwhile, and begins with the next one."""
        if self.coming is None:
            new = [path for path in part_paths(self.folder) if path not in self.read]
            if not new:
                time.sleep(0.5 if wait else 0.0)
                return
            self.read.add(new[0])
            self.coming = self.pool.submit(read_part, new[0], self.side)
        if not wait and not self.coming.done():
            return
        pictures, aspects, labels = self.coming.result()
        self.coming = None
        number = min(len(labels), self.capacity - self.count)
        if not number:
            return
        # Pieces of one size, so that one program writes them all; the last one overlaps.
        piece = min(1024, number)
        for start in (*range(0, number - piece, piece), number - piece):
            rows = pictures[start : start + piece]
            self.pictures = _written(self.pictures, rows, self.count + start)
        place = slice(self.count, self.count + number)
        self.aspects[place] = aspects[:number]
        names = [label.partition("/")[::2] for label in labels[:number]]
        self.odds[place] = [self.factors.get(name, 1.0) for name, _ in names]
        if not self.scene_names:
            scenes = {_scene(label) for name, label in names if name == self.scene_collection}
            self.scene_names = sorted(scenes)
        known = {name: index for index, name in enumerate(self.scene_names)}
        self.scenes[place] = [
            known.get(_scene(label), -1) if name == self.scene_collection else -1
            for name, label in names
        ]
        self.count += number
        self._tables()
        logging.info("%d pictures", self.count)

    def _tables(self):
        cumulated = np.cumsum(self.odds, dtype="float64")
        self.cumulated = jnp.asarray(cumulated / cumulated[-1], "float32")
        self.tables = self.cumulated, jnp.asarray(self.aspects), jnp.asarray(self.scenes)


def _scene(label):
    """`a/abbey` is the scene `abbey`: MiniPlaces has folders by first letters."""
    return label[2:] if label[1:2] == "/" else label


@functools.partial(jax.jit, donate_argnums=0)
def _written(pictures, piece, start):
    return jax.lax.dynamic_update_slice(pictures, piece, (start, 0, 0, 0))


def draw_views(key, pictures, tables, batch, size, smallest_crop):
    """Draws pictures by their odds and cuts a view out of each.

    Args:
        key: JAX key.
        pictures: uint8 array (N, side, side, 3), sRGB.
        tables: arrays (N,): cumulated odds, width over height, and scene numbers, -1 for none.
        batch: number of views.
        size: side of a view.
        smallest_crop: smallest side of a view as a share of the picture's.

    Returns:
        `(rgb, scenes)`: float32 (batch, size, size, 3) in [0, 1] and int32 (batch,).
    """
    cumulated, aspects, scenes = tables
    keys = jax.random.split(key, 6)
    index = jnp.searchsorted(cumulated, jax.random.uniform(keys[0], (batch,)), side="right")
    index = jnp.minimum(index, len(cumulated) - 1)
    images = jnp.take(pictures, index, axis=0).astype("float32") / 255.0
    side = images.shape[1]
    stretch = jnp.exp(jax.random.uniform(keys[1], (batch,), minval=-0.22, maxval=0.22))
    ratio = stretch / jnp.take(aspects, index)
    longest = jax.random.uniform(keys[2], (batch,), minval=smallest_crop, maxval=1.0)
    # Half of the views show as much as there is.
    longest = jnp.where(jax.random.bernoulli(keys[3], 0.35, (batch,)), 1.0, longest)
    width = longest * jnp.minimum(1.0, ratio)
    height = longest * jnp.minimum(1.0, 1.0 / ratio)
    shares = jnp.stack([height, width], axis=-1)
    offsets = jax.random.uniform(keys[4], (batch, 2)) * (1.0 - shares) * side
    scales = size / (shares * side)

    def cut(image, scale, offset):
        return jax.image.scale_and_translate(
            image, (size, size, 3), (0, 1), scale, -offset * scale, "linear", antialias=True
        )

    views = jax.vmap(cut)(images, scales, offsets)
    flipped = jax.random.bernoulli(keys[5], 0.5, (batch, 1, 1, 1))
    views = jnp.where(flipped, views[:, :, ::-1], views)
    return jnp.clip(views, 0.0, 1.0), jnp.take(scenes, index)


def aged(key, rgb, lightness, share):
    """Shows a share of the views as old films and prints would.

    Args:
        key: JAX key.
        rgb: float32 (N, H, W, 3) in [0, 1].
        lightness: L* of it, (N, H, W, 1).
        share: share of the views that are changed.

    Returns:
        float32 (N, H, W, 1), L* in 0..100: film that is blind to red, another contrast and
        exposure, blur and grain.
    """
    count = len(rgb)
    keys = jax.random.split(key, 8)

    def draw(number, low, high):
        return jax.random.uniform(keys[number], (count, 1, 1, 1), minval=low, maxval=high)

    ortho = draw(0, -1.0, 1.0)
    weights = jnp.asarray([0.02, 0.58, 0.40]) - jnp.asarray([0.2126, 0.7152, 0.0722])
    film = jnp.power(rgb, 2.2) @ weights
    luminance = jnp.power(rgb, 2.2) @ jnp.asarray([0.2126, 0.7152, 0.0722])
    ratio = (luminance + jnp.maximum(ortho, 0.0)[..., 0] * film) / jnp.maximum(luminance, 1e-3)
    old = lightness * jnp.power(jnp.clip(ratio, 0.05, 3.0), 1 / 3)[..., None]
    small = jax.image.resize(
        old, (count, old.shape[1] // 2, old.shape[2] // 2, 1), "linear", antialias=True
    )
    blurred = jax.image.resize(small, old.shape, "linear")
    old = old + jnp.clip(draw(1, -1.0, 1.0), 0.0, 1.0) * (blurred - old)
    old = jnp.power(jnp.clip(old, 0.1, 100.0) / 100.0, jnp.exp(draw(2, -0.4, 0.4)))
    black, white = draw(3, 0.0, 0.15), draw(4, 0.82, 1.0)
    old = 100.0 * (black + (white - black) * old)
    grain = jax.random.normal(keys[5], old.shape) * jnp.square(draw(6, 0.0, 2.4))
    chosen = jax.random.bernoulli(keys[7], share, (count, 1, 1, 1))
    return jnp.clip(jnp.where(chosen, old + grain, lightness), 0.0, 100.0)
