# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Nova's environment: what Nova's metadata service answers over HTTP, in JSON.

In: ``{"instance": <as seed_case.py says it>, "requests": [[method, path, body, password that is there or null]]}``;
out: ``{"tree": {path: base64}, "answers": [[status, content type, base64 of the body]]}``. Nova's handler answers,
about Nova's InstanceMetadata; a request that its server would answer with an error of its own is 500.
"""

import base64
import json
import sys
import tempfile
from unittest import mock

from nova import config, objects
from nova.api.metadata import base, handler
from nova.network import model
from seed_driver import CONF, instance_of


def metadata_of(said, password, folder):
    """Nova's InstanceMetadata, with random numbers that are none."""
    path = f"{folder}/vendor.json"
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(said["vendor_data"], stream)
    CONF.set_override("vendordata_jsonfile_path", path, "api")
    CONF.set_override("local_metadata_per_cell", True, "api")
    instance = instance_of(said)
    instance.system_metadata = {"password_0": password} if password else {}
    network = model.NetworkInfo.hydrate(said["network_info"])
    files = [(name, base64.b64decode(data)) for name, data in said["files"]]
    return instance, base.InstanceMetadata(instance, content=files, network_info=network, extra_md={})


def answer_of(application, method, path, body):
    """Status, content type and body of one request."""
    request = handler.wsgi.Request.blank(path, method=method, body=base64.b64decode(body))
    request.remote_addr = "10.0.0.4"
    try:
        response = request.get_response(application)
    except Exception:  # what Nova does not expect
        return [500, "", ""]
    data = base64.b64encode(response.body).decode("ascii")
    return [response.status_int, response.headers.get("Content-Type", ""), data]


def main():
    config.parse_args(["nova", "--config-file", "/dev/null"])
    objects.register_all()
    said = json.load(sys.stdin)
    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch.object(objects.Instance, "get_bdms", return_value=objects.BlockDeviceMappingList(objects=[])),
        mock.patch.object(base.security_group_api, "get_instance_security_groups", return_value=[{"name": "default"}]),
        mock.patch.object(base.os, "urandom", bytes),
        mock.patch.object(objects.Instance, "save"),
    ):
        answers = []
        for *request, password in said["requests"]:
            instance, metadata = metadata_of(said["instance"], password, folder)
            application = handler.MetadataRequestHandler()
            with (
                mock.patch.object(application, "get_metadata_by_remote_address", return_value=metadata),
                mock.patch.object(objects.Instance, "get_by_uuid", return_value=instance),
            ):
                answers.append(answer_of(application, *request))
        tree = {path: base64.b64encode(data).decode("ascii") for path, data in metadata.metadata_for_config_drive()}
    json.dump({"tree": tree, "answers": answers}, sys.stdout)


if __name__ == "__main__":
    main()
