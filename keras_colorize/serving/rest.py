"""TensorFlow Serving by its REST interface (https://www.tensorflow.org/tfx/serving/api_rest)."""

import json
import urllib.parse

import numpy as np
import requests
import urllib3

# A request changes nothing on the server, so each can be repeated. An answer that does not come
# or breaks off is asked for once more only: each may take the whole timeout.
RETRY = urllib3.Retry(
    total=4,
    read=1,
    other=0,
    status_forcelist=(429, 502, 503, 504),
    allowed_methods=None,
    raise_on_status=False,
    backoff_factor=0.25,
    backoff_max=8.0,
    backoff_jitter=0.1,
    # A proxy may ask for hours.
    respect_retry_after_header=False,
)


class RestTransport:
    """Requests to a network by REST, with the settings of a `Client`."""

    # Of a number as text, with what stands around it.
    bytes_per_value = 24

    def __init__(self, client):
        url = f"{client.address.rstrip('/')}/v1/models/{urllib.parse.quote(client.model, safe='')}"
        if client.version is not None:
            url += f"/versions/{client.version}"
        if client.label is not None:
            url += f"/labels/{urllib.parse.quote(client.label, safe='')}"
        self.url, self.client = f"{url}:predict", client
        self.session = requests.Session()
        self.close = self.session.close
        # No proxy and no password file, whatever the environment says.
        self.session.trust_env = False
        self.session.verify = client.certificate or True
        self.session.headers.update(client.headers)
        self.session.mount(self.url, requests.adapters.HTTPAdapter(max_retries=RETRY))

    def __call__(self, lightness):
        # A hundredth of what float32 tells apart at 100, in half the text.
        values = np.round(lightness.astype("float64"), 7).tolist()
        body = {"signature_name": "serving_default", "inputs": {"lightness": values}}
        timeout, limit = self.client.timeout, self.client.max_message_bytes
        # At most 5 seconds to connect.
        settings = {"timeout": (min(timeout, 5.0), timeout), "allow_redirects": False}
        try:
            with self.session.post(self.url, json=body, stream=True, **settings) as response:
                content = response.raw.read(limit + 1, decode_content=True)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            # Behind "max retries exceeded" stands what went wrong the last time.
            reason = getattr(error.args[0] if error.args else None, "reason", error)
            raise self.client.error(reason) from error
        if len(content) > limit:
            raise self.client.error(f"expected an answer of at most {limit} bytes, received more")
        try:
            answer = json.loads(content)
            if response.status_code != 200:
                raise self.client.error(f"HTTP {response.status_code}: {answer['error']}")
            outputs = answer["outputs"]
            # An output that is alone goes without its name.
            return np.asarray(outputs["ab"] if isinstance(outputs, dict) else outputs, "float32")
        except (KeyError, TypeError, ValueError) as error:
            received = f"expected JSON of TensorFlow Serving, received {content[:200]!r}"
            raise self.client.error(f"HTTP {response.status_code}: {received}") from error
