import dataclasses

import pytest

from keras_colorize.apps.web.settings import Settings, configured, takes_distribution
from keras_colorize.inference import Refinement


@pytest.fixture
def without_distribution(tiny_colorizer):
    """A colorizer whose config says that it predicts colors."""
    other = tiny_colorizer.replace()
    other.config = dataclasses.replace(tiny_colorizer.config, output="ab")
    return other


def test_controls_start_at_the_contract(tiny_colorizer, tiny_config):
    settings = Settings.of(tiny_colorizer)
    for name in ("working_size", "saturation", "decoder", "temperature"):
        assert getattr(settings, name) == getattr(tiny_config, name)
    assert settings.refine == "none"


def test_controls_reach_the_colorizer(tiny_colorizer, picture):
    chosen = Settings(96, 1.3, "sample", 0.7, 5, "mrf", 0.8)
    made = configured(tiny_colorizer, chosen, palette=picture)
    for name, value in dataclasses.asdict(chosen).items():
        assert getattr(made, name) == value
    assert made.palette is picture
    assert tiny_colorizer.palette is None


def test_a_refinement_of_the_start_is_switched_off_and_on(tiny_colorizer):
    started = tiny_colorizer.replace(refine=Refinement(sweeps=3))
    settings = Settings.of(started)
    assert settings.refine == "mrf"
    assert configured(started, settings).refinement.sweeps == 3
    off = dataclasses.replace(settings, refine="none")
    assert configured(started, off).refinement is None


def test_what_a_network_cannot_take_is_left_out(tiny_colorizer, without_distribution, picture):
    assert takes_distribution(tiny_colorizer.config)
    assert not takes_distribution(without_distribution.config)
    chosen = Settings(96, 1.3, "sample", 0.7, 5, "mrf", 0.8)
    made = configured(without_distribution, chosen, palette=picture)
    assert (made.working_size, made.saturation) == (96, 1.3)
    assert (made.refinement, made.palette, made.decoder) == (None, None, "annealed")


def test_values_outside_their_range(tiny_colorizer):
    with pytest.raises(ValueError, match="working_size"):
        configured(tiny_colorizer, Settings(5, 1.0, "mean", 1.0, 0, "none", 0.5))
