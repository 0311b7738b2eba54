import pytest


@pytest.fixture
def settings(script, photographs, presets, capsys):
    """Runs the script; returns rows of cells, the head first."""
    module = script("decoders")

    def call(kind, *words):
        module.main([str(presets[kind]), str(photographs), "--limit", "1", *words])
        lines = capsys.readouterr().out.splitlines()
        return [line.strip("| ").split(" | ") for line in lines if not line.startswith("|---")]

    return call


def test_a_row_for_each_setting(settings):
    words = ["--working-size", "32", "--temperature", "1", "--saturation", "1", "2"]
    head, grey, *rows, truth = settings("distribution", *words, "--decoder", "annealed", "mode")
    assert head[:5] == ["working size", "decoder", "temperature", "rebalancing", "saturation"]
    assert len(rows) == 4
    assert [grey[0], grey[-1], truth[0], truth[-1]] == ["grey", "0", "truth", "100"]
    by_setting = {tuple(row[:5]): row[5:] for row in rows}
    assert ("32", "mode", "-", "-", "2.0") in by_setting
    one, two = (by_setting["32", "annealed", "1.0", "-", factor] for factor in ("1.0", "2.0"))
    assert float(two[2]) > float(one[2]) > 0


def test_of_a_regression_working_size_and_saturation_are_left(settings):
    _, _, *rows, _ = settings("regression", "--saturation", "1", "0")
    assert [row[:5] for row in rows] == [["32", "-", "-", "-", one] for one in ("1.0", "0.0")]
    assert float(rows[0][7]) > float(rows[1][7]) == 0.0


def test_of_scenes_the_working_size_is_left(settings):
    head, row = settings("scenes", "--working-size", "32")
    assert head == ["working size", "scene top-1, %", "scene top-5, %"]
    assert row in (["32", one, "100.00"] for one in ("0.00", "100.00"))
