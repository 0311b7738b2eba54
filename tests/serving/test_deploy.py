"""The files for deploying; TensorFlow Serving and Kubernetes themselves are not here."""

from pathlib import Path

import pytest
import yaml
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from tensorflow_serving.config import model_server_config_pb2

from keras_colorize.presets import default_preset

FOLDER = Path(__file__).parents[2] / "docs" / "deploy"

# The fields of BatchingParameters, which tensorflow-serving-api comes without; from
# session_bundle_config.proto of TensorFlow Serving 2.20.
BATCHING = {
    "max_batch_size": ("Int64Value", 1),
    "batch_timeout_micros": ("Int64Value", 2),
    "max_enqueued_batches": ("Int64Value", 3),
    "num_batch_threads": ("Int64Value", 4),
    "enable_large_batch_splitting": ("BoolValue", 8),
    "max_execution_batch_size": ("Int64Value", 9),
}


def _batching():
    file = descriptor_pb2.FileDescriptorProto(name="batching.proto", syntax="proto3")
    file.dependency.append("google/protobuf/wrappers.proto")
    message = file.message_type.add(name="BatchingParameters")
    for name, (kind, number) in BATCHING.items():
        label = descriptor_pb2.FieldDescriptorProto.LABEL_OPTIONAL
        field = message.field.add(name=name, number=number, label=label)
        field.type_name = f".google.protobuf.{kind}"
        field.type = descriptor_pb2.FieldDescriptorProto.TYPE_MESSAGE
    pool = descriptor_pool.Default()
    pool.Add(file)
    kind = message_factory.GetMessageClass(pool.FindMessageTypeByName("BatchingParameters"))
    return text_format.Parse((FOLDER / "batching.config").read_text(), kind())


@pytest.fixture(scope="module")
def kubernetes():
    parts = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    return {part["kind"]: part for part in parts}


@pytest.fixture(scope="module")
def container(kubernetes):
    return kubernetes["Deployment"]["spec"]["template"]["spec"]["containers"][0]


def test_the_default_preset_is_served_and_requests_are_never_joined(container):
    kind = model_server_config_pb2.ModelServerConfig
    config = text_format.Parse((FOLDER / "models.config").read_text(), kind())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == (default_preset(), f"/models/{default_preset()}")
    batching = _batching()
    assert batching.max_execution_batch_size.value == 1
    assert batching.enable_large_batch_splitting.value
    assert batching.num_batch_threads.value == int(container["resources"]["limits"]["cpu"])


def test_the_parts_of_kubernetes_fit(kubernetes, container):
    data = kubernetes["ConfigMap"]["data"]
    assert data == {name: (FOLDER / name).read_text() for name in data}
    assert set(data) == {"models.config", "batching.config"}
    pods = kubernetes["Deployment"]["spec"]
    assert pods["selector"]["matchLabels"] == kubernetes["Service"]["spec"]["selector"]
    assert pods["template"]["metadata"]["labels"] == pods["selector"]["matchLabels"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        expected = {"path": f"/v1/models/{default_preset()}", "port": "rest"}
        assert container[probe]["httpGet"] == expected
    volumes = {volume["name"]: volume for volume in pods["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert volumes["config"]["configMap"] == {"name": kubernetes["ConfigMap"]["metadata"]["name"]}


def test_docker_runs_the_same(container):
    services = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())["services"]
    service, limits = services["colorize"], container["resources"]["limits"]
    assert service["image"] == container["image"]
    assert service["command"] == container["args"]
    mounted = [volume.split(":")[-2] for volume in service["volumes"]]
    assert mounted == ["/models", "/config/models.config", "/config/batching.config"]
    assert float(service["cpus"]) == int(limits["cpu"])
    assert service["mem_limit"] == limits["memory"].lower()[:-1]
