"""The names that users may rely on; a change here is a change of the interface."""

import importlib

import pytest

PUBLIC_NAMES = {
    "keras_colorize": [
        "Colorizer",
        "Contract",
        "PresetError",
        "__version__",
        "bins",
        "color",
        "distribution_unet",
        "fold_batch_norm",
        "iizuka16",
        "layers",
        "list_presets",
        "load_preset",
        "losses",
        "metrics",
        "models",
        "save_preset",
    ],
    "keras_colorize.color": [
        "hsv_to_rgb",
        "in_gamut",
        "lab_to_rgb",
        "lab_to_xyz",
        "linear_to_rgb",
        "luv_to_rgb",
        "luv_to_xyz",
        "reduce_chroma_to_gamut",
        "rgb_to_hsv",
        "rgb_to_lab",
        "rgb_to_lightness",
        "rgb_to_linear",
        "rgb_to_luv",
        "rgb_to_xyz",
        "rgb_to_yuv",
        "scale_ab",
        "scale_luv_uv",
        "scale_yuv_uv",
        "unscale_ab",
        "unscale_luv_uv",
        "unscale_yuv_uv",
        "xyz_to_lab",
        "xyz_to_luv",
        "xyz_to_rgb",
        "yuv_to_rgb",
    ],
}


@pytest.mark.parametrize("module", PUBLIC_NAMES)
def test_the_public_names_are_these(module):
    package = importlib.import_module(module)
    assert sorted(package.__all__) == sorted(PUBLIC_NAMES[module])
    for name in package.__all__:
        assert getattr(package, name) is not None
