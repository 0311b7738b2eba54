from pathlib import Path

import pytest

from keras_colorize.presets import build_network, check_preset, read_weights

PRESETS = sorted(
    path for path in (Path(__file__).parents[2] / "saved_models").iterdir() if path.is_dir()
)


@pytest.mark.parametrize("folder", PRESETS, ids=lambda folder: folder.name)
def test_a_preset_says_what_it_is_and_its_weights_fit(folder):
    config = check_preset(folder)
    assert config.description
    assert "/" not in config.description
    assert config.license
    assert config.trained_on
    card = (folder / "MODEL_CARD.md").read_text(encoding="utf-8")
    assert card.startswith(f"# {folder.name}\n")
    assert set(config.metrics) == ({"vivid", "nearest", "skin"} if config.colorizes else set())
    read_weights(build_network(config), folder / config.weights)


def test_all_together_are_small_enough_to_install():
    # A wheel holds them in nine tenths of that, and the registry takes files of up to 100 MB.
    assert sum(file.stat().st_size for folder in PRESETS for file in folder.rglob("*")) < 109e6
