"""ONNX and LiteRT files, run by their own runtimes and compared with the colorizer."""

import warnings

import keras
import numpy as np
import onnxruntime
import pytest
import tensorflow as tf

from keras_colorize import Colorizer, PresetConfig, cli
from keras_colorize.export import export_litert, export_onnx


def _lightness(height, width, batch=1):
    shape = (batch, height, width, 1)
    return np.random.default_rng(0).uniform(0, 100, shape).astype("float32")


def _session(path):
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


def _onnx(path, lightness):
    session = _session(path)
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(names, {"lightness": lightness}), strict=True))


def _litert(path, lightness):
    with warnings.catch_warnings():
        # TensorFlow's own interpreter says that it will move to a package of its own.
        warnings.simplefilter("ignore", UserWarning)
        interpreter = tf.lite.Interpreter(str(path))
    index = interpreter.get_input_details()[0]["index"]
    interpreter.resize_tensor_input(index, lightness.shape)
    return interpreter.get_signature_runner()(lightness=lightness)


def _expected(colorizer, lightness):
    expected = {"ab": colorizer.saturation * np.asarray(colorizer.predict_ab(lightness))}
    outputs = colorizer.model.predict_on_batch(lightness)
    return expected | {name: outputs[name] for name in outputs if name == "class_logits"}


def _assert_equal(outputs, expected):
    assert set(outputs) == set(expected)
    for name, value in expected.items():
        assert outputs[name].shape == value.shape
        np.testing.assert_allclose(outputs[name], value, atol=1e-4 * max(1.0, np.abs(value).max()))


@pytest.fixture(scope="module")
def photographs():
    blocks = np.random.default_rng(1).integers(0, 256, (8, 6, 8), dtype=np.uint8)
    return [block.repeat(9, 0).repeat(7, 1) for block in blocks]


@pytest.fixture(scope="module")
def plain():
    """A network of two convolutions, which is quick to convert, with colors that differ."""
    keras.utils.set_random_seed(0)
    lightness = keras.Input((None, None, 1), name="lightness")
    x = keras.layers.Conv2D(64, 5, strides=4, padding="same", activation="relu")(lightness / 20.0)
    logits = keras.layers.Conv2D(313, 1, name="ab_logits")(x)
    model = keras.Model(lightness, {"ab_logits": logits})
    return Colorizer(model, PresetConfig("", {}, "ab_logits"))


@pytest.fixture(scope="module")
def channel_wise(single_layer):
    """A network that decodes by way of the lightness."""
    return single_layer("luv_uv_logits")


def test_onnx_takes_any_size_and_names_it(colorizer, tmp_path):
    path = export_onnx(colorizer, tmp_path / "new" / "tiny.onnx")
    for size in ((64, 64), (32, 96), (45, 50)):
        lightness = _lightness(*size, batch=2)
        _assert_equal(_onnx(path, lightness), _expected(colorizer, lightness))
    session = _session(path)
    assert session.get_inputs()[0].shape == ["batch", "height", "width", 1]
    assert session.get_outputs()[0].shape == ["batch", "h", "w", 2]


def test_litert_and_int8(plain, photographs, tmp_path):
    size = (48, 64)
    float32 = export_litert(plain, tmp_path / "f.tflite", size=size)
    int8 = {"quantize": "int8", "calibration": photographs}
    int8 = export_litert(plain, tmp_path / "i.tflite", size=size, **int8)
    assert int8.stat().st_size < 0.4 * float32.stat().st_size
    lightness = _lightness(*size)
    expected = _expected(plain, lightness)
    _assert_equal(_litert(float32, lightness), expected)
    # It computes in 8 bits, so it is off, but by less than its colors differ.
    error = np.abs(_litert(int8, lightness)["ab"] - expected["ab"]).mean()
    assert 1e-3 < error < 0.5 * expected["ab"].std()


def test_channel_wise_heads_in_any_size(channel_wise, tmp_path):
    lightness = _lightness(40, 24)
    expected = _expected(channel_wise, lightness)
    path = export_litert(channel_wise, tmp_path / "one.tflite", size="any")
    _assert_equal(_litert(path, lightness), expected)
    _assert_equal(_onnx(export_onnx(channel_wise, tmp_path / "one.onnx"), lightness), expected)


def test_a_network_keeps_its_heads_which_int8_is_too_coarse_to_decode(
    channel_wise, photographs, tmp_path
):
    lightness, path, size = _lightness(16, 24), tmp_path / "one.tflite", (16, 24)
    expected = channel_wise.model.predict_on_batch(lightness)
    export_litert(channel_wise.model, path, size=size)
    _assert_equal(_litert(path, lightness), expected)
    int8 = {"quantize": "int8", "calibration": photographs, "overwrite": True}
    with pytest.raises(ValueError, match="too coarse to turn luv_uv_logits into a and b"):
        export_litert(channel_wise, path, **int8)
    export_litert(channel_wise.model, path, size=size, **int8)
    head = "luv_uv_logits"
    error = np.abs(_litert(path, lightness)[head] - expected[head]).mean()
    assert error < 0.1 * expected[head].std()


def test_what_litert_cannot_hold_is_said(tmp_path):
    x = keras.Input((None, None, 1), name="lightness")
    doubled = keras.layers.UpSampling2D()(keras.layers.Conv2D(2, 3, padding="same")(x))
    model = keras.Model(x, {"ab": keras.layers.Conv2D(2, 3, padding="same", name="ab")(doubled)})
    with pytest.raises(ValueError, match="litert cannot hold this network: .*Conv2D"):
        export_litert(model, tmp_path / "one.tflite", size="any")
    assert list(tmp_path.iterdir()) == []
    assert export_litert(model, tmp_path / "one.tflite").exists()
    assert _litert(tmp_path / "one.tflite", _lightness(256, 256))["ab"].shape == (1, 512, 512, 2)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"refine": "mrf"}, "received refinement"),
        ({"palette": [{"color": "#ff0000"}]}, "received palette"),
        ({"decoder": "sample"}, "received decoder='sample'"),
    ],
)
def test_options_of_one_picture_are_refused(colorizer, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export_litert(colorizer.replace(**options), tmp_path / "one.tflite")


def test_arguments_that_do_not_fit(colorizer, photographs, tmp_path):
    path = tmp_path / "there.tflite"
    path.write_bytes(b"mine")
    for name, arguments, message in (
        ("one.onnx", {}, "ends in .tflite"),
        ("one.tflite", {"quantize": "int8"}, r"Expected photographs .* received 0"),
        ("one.tflite", {"calibration": photographs}, "received 8 with quantize=None"),
        ("one.tflite", {"quantize": "int4"}, "received 'int4'"),
    ):
        with pytest.raises(ValueError, match=message):
            export_litert(colorizer, tmp_path / name, **arguments)
    with pytest.raises(FileExistsError, match="exists already"):
        export_litert(colorizer, path)
    x = keras.Input((None, None, 1), name="lightness")
    model = keras.Model(x, {"ab": keras.layers.Conv2D(2, 1, dtype="bfloat16", name="ab")(x)})
    with pytest.raises(ValueError, match="expected a network in float32, received bfloat16"):
        export_litert(model, path, overwrite=True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--format", "litert-int8"], "expected --calibration"),
        (["--format", "onnx", "--size", "64x64"], "expected no --size with --format onnx"),
        (["--format", "litert", "--version", "2"], "expected no --version"),
        (["--overwrite"], "expected no --overwrite with --format saved_model"),
    ],
)
def test_options_of_another_format(words, message, tiny_preset, tmp_path, capsys):
    assert cli.main(["export", str(tiny_preset), "-o", str(tmp_path), *words]) == 2
    assert message in capsys.readouterr().err


def test_the_command(tiny_preset, tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    keras.utils.save_img(tmp_path / "photos" / "a.png", np.full((20, 30, 3), 90.0))
    (tmp_path / "photos" / "b.png").write_bytes(b"")
    words = ["export", tiny_preset, "-o", tmp_path / "tiny.tflite", "--format", "litert-int8"]
    words += ["--size", "64x32", "--calibration", tmp_path / "photos"]
    assert cli.main(list(map(str, words))) == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(tmp_path / "tiny.tflite")
    assert "left out" in err and "b.png" in err
    assert _litert(tmp_path / "tiny.tflite", _lightness(32, 64))["ab"].shape == (1, 8, 16, 2)
    assert cli.main(list(map(str, words))) == 2
    assert "exists already" in capsys.readouterr().err
