# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs with one version of the real cloud-init: what its own data sources read from folders, in JSON.

In: ``{"seeds": [{"kind", "folder", "macs": {mac: name}}, ...]}``; out: ``{"seeds": [...]}``: what the guest would know.
A folder is what is on a drive. Nothing of cloud-init is changed, but for the places where it would write into the
system, ask which cards it has, or which hypervisor it is on.
"""

import base64
import json
import logging
import os
import shutil
import sys
import tempfile
from unittest import mock

logging.disable(logging.CRITICAL)

from cloudinit import helpers, util  # noqa: E402
from cloudinit.net import network_state  # noqa: E402
from cloudinit.sources import DataSourceConfigDrive, DataSourceNoCloud  # noqa: E402

KINDS = {
    "config-drive": ("config_drive", DataSourceConfigDrive.DataSourceConfigDrive),
    "nocloud": ("nocloud", DataSourceNoCloud.DataSourceNoCloud),
}


def text(value):
    """Bytes as JSON can hold them."""
    return value if value is None else base64.b64encode(util.encode_text(value)).decode("ascii")


def read(said, work):
    """What one seed tells."""
    folder, make = KINDS[said["kind"]]
    shutil.copytree(said["folder"], os.path.join(work, "seed", folder))
    paths = helpers.Paths({"cloud_dir": work, "run_dir": os.path.join(work, "run")})
    os.makedirs(os.path.join(work, "run"))
    written = {}
    with (
        mock.patch("cloudinit.net.get_interfaces_by_mac", return_value=dict(said["macs"])),
        mock.patch("cloudinit.net.get_ib_hwaddrs_by_interface", dict),
        mock.patch.object(DataSourceConfigDrive, "write_injected_files", lambda files: written.update(files or {})),
        mock.patch("cloudinit.dmi.read_dmi_data", return_value=None),
        mock.patch.object(util, "get_cmdline", return_value=""),
    ):
        source = make({"datasource": {"NoCloud": {"fs_label": None}}}, mock.MagicMock(), paths)
        if not source._get_data():
            return None
        hostname = source.get_hostname()
        network = source.network_config
    return {
        "instance_id": source.get_instance_id(),
        "hostname": getattr(hostname, "hostname", hostname),
        "keys": source.get_public_ssh_keys(),
        "zone": source.availability_zone,
        "launch_index": source.launch_index,
        "random_seed": text(source.metadata.get("random_seed")),
        "user_data": text(source.get_userdata_raw()),
        "vendor_data": parts(source.get_vendordata_raw()),
        "vendor_data2": parts(getattr(source, "vendordata2_raw", None)),
        "files": {path: text(data) for path, data in written.items()},
        "network": network,
        "cards": cards(network),
    }


def parts(value):
    """The texts that it would run."""
    if isinstance(value, list):
        return value
    return [util.decode_binary(value)] if value else []


def cards(network):
    """The network as cloud-init's renderers get it: a line for each card, then its addresses, routes, name servers."""
    if not network:
        return []
    lines = []
    state = network_state.parse_net_config_data(network)
    servers = list(state.dns_nameservers)
    for card in state.iter_interfaces():
        head = [card["type"], card["name"], str(card.get("mac_address")), str(card.get("mtu"))]
        if card.get("bond-master"):
            head.append("in " + card["bond-master"])
        if card["type"] == "vlan":
            head.append(f"{card['vlan_id']} on {card['vlan-raw-device']}")
        lines.append(" ".join(head))
        lines += ["  " + address(subnet) for subnet in card["subnets"]]
        lines += sorted("  " + route for subnet in card["subnets"] for route in routes(subnet))
        servers += card.get("dns", {}).get("nameservers", [])
        servers += [server for subnet in card["subnets"] for server in subnet.get("dns_nameservers", [])]
    servers = list(dict.fromkeys(servers))
    return lines + (["dns " + " ".join(servers)] if servers else [])


def address(subnet):
    """How one address is got."""
    said = subnet.get("address") or ""
    if said and "/" not in said:
        said += f"/{subnet['prefix']}"
    return (subnet["type"].replace("static6", "static") + " " + said).strip()


def routes(subnet):
    """The routes of one subnet, the default one among them."""
    found = [f"{it['network']}/{it['prefix']} via {it['gateway']}" for it in subnet.get("routes", ())]
    gateway = subnet.get("gateway")
    return found + ([("::/0 via " if ":" in gateway else "0.0.0.0/0 via ") + gateway] if gateway else [])


def main():
    answers = []
    for said in json.load(sys.stdin)["seeds"]:
        with tempfile.TemporaryDirectory() as work:
            answers.append(read(said, work))
    json.dump({"seeds": answers}, sys.stdout)


main()
