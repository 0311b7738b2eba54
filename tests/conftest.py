"""What many tests share: a tiny network, gradients of each backend, processes of their own."""

import importlib.util
import io
import multiprocessing
import runpy
import types
import warnings
from pathlib import Path

import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize import Colorizer, PresetConfig, cli, distribution_unet, save_preset
from keras_colorize.bins import CHANNEL_BINS
from keras_colorize.layers import StackChannels
from keras_colorize.models import ddcolor

ROOT = Path(__file__).parents[1]
TINY = {
    "encoder": "residual",
    "decoder_widths": [8, 8, 8, 8],
    "residual_widths": [4, 4, 8, 8, 8],
    "global_units": 8,
}


def pytest_collection_modifyitems(items):
    """Begins with the tests that run longest, so that in the end no core waits for the other."""
    longest = "/trainers/", "/training/test_replicas.py", "/models/test_contract.py"
    items.sort(key=lambda item: not any(part in str(item.path) for part in longest))


@pytest.fixture(scope="session")
def tiny_model():
    """A distribution network with random weights that spread its colors."""
    keras.utils.set_random_seed(3)
    model = distribution_unet(**TINY)
    head = model.get_layer("ab_logits")
    kernel, bias = head.get_weights()
    head.set_weights([4.0 * kernel, bias])
    return model


@pytest.fixture(scope="session")
def tiny_config():
    return PresetConfig(
        network="distribution_unet", arguments=TINY, output="ab_logits", working_size=64
    )


@pytest.fixture(scope="session")
def tiny_preset(tmp_path_factory, tiny_model, tiny_config):
    """Folder of a saved preset, called `tiny`; not to be changed."""
    folder = tmp_path_factory.mktemp("presets") / "tiny"
    save_preset(tiny_model, folder, tiny_config)
    return folder


@pytest.fixture(scope="session")
def tiny_colorizer(tiny_preset):
    return Colorizer.from_preset(tiny_preset, precision="float32")


@pytest.fixture(scope="session")
def single_layer():
    """`single_layer(head, **options)`: a colorizer of one convolution with random weights."""
    channels = {"ab_logits": 313, "rgb": 3}

    def make(head, **options):
        keras.utils.set_random_seed(0)
        lightness = keras.Input((None, None, 1), name="lightness")
        small = keras.layers.AveragePooling2D(4)(lightness / 100.0)
        if head in CHANNEL_BINS:
            count = CHANNEL_BINS[head].count
            parts = [keras.layers.Conv2D(count, 1, name=name)(small) for name in ("one", "other")]
            output = StackChannels(name=head)(parts)
        else:
            activation = None if head == "ab_logits" else "sigmoid"
            output = keras.layers.Conv2D(channels.get(head, 2), 1, activation=activation)(small)
        config = PresetConfig("none", {}, head, working_size=64)
        return Colorizer(keras.Model(lightness, {head: output}), config, **options)

    return make


@pytest.fixture(scope="session")
def mobilenet_weights(tmp_path_factory):
    """Weights in the layout of keras.applications.MobileNetV2, with random values."""
    keras.utils.set_random_seed(1)
    path = tmp_path_factory.mktemp("classifier") / "mobilenet_v2.weights.h5"
    keras.applications.MobileNetV2(weights=None).save_weights(path)
    return path


@pytest.fixture
def command(capsys):
    """Runs `keras-colorize` with words; returns exit code, stdout and stderr."""

    def call(*words):
        try:
            code = cli.main([str(word) for word in words])
        except SystemExit as leaving:
            code = leaving.code
        return code, *capsys.readouterr()

    return call


@pytest.fixture
def eager():
    """Tracing a graph would take longer than a few steps."""
    import tensorflow as tf

    tf.config.run_functions_eagerly(True)
    with warnings.catch_warnings():
        # Pipelines are graphs all the same.
        warnings.filterwarnings("ignore", "Even though the `tf.config")
        yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture
def short_ddcolor(monkeypatch):
    """A narrow DDColor; meanwhile all have a block per stage and one round, and build quickly."""
    inner = ddcolor.__globals__
    monkeypatch.setitem(inner, "_ROUNDS", 1)
    for name, (depths, widths) in list(inner["ENCODERS"].items()):
        monkeypatch.setitem(inner["ENCODERS"], name, ((1,) * len(depths), widths))
    return ddcolor(width=1 / 32, queries=4)


@pytest.fixture
def noise(tmp_path):
    """Writes pictures of random pixels by their names in a folder, which is returned."""
    random = np.random.default_rng(0)

    def write(folder, *names, size=(20, 30, 3)):
        for name in names:
            path = tmp_path / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(random.integers(0, 256, size, np.uint8)).save(path)
        return tmp_path / folder

    return write


@pytest.fixture
def picture():
    """A small color picture, uint8, not square, with detail in every pixel."""
    return np.random.default_rng(5).integers(0, 256, (37, 52, 3), dtype=np.uint8)


@pytest.fixture(scope="session")
def encoded():
    """`encoded(image, form, **options)`: bytes of an array or a Pillow image, by Pillow."""

    def encode(image, form, **options):
        image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
        image.save(stream := io.BytesIO(), form, **options)
        return stream.getvalue()

    return encode


@pytest.fixture(scope="session")
def gradient_of():
    """`gradient_of(function, x)`: the gradient of the sum of function(x) with respect to x."""

    def with_tensorflow(function, x):
        import tensorflow as tf

        x = tf.convert_to_tensor(x)
        with tf.GradientTape() as tape:
            tape.watch(x)
            total = tf.reduce_sum(function(x))
        return tape.gradient(total, x).numpy()

    def with_jax(function, x):
        import jax

        return np.asarray(jax.jit(jax.grad(lambda value: function(value).sum()))(x))

    return with_tensorflow if keras.backend.backend() == "tensorflow" else with_jax


@pytest.fixture(scope="session")
def compiled():
    """`compiled(function)`: as one program on JAX, which would compile operation by operation."""
    if keras.backend.backend() == "tensorflow":
        return lambda function: function
    import jax

    return jax.jit


@pytest.fixture
def script(monkeypatch):
    """`script("benchmarks/house.py")`: the module of a script, which finds its neighbors."""

    def load(name):
        path = ROOT / name
        monkeypatch.syspath_prepend(path.parent)
        spec = importlib.util.spec_from_file_location(f"script_{path.stem}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load


@pytest.fixture(scope="session")
def fork(tmp_path_factory):
    """Begins a script of the repository, with flags and environment variables, as a user does.

    It is forked from a process that holds the library, or importing TensorFlow would be most of
    what these tests do. Returned are the `process`, and a function `end` that waits for it and
    returns the exit status and what was written. With the variable EAGER it makes no graphs.
    """
    root, started = tmp_path_factory.mktemp("outputs"), []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["keras_colorize.export", "keras_colorize.training"])
    forked = str(ROOT / "tests" / "_forked.py")

    def make(script, *flags, **variables):
        output = root / f"{len(started)}.txt"
        names = {"script": str(ROOT / script), "flags": list(map(str, flags))}
        own = {"variables": {"CUDA_VISIBLE_DEVICES": "", **variables}, "output": str(output)}
        how = {"init_globals": {"given": {**names, **own}}}
        process = context.Process(target=runpy.run_path, args=(forked,), kwargs=how)
        process.start()
        started.append(process)

        def end():
            process.join(timeout=300)
            return process.exitcode, output.read_text()

        return types.SimpleNamespace(process=process, end=end)

    yield make
    for process in started:
        process.kill()
