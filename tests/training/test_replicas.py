"""Two replicas, on one machine or on two, train like one device."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.training.replicas import clip_sum

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mirrored")
    return _outcomes([_start("mirrored", folder, folder / "outcome")])[0]


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Outcomes of both workers: of a run that one of them stopped, and of its second start."""
    folder = tmp_path_factory.mktemp("workers")
    stop = folder / "stop"
    stop.touch()
    first = _run_workers(folder)
    found = sorted(path.relative_to(folder / "run") for path in folder.rglob("*.index"))
    stop.unlink()
    return first, _run_workers(folder), [str(path) for path in found]


def test_mirrored_has_two_replicas_and_one_worker(mirrored):
    assert mirrored["replicas"] == 2
    assert mirrored["place"] == [0, 1]


@pytest.mark.parametrize("case", ["toy", "clipped", "iizuka16"])
def test_mirrored_trains_and_validates_like_one_device(mirrored, case):
    outcome = mirrored[case]
    assert outcome["moved"] > 1e-2
    assert outcome["weights"] < 1e-5
    assert outcome["logs"] < 1e-5


def test_workers_know_their_place(workers):
    for outcomes in workers[:2]:
        assert [outcome["place"] for outcome in outcomes] == [[0, 2], [1, 2]]


def test_one_worker_stops_all_and_the_chief_keeps_the_checkpoint(workers):
    first, _, checkpoints = workers
    assert [outcome["stopped"] for outcome in first] == [True, True]
    assert [outcome["steps"] for outcome in first] == [2, 2]
    assert checkpoints == ["checkpoints/ckpt-2.index", "scratch/1/ckpt-2.index"]


def test_workers_go_on_together(workers):
    _, (chief, other), _ = workers
    # The third epoch without progress ends the run; the rate fell to a tenth after two of them.
    assert chief["steps"] == other["steps"] == 9
    assert len(chief["history"]["loss"]) == 3
    assert chief["history"] == other["history"]
    assert chief["rate"] == other["rate"] == pytest.approx(0.05 * 0.1**2)


def test_workers_agree_on_weights_and_moments(workers):
    _, (chief, other), _ = workers
    assert len(chief["weights"]) == 8
    for own, others in zip(chief["weights"], other["weights"], strict=True):
        np.testing.assert_array_equal(own, others)


def test_one_replica_leaves_clipping_to_the_optimizer():
    gradients = [tf.constant([3.0, 4.0])]
    assert clip_sum(gradients, 1.0) is gradients


def _run_workers(folder):
    ports = [_free_port() for _ in range(2)]
    cluster = {"worker": [f"127.0.0.1:{port}" for port in ports]}
    started = []
    for index in range(2):
        config = {"cluster": cluster, "task": {"type": "worker", "index": index}}
        variables = {"TF_CONFIG": json.dumps(config)}
        started.append(_start("worker", folder, folder / f"outcome{index}", **variables))
    return _outcomes(started)


def _start(role, folder, outcome, **variables):
    paths = os.pathsep.join([str(HERE.parents[1]), str(HERE)])
    environment = {**os.environ, "PYTHONPATH": paths, "CUDA_VISIBLE_DEVICES": "", **variables}
    command = [sys.executable, HERE / "_replicas.py", role, folder, outcome]
    output = subprocess.DEVNULL, subprocess.PIPE
    process = subprocess.Popen(command, env=environment, stdout=output[0], stderr=output[1])
    return process, outcome


def _outcomes(started):
    messages = []
    try:
        messages = [process.communicate(timeout=300)[1].decode() for process, _ in started]
    finally:
        for process, _ in started:
            process.kill()
    for (process, _), message in zip(started, messages, strict=True):
        assert process.returncode == 0, message
    return [json.loads(outcome.read_text()) for _, outcome in started]


def _free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]
