"""Precision, strategies and the place of a worker."""

import keras
import pytest
import tensorflow as tf

from keras_colorize.training import make_strategy, set_precision, worker_of


@pytest.fixture
def policy():
    before = keras.config.dtype_policy()
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(
    ("precision", "expected"), [("float32", "float32"), ("bfloat16", "mixed_bfloat16")]
)
def test_set_precision(policy, precision, expected):
    assert set_precision(precision) == expected
    assert keras.config.dtype_policy().name == expected


@pytest.mark.parametrize(
    ("capability", "expected"), [((7, 5), "float32"), ((8, 0), "mixed_bfloat16")]
)
def test_auto_asks_the_gpu(policy, monkeypatch, capability, expected):
    details = {"compute_capability": capability}
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind: ["gpu"])
    monkeypatch.setattr(tf.config.experimental, "get_device_details", lambda gpu: details)
    assert set_precision("auto") == expected


def test_another_precision_is_refused(policy):
    with pytest.raises(ValueError, match="Expected a precision among auto, float32, bfloat16"):
        set_precision("float16")


def test_default_strategy_has_one_replica():
    strategy = make_strategy("default")
    assert strategy.num_replicas_in_sync == 1
    assert worker_of(strategy) == (0, 1)


def test_another_strategy_is_refused():
    with pytest.raises(ValueError, match="Expected a strategy among default, mirrored.*'tpu'"):
        make_strategy("tpu")


@pytest.mark.parametrize("content", [None, "{}", '{"task": {"type": "worker", "index": 0}}'])
def test_several_machines_need_a_cluster(monkeypatch, content):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    if content is not None:
        monkeypatch.setenv("TF_CONFIG", content)
    with pytest.raises(ValueError, match="TF_CONFIG to describe the cluster"):
        make_strategy("multi_worker")


@pytest.mark.parametrize(
    ("cluster", "task", "expected"),
    [
        ({"worker": ["a:1", "b:1"]}, ("worker", 0), (0, 2)),
        ({"worker": ["a:1", "b:1"]}, ("worker", 1), (1, 2)),
        ({"chief": ["c:1"], "worker": ["a:1", "b:1"]}, ("chief", 0), (0, 3)),
        ({"chief": ["c:1"], "worker": ["a:1", "b:1"]}, ("worker", 0), (1, 3)),
        ({"chief": ["c:1"], "worker": ["a:1", "b:1"]}, ("worker", 1), (2, 3)),
    ],
)
def test_the_chief_is_worker_zero(cluster, task, expected):
    assert worker_of(_Strategy(cluster, *task)) == expected


class _Strategy:
    def __init__(self, cluster, task_type, task_id):
        self.cluster_resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
            tf.train.ClusterSpec(cluster), task_type=task_type, task_id=task_id
        )
