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


def _onnx(path, lightness):
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
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
    outputs = colorizer.model(lightness)
    return expected | {name: outputs[name] for name in outputs if name == "class_logits"}


def _assert_equal(outputs, expected):
    assert set(outputs) == set(expected)
    for name, value in expected.items():
        np.testing.assert_allclose(outputs[name], value, atol=1e-4 * max(1.0, np.abs(value).max()))


@pytest.fixture(scope="module")
def photographs():
    blocks = np.random.default_rng(1).integers(0, 256, (8, 6, 8), dtype=np.uint8)
    return [block.repeat(9, 0).repeat(7, 1) for block in blocks]


def test_onnx_takes_any_size(colorizer, tmp_path):
    path = export_onnx(colorizer, tmp_path / "new" / "tiny.onnx")
    for size in ((64, 64), (32, 96), (45, 50)):
        lightness = _lightness(*size, batch=2)
        _assert_equal(_onnx(path, lightness), _expected(colorizer, lightness))


def test_onnx_has_what_ddcolor_needs(short_ddcolor, tmp_path):
    # GELU, attention, pixel shuffles, and sides that are filled up.
    refine, lightness = short_ddcolor.get_layer("refine"), _lightness(33, 40)
    refine.set_weights([100.0 * refine.get_weights()[0], np.array([9.0, -9.0])])
    path = export_onnx(short_ddcolor, tmp_path / "short.onnx")
    _assert_equal(_onnx(path, lightness), short_ddcolor(lightness))


def test_litert_and_int8(photographs, tmp_path):
    # Two convolutions, which are quick to convert, with colors that differ.
    keras.utils.set_random_seed(0)
    lightness = keras.Input((None, None, 1), name="lightness")
    x = keras.layers.Conv2D(64, 5, strides=4, padding="same", activation="relu")(lightness / 20.0)
    logits = keras.layers.Conv2D(313, 1, name="ab_logits")(x)
    model = keras.Model(lightness, {"ab_logits": logits})
    plain = Colorizer(model, PresetConfig("", {}, "ab_logits"))
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


def test_channel_wise_heads_which_int8_is_too_coarse_to_decode(single_layer, photographs, tmp_path):
    colorizer, lightness, path = single_layer("luv_uv_logits"), _lightness(40, 24), tmp_path / "one"
    expected = _expected(colorizer, lightness)
    litert, onnx = path.with_suffix(".tflite"), path.with_suffix(".onnx")
    _assert_equal(_litert(export_litert(colorizer, litert, size="any"), lightness), expected)
    _assert_equal(_onnx(export_onnx(colorizer, onnx), lightness), expected)
    # The network alone keeps its heads.
    expected = colorizer.model.predict_on_batch(lightness)
    options = {"size": (40, 24), "overwrite": True}
    export_litert(colorizer.model, litert, **options)
    _assert_equal(_litert(litert, lightness), expected)
    options |= {"quantize": "int8", "calibration": photographs}
    with pytest.raises(ValueError, match="too coarse to turn luv_uv_logits into a and b"):
        export_litert(colorizer, litert, **options)
    export_litert(colorizer.model, litert, **options)
    (head,) = expected
    error = np.abs(_litert(litert, lightness)[head] - expected[head]).mean()
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


def test_arguments_that_do_not_fit(colorizer, photographs, tmp_path):
    path = tmp_path / "there.tflite"
    path.write_bytes(b"mine")
    for name, options, arguments, message in (
        ("one.onnx", {}, {}, "ends in .tflite"),
        ("one.tflite", {}, {"quantize": "int8"}, r"Expected photographs .* received 0"),
        ("one.tflite", {}, {"calibration": photographs}, "received 8 with quantize=None"),
        ("one.tflite", {}, {"quantize": "int4"}, "received 'int4'"),
        ("one.tflite", {"refine": "mrf"}, {}, "received refinement"),
        ("one.tflite", {"palette": [{"color": "#ff0000"}]}, {}, "received palette"),
        ("one.tflite", {"decoder": "sample"}, {}, "received decoder='sample'"),
    ):
        with pytest.raises(ValueError, match=message):
            export_litert(colorizer.replace(**options), tmp_path / name, **arguments)
    with pytest.raises(ValueError, match="exists already"):
        export_litert(colorizer, path)
    x = keras.Input((None, None, 1), name="lightness")
    model = keras.Model(x, {"ab": keras.layers.Conv2D(2, 1, dtype="bfloat16", name="ab")(x)})
    with pytest.raises(ValueError, match="Expected a network in float32, received bfloat16"):
        export_litert(model, path, overwrite=True)
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"mine"]


def test_the_command(tiny_preset, tmp_path, capsys):
    (tmp_path / "photos").mkdir()
    keras.utils.save_img(tmp_path / "photos" / "a.png", np.full((20, 30, 3), 90.0))
    (tmp_path / "photos" / "b.png").write_bytes(b"")
    start = ["export", str(tiny_preset), "-o", str(tmp_path / "tiny.tflite")]
    words = [*start, "--format", "litert-int8", "--size", "64x32"]
    words += ["--calibration", str(tmp_path / "photos")]
    assert cli.main(words) == 0
    out, err = capsys.readouterr()
    assert out.strip() == str(tmp_path / "tiny.tflite")
    assert "left out" in err and "b.png" in err
    assert _litert(tmp_path / "tiny.tflite", _lightness(32, 64))["ab"].shape == (1, 8, 16, 2)
    for arguments, message in (
        (words, "exists already"),
        ([*words, "--version", "2"], "expected no --version"),
        ([*start, "--format", "litert-int8"], "expected --calibration"),
        ([*start, "--format", "onnx", "--size", "64x64"], "expected no --size with --format onnx"),
        ([*start, "--overwrite"], "expected no --overwrite with --format saved_model"),
    ):
        assert cli.main(arguments) == 2
        assert message in capsys.readouterr().err
