"""Presets, photographs and options that cannot be used end a script with one line."""

import re

import pytest


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("decoders {regression} {folder} --temperature 0.5", "predicts no distribution"),
        ("decoders {distribution} {folder} --rebalancing 0.5", "has no class weights"),
        ("decoders {scenes} {folder} --decoder mode", "predicts no distribution"),
        ("decoders {regression} {folder} --skip 6", "after --skip, found none"),
        ("decoders {regression} {folder} --saturation -1", "saturation between"),
        ("pictures presets a.png {one} --preset {scenes}", "scenes only tells scenes apart"),
        ("pictures style a.png {one}={one} --preset {regression}", "network with global features"),
        ("pictures style a.png {one}=absent.png --preset {style}", "absent.png"),
        ("pictures style a.png {one} --preset {style}", "expected CONTENT=STYLE"),
        ("presets unheard_of", "received 'unheard_of'"),
        ("presets x={regression} x={regression}", "expected different labels, received x, x"),
        ("presets {regression} --set a=nowhere", "nowhere"),
        ("presets {regression} --set a={folder}:1 --figures beauty", "received ['beauty']"),
        ("presets {regression} --set a={folder}:1 --classifier absent.h5", "absent.h5"),
    ],
)
def test_bad_input_is_told_in_a_line(script, presets, photographs, line, said):
    paths = {"folder": photographs, "one": photographs / "harbor" / "0.png", **presets}
    name, *words = line.format(**paths).split()
    with pytest.raises(SystemExit, match=re.escape(said)) as ended:
        script(name).main(words)
    assert "\n" not in str(ended.value)
