# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs in Nova's environment: what Nova's own code would put on the config drives of instances, in JSON.

In: ``{"instances": [...]}``, each as seed_case.py says it; out: ``{"drives": [{path: base64}, ...]}``. Nova's
InstanceMetadata makes all of it; nothing of Nova is changed, but for the places where it would ask a database, another
service, or libvirt.
"""

import base64
import json
import logging
import os
import sys
import tempfile
from unittest import mock

os.environ["OS_NOVA_DISABLE_EVENTLET_PATCHING"] = "true"
logging.disable(logging.CRITICAL)

import nova.conf  # noqa: E402
from nova import config, objects  # noqa: E402
from nova.api.metadata import base, vendordata_dynamic  # noqa: E402
from nova.network import model  # noqa: E402

CONF = nova.conf.CONF


def instance_of(said):
    """The instance as the database and the libvirt driver would know it."""
    numa = None
    if said["cells"]:
        cells = [
            objects.InstanceNUMACell(id=index, memory=256, cpuset=set(cell["cpuset"]), pcpuset=set(cell["pcpuset"]))
            for index, cell in enumerate(said["cells"])
        ]
        numa = objects.InstanceNUMATopology(cells=cells)
    devices = [
        objects.NetworkInterfaceMetadata(
            mac=nic["mac"], tags=[nic["tag"]], vf_trusted=False, bus=objects.PCIDeviceBus(address=nic["address"])
        )
        for nic in said["nics"]
    ]
    keypairs, key = [], said["keypair"]
    if key:
        keypairs = [objects.KeyPair(name=key["name"], type="ssh", public_key=key["public_key"])]
    return objects.Instance(
        uuid=said["uuid"], project_id=said["project"], display_name=said["name"], hostname=said["hostname"],
        launch_index=said["launch_index"], availability_zone=said["availability_zone"], metadata=said["metadata"],
        system_metadata={}, user_data=said["user_data"], key_name=key and key["name"],
        key_data=key and key["public_key"], keypairs=objects.KeyPairList(objects=keypairs),
        device_metadata=objects.InstanceDeviceMetadata(devices=devices) if devices else None, numa_topology=numa,
        ec2_ids=objects.EC2Ids(instance_id="i-00000001", ami_id="ami-00000001", kernel_id=None, ramdisk_id=None),
        flavor=objects.Flavor(name=said["flavor"]), reservation_id="r-abcdefgh", image_ref="image",
        root_device_name=said["root"], default_ephemeral_device=said["ephemeral"], default_swap_device=said["swap"],
        security_groups=objects.SecurityGroupList(objects=[]),
    )  # fmt: skip


def drive_of(said, folder):
    """Every file of one drive."""
    path = os.path.join(folder, "vendor.json")
    with open(path, "w", encoding="utf-8") as stream:
        json.dump(said["vendor_data"], stream)
    CONF.set_override("vendordata_jsonfile_path", path, "api")
    CONF.set_override("vendordata_providers", ["StaticJSON", "DynamicJSON"], "api")
    CONF.set_override("vendordata_dynamic_targets", [f"{name}@http://x/" for name in said["answers"]], "api")
    CONF.set_override("dhcp_domain", said["dhcp_domain"], "api")
    answers = said["answers"]
    files = [(path, base64.b64decode(data)) for path, data in said["files"]]
    extra = {"admin_pass": said["admin_pass"]} if said["admin_pass"] is not None else {}
    with (
        mock.patch.object(objects.Instance, "get_bdms", return_value=objects.BlockDeviceMappingList(objects=[])),
        mock.patch.object(base.security_group_api, "get_instance_security_groups", return_value=[{"name": "default"}]),
        mock.patch.object(vendordata_dynamic.DynamicVendorData, "_do_request", lambda _self, name, _url: answers[name]),
    ):
        network = model.NetworkInfo.hydrate(said["network_info"])
        metadata = base.InstanceMetadata(instance_of(said), content=files, extra_md=extra, network_info=network)
        found = dict(metadata.metadata_for_config_drive())
    return {path: base64.b64encode(data).decode("ascii") for path, data in found.items()}


def main():
    config.parse_args(["nova", "--config-file", "/dev/null"])
    objects.register_all()
    said = json.load(sys.stdin)
    with tempfile.TemporaryDirectory() as folder:
        drives = [drive_of(one, folder) for one in said["instances"]]
    json.dump({"drives": drives}, sys.stdout)


if __name__ == "__main__":
    main()
