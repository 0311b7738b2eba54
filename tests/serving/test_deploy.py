"""The files for deploying; TensorFlow Serving and Kubernetes themselves are not here."""

import re
from pathlib import Path

import yaml
from google.protobuf import text_format
from tensorflow_serving.config import model_server_config_pb2

from keras_colorize.presets import DEFAULT

FOLDER = Path(__file__).parents[2] / "docs" / "deploy"


def test_the_default_preset_is_served_and_requests_are_never_joined():
    kind = model_server_config_pb2.ModelServerConfig
    config = text_format.Parse((FOLDER / "models.config").read_text(), kind())
    (model,) = config.model_config_list.config
    assert (model.name, model.base_path) == (DEFAULT, f"/models/{DEFAULT}")
    text = re.sub(r"^#.*\n", "", (FOLDER / "batching.config").read_text(), flags=re.MULTILINE)
    lines = [re.fullmatch(r"(\w+) { value: (\w+) }", line) for line in text.splitlines()]
    batching = dict(line.groups() for line in lines)
    # Fields of BatchingParameters in session_bundle_config.proto of TensorFlow Serving 2.20.
    sizes = {"max_batch_size", "batch_timeout_micros", "max_enqueued_batches", "num_batch_threads"}
    assert set(batching) == sizes | {"enable_large_batch_splitting", "max_execution_batch_size"}
    assert batching["max_execution_batch_size"] == "1"
    assert batching["enable_large_batch_splitting"] == "true"


def test_kubernetes_and_docker_run_the_same():
    parts = yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text())
    kubernetes = {part["kind"]: part for part in parts}
    data, pods = kubernetes["ConfigMap"]["data"], kubernetes["Deployment"]["spec"]
    assert data == {name: (FOLDER / name).read_text() for name in data}
    assert set(data) == {"models.config", "batching.config"}
    labels = pods["template"]["metadata"]["labels"]
    assert pods["selector"]["matchLabels"] == kubernetes["Service"]["spec"]["selector"] == labels
    (container,) = pods["template"]["spec"]["containers"]
    ports = {port["name"]: port["containerPort"] for port in container["ports"]}
    assert ports == {"grpc": 8500, "rest": 8501}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        expected = {"path": f"/v1/models/{DEFAULT}", "port": "rest"}
        assert container[probe]["httpGet"] == expected
    volumes = {volume["name"]: volume for volume in pods["template"]["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == set(volumes)
    assert volumes["config"]["configMap"] == {"name": kubernetes["ConfigMap"]["metadata"]["name"]}
    service = yaml.safe_load((FOLDER / "docker-compose.yml").read_text())["services"]["colorize"]
    assert (service["image"], service["command"]) == (container["image"], container["args"])
    mounted = [volume.split(":")[-2] for volume in service["volumes"]]
    assert mounted == ["/models", "/config/models.config", "/config/batching.config"]
    limits = container["resources"]["limits"]
    assert float(service["cpus"]) == int(limits["cpu"])
    assert service["mem_limit"] == limits["memory"].lower()[:-1]
