"""The one table of options, and who reads it."""

import argparse
import dataclasses
import json

import numpy as np
import pytest

from keras_colorize import bins
from keras_colorize.inference import Options, Refinement
from keras_colorize.inference.options import DECODERS, FROM_PRESET, add_arguments, given_options


def parse(words):
    """The options that are given in words."""
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return given_options(parser.parse_args(words.split()))


def test_decoders_are_those_of_the_bins():
    for decoder in DECODERS:
        assert bins.decode_ab(np.zeros((1, 313), "float32"), decoder).shape == (1, 2)
    with pytest.raises(ValueError, match="Expected a decoder"):
        bins.decode_ab(np.zeros((1, 313), "float32"), "maximum")


def test_defaults_are_those_of_the_preset_config(tiny_config):
    fields = {field.name: field.default for field in dataclasses.fields(tiny_config)}
    defaults = Options()
    assert [getattr(defaults, name) for name in FROM_PRESET] == [fields[n] for n in FROM_PRESET]


def test_arguments():
    for words, given in {
        "": {},
        "--decoder mean --temperature 0.5": {"decoder": "mean", "temperature": 0.5},
        "--seed 3 --working-size 128": {"seed": 3, "working_size": 128},
        "--refine mrf-paper": {"refine": "mrf-paper"},
        "--refine mrf --sweeps 2 --compatibility 3,1": {
            "refine": Refinement(sweeps=2, compatibility=(3.0, 1.0))
        },
    }.items():
        assert parse(words) == given


def test_wrong_arguments(capsys):
    for words, said in {
        "--decoder best": "expected decoder among mean, annealed, mode, median, sample",
        "--saturation 11": "expected saturation between 0 and 10, received 11.0",
        "--seed 1.5": "invalid literal",
        "--seed -1": "expected seed between 0 and 2147483647, received -1",
        "--compatibility 3;1": "numbers like 10,3,3",
        "--refine crf": "none, mrf, mrf-paper",
        "--refine mrf --sweeps 0": "expected sweeps between 1",
    }.items():
        with pytest.raises(SystemExit):
            parse(words)
        assert said in capsys.readouterr().err
    with pytest.raises(ValueError, match="--refine mrf with --sigma, --decode"):
        parse("--sigma 1 --decode mode")


def test_every_option_is_an_argument_of_the_colorizer(tiny_colorizer):
    options = vars(tiny_colorizer.options)
    assert tiny_colorizer.replace(**options).options == tiny_colorizer.options
    assert {name: getattr(tiny_colorizer, name) for name in options} == options


def test_the_record_is_json_and_tells_options_apart(tiny_colorizer):
    pixels = np.arange(64, dtype="uint8").reshape(8, 8)
    variants = [
        {},
        {"palette": pixels},
        {"palette": pixels + 1},
        {"palette": [{"color": "#ff0000"}]},
        {"style": pixels},
        {"hints": (np.zeros((8, 8, 2)), pixels > 8)},
        {"refine": "mrf"},
        {"refine": Refinement(sweeps=3)},
        {"seed": 3},
    ]

    def record(variant):
        return json.dumps(tiny_colorizer.replace(**variant).options.record())

    records = [record(variant) for variant in variants]
    assert len(set(records)) == len(variants)
    assert records == [record(variant) for variant in variants]
