import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_colorize.evaluation import decoding, read_ahead
from keras_colorize.io import PhotographError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def many(tmp_path):
    """Seventeen pictures that tell their number by their height, one of them broken."""
    paths = [tmp_path / f"{number}.png" for number in range(17)]
    for number, path in enumerate(paths):
        Image.fromarray(np.zeros((number + 1, 3, 3), np.uint8)).save(path)
    paths[4].write_text("This is no photograph.")
    return paths


@pytest.mark.parametrize("workers", [0, 2])
def test_pictures_come_in_order(many, workers):
    found = list(read_ahead(many, workers))
    assert isinstance(found.pop(4), PhotographError)
    assert [one.pixels.shape[0] for one in found] == [*range(1, 5), *range(6, 18)]


def test_stopping_early_ends_the_processes(many):
    photographs = read_ahead(many, 2)
    assert next(photographs).pixels.shape[0] == 1
    photographs.close()


def test_few_pictures_are_not_worth_a_process(many, monkeypatch):
    monkeypatch.setattr(decoding, "_pool", None)
    assert len(list(read_ahead(many[:7], 2))) == 7


def test_processes_import_no_keras(many):
    script = (
        "import sys\n"
        "from keras_colorize.evaluation import decoding\n"
        "if __name__ == '__main__':\n"
        "    with decoding._pool(1) as pool:\n"
        "        photograph = pool.submit(decoding.read_photograph, sys.argv[1]).result()\n"
        "        code = \"__import__('sys').modules.keys() & {'keras', 'tensorflow', 'jax'}\"\n"
        "        print(photograph.pixels.shape, pool.submit(eval, f'set({code})').result())\n"
    )
    # As `-c`: a script's file would be run by the process again, and import the library itself.
    made = subprocess.run(
        [sys.executable, "-c", script, many[0]],
        env=os.environ | {"PYTHONPATH": str(ROOT), "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert made.stdout == "(1, 3, 3) set()\n"
