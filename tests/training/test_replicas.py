"""Where training runs, and two replicas, on one machine or on two, that train like one device."""

import json
import signal
import socket
import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from keras_colorize.layers import BatchStatisticsNormalization
from keras_colorize.training import make_strategy, synchronize, worker_of
from keras_colorize.training.replicas import fuse_batch_norm


@pytest.fixture(scope="module")
def workers(fork, tmp_path_factory):
    """Outcomes of both workers of two starts: of stops and a killed chief; and of going on."""
    folder = tmp_path_factory.mktemp("workers")
    stop = folder / "stop"
    stop.touch()
    first = _worker_outcomes(fork, folder, [-signal.SIGKILL, 0])
    found = sorted(path.relative_to(folder / "run") for path in (folder / "run").rglob("*.index"))
    stop.unlink()
    return first, _worker_outcomes(fork, folder), [str(path) for path in found]


def test_mirrored_trains_and_validates_like_one_device(fork, tmp_path):
    (mirrored,) = _outcomes(fork, "mirrored", tmp_path)
    assert (mirrored["replicas"], mirrored["place"]) == (2, [0, 1])
    expected = {"adversarial_loss", "discriminator_loss", "val_colorfulness", "val_diversity"}
    assert expected < set(mirrored["gan"]["figures"])
    for outcome in (mirrored[case] for case in ("toy", "clipped", "gan")):
        assert outcome["moved"] > 5e-3
        assert outcome["weights"] < 1e-5
        assert outcome["logs"] < 1e-5


def test_one_worker_stops_all_and_all_go_on_together(workers):
    for outcomes in workers[:2]:
        assert [outcome["place"] for outcome in outcomes] == [[0, 2], [1, 2]]
    first = [outcome["steered"] for outcome in workers[0]]
    assert [(outcome["stopped"], outcome["steps"]) for outcome in first] == [(True, 2)] * 2
    assert workers[2] == ["checkpoints/ckpt-2.index", "scratch/1/ckpt-2.index"]
    chief, other = (outcome["steered"] for outcome in workers[1])
    # The third epoch without progress ends the run; the rate fell to a tenth after two of them.
    assert chief["steps"] == other["steps"] == 9
    assert len(chief["history"]["loss"]) == 3
    assert chief["rate"] == other["rate"] == pytest.approx(0.05 * 0.1**2)


@pytest.mark.parametrize("run", ["steered", "gan", "resumed", "whole", "whole_gan"])
def test_workers_agree(workers, run):
    chief, other = (outcome[run] for outcome in workers[1])
    assert len(chief["weights"]) == 8
    _assert_equal(chief["weights"], other["weights"])
    _assert_equal(chief["history"].values(), other["history"].values())


def test_a_killed_worker_ends_the_other_soon_and_the_run_ends_like_an_undisturbed_one(workers):
    chief, other = workers[0]
    assert "lost" not in chief
    assert "Expected all 2 workers to answer, lost one (" in other["lost"]["says"]
    assert "go on from the last checkpoint" in other["lost"]["says"]
    assert other["lost"]["seconds"] < 60
    resumed, whole = (workers[1][0][run] for run in ("resumed", "whole"))
    # Killed in the last step of the second of three epochs.
    assert resumed["steps"] == whole["steps"] == 9
    assert len(resumed["history"]["loss"]) == 2
    assert resumed["history"]["loss"][1] == pytest.approx(whole["history"]["loss"][2], rel=1e-6)
    expected = whole["history"]["val_loss"][1:]
    assert resumed["history"]["val_loss"] == pytest.approx(expected, rel=1e-6)
    _assert_equal(resumed["weights"], whole["weights"], atol=1e-6)


def test_an_adversarial_run_goes_on_in_its_second_phase(workers):
    first, second = ([outcome["gan"] for outcome in outcomes] for outcomes in workers[:2])
    assert [outcome["stopped"] for outcome in first] == [True, True]
    whole = workers[1][0]["whole_gan"]
    assert len(second[0]["history"]["loss"]) == 1
    for name in ("val_loss", "val_discriminator_loss", "val_colorfulness"):
        expected = whole["history"][name][1:]
        assert second[0]["history"][name] == pytest.approx(expected, rel=1e-6)
    _assert_equal(second[0]["weights"], whole["weights"], atol=1e-6)


def test_strategies_by_name(monkeypatch):
    strategy = make_strategy("default")
    assert strategy.num_replicas_in_sync == 1
    assert worker_of(strategy) == (0, 1)
    with pytest.raises(ValueError, match="Expected a strategy among default, mirrored.*'tpu'"):
        make_strategy("tpu")
    monkeypatch.delenv("TF_CONFIG", raising=False)
    for content in ("{}", '{"task": {"type": "worker", "index": 0}}'):
        with pytest.raises(ValueError, match="TF_CONFIG to describe the cluster"):
            make_strategy("multi_worker")
        monkeypatch.setenv("TF_CONFIG", content)
    # The chief is worker zero.
    cluster = tf.train.ClusterSpec({"chief": ["c:1"], "worker": ["a:1", "b:1"]})
    for task, expected in ((("chief", 0), (0, 3)), (("worker", 1), (2, 3))):
        resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, "", *task)
        assert worker_of(types.SimpleNamespace(cluster_resolver=resolver)) == expected


def _network(kind=keras.layers.BatchNormalization, **options):
    inner = keras.Sequential([keras.Input((None, None, 3)), kind(name="norm", **options)])
    x = keras.Input((None, None, 3))
    model = keras.Model(x, keras.layers.Activation("relu")(inner(x)))
    rng = np.random.default_rng(0)
    model.set_weights([rng.uniform(0.5, 1.5, w.shape) for w in model.get_weights()])
    return model, inner.get_layer("norm")


def _step(model, x, training=True):
    """Output, gradients and weights afterwards."""
    with tf.GradientTape() as tape:
        tape.watch(x)
        y = model(x, training=training)
        loss = tf.reduce_sum(tf.cast(y, "float32") ** 2 * tf.cast(x, "float32"))
    gradients = tape.gradient(loss, [x, *model.trainable_variables])
    return [np.asarray(tf.cast(v, "float32")) for v in (y, *gradients, *model.variables)]


def _operations(model, x):
    graph = tf.function(lambda x: model(x, training=True)).get_concrete_function(x).graph
    return {operation.type for operation in graph.get_operations()}


# Of one pixel Keras computes the difference of two large numbers; what is left is rounding.
@pytest.mark.parametrize(("shape", "rounding"), [((4, 5, 7), 2e-5), ((1, 1, 1), 2e-4)])
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_equals_keras(shape, rounding, dtype):
    expected = "mixed_bfloat16" if dtype == "bfloat16" else dtype
    keras.config.set_dtype_policy(expected)
    try:
        usual, ours = (_network(momentum=0.7, epsilon=1e-5)[0] for _ in range(2))
    finally:
        keras.config.set_dtype_policy("float32")
    config = ours.get_config()
    fuse_batch_norm(ours)
    assert ours.get_config() == config
    # Inference stays as it is.
    x = tf.constant(np.random.default_rng(1).normal(size=(2, 3, 4, 3)), dtype)
    for own, other in zip(_step(ours, x, False), _step(usual, x, False), strict=True):
        np.testing.assert_array_equal(own, other)
    x = tf.cast(np.random.default_rng(1).normal(2.0, 3.0, (*shape, 3)), dtype)
    assert "FusedBatchNormV3" in _operations(ours, x)
    rounding = max(rounding, {"float32": 0.0, "bfloat16": 2e-2}[dtype])
    for own, other in zip(_step(ours, x), _step(usual, x), strict=True):
        np.testing.assert_allclose(own, other, atol=rounding * max(1.0, np.abs(other).max()))


@pytest.mark.parametrize("case", ["synchronized", "frozen", "subclass", "scale"])
def test_others_are_left_alone(case):
    kind = BatchStatisticsNormalization if case == "subclass" else keras.layers.BatchNormalization
    model, norm = _network(kind, scale=case != "scale")
    fuse_batch_norm(model)
    norm.trainable = case != "frozen"
    if case == "synchronized":
        before = model.get_weights()
        synchronize(model)
        assert norm.synchronized
        _assert_equal(model.get_weights(), before)
    assert "FusedBatchNormV3" not in _operations(model, tf.ones((2, 3, 4, 3)))


def _assert_equal(ours, theirs, atol=0.0):
    for own, others in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(own, others, rtol=0.0, atol=atol)


def _worker_outcomes(fork, folder, codes=(0, 0)):
    with socket.socket() as first, socket.socket() as second:
        for listener in (first, second):
            listener.bind(("127.0.0.1", 0))
        cluster = {"worker": [f"127.0.0.1:{x.getsockname()[1]}" for x in (first, second)]}
    tasks = [{"cluster": cluster, "task": {"type": "worker", "index": i}} for i in range(2)]
    return _outcomes(fork, "worker", folder, [{"TF_CONFIG": json.dumps(x)} for x in tasks], codes)


def _outcomes(fork, role, folder, variables=({},), codes=(0,)):
    """What processes, one for each dict of variables, wrote; they end with these codes."""
    files = [folder / f"outcome{index}" for index in range(len(variables))]
    script = "tests/training/_replicas.py"
    started = [
        fork(script, role, folder, file, **own) for own, file in zip(variables, files, strict=True)
    ]
    for one, expected in zip(started, codes, strict=True):
        code, message = one.end()
        assert code == expected, message
    return [json.loads(file.read_text()) for file in files]
