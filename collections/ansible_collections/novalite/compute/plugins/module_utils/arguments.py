# SPDX-License-Identifier: GPL-3.0-or-later
"""Argument specs: the one home of what a module may be asked, and of the shape of an instance's spec. Pure.

``SPEC`` is an *instance spec*: all that decides what a domain looks like, except its power state. It is what a plan
carries, what a host makes true, and what the mark in the domain's metadata holds. ``claim`` (claim.py) is what the
scheduler gave the instance of its host's CPUs, NUMA cells and devices; a spec without the key has none. So it is with
``cdrom``, ``restart_token``, ``on_delete``, ``trash_days``, ``flavor.max_vcpus``, ``flavor.max_ram_mib``,
``ports[].link``, and all that is in ``_SELDOM`` and ``_MAY_BE_MISSING``: they are there only where something is said
other than usual, so that the marks of instances that were there before stay what they are. A ``cdrom`` of null is an
empty drive.

``ports[].subnets`` are ``{"cidr", "gateway", "dns", "routes": [{"to", "via"}], "dhcp", "ipv6", "fixed_ip"}``, at most
one of each family; the port's own ``cidr``, ``gateway``, ``dns`` and ``fixed_ip`` then say nothing. ``files`` are
``{"path", "sha256"}``; ``vendor_targets`` is ``{"targets": [{"name", "url"}], "fatal"}``; ``guest_links`` are
``{"name", "kind": "bond", "ports": [0, 1], "mode", "subnets"}`` and ``{"name", "kind": "vlan", "on": "bond0" or 0,
"vlan_id", "mac", "subnets"}``.
``secrets`` are keyed fingerprints of the values that the guest read, by ``secret_sources.label``; never values.
``adopted`` (adoption.py) is only in that of a domain that somebody else made.
"""

from __future__ import annotations

FLAVOR = {
    "name": {"type": "str", "required": True},
    "vcpus": {"type": "int", "required": True},
    "ram_mib": {"type": "int", "required": True},
    "disk_gib": {"type": "int", "required": True},
    "ephemeral_gib": {"type": "int", "default": 0},
    "swap_mib": {"type": "int", "default": 0},
    "extra_specs": {"type": "dict", "default": {}},
    "max_vcpus": {"type": "int"},
    "max_ram_mib": {"type": "int"},
}

IMAGE = {
    "name": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "format": {"type": "str", "required": True, "choices": ["qcow2", "raw"]},
    "min_disk_gib": {"type": "int", "default": 0},
    "properties": {"type": "dict", "default": {}},
}

PORT = {
    "network": {"type": "str", "required": True},
    "kind": {"type": "str", "required": True, "choices": ["libvirt", "bridge"]},
    "source": {"type": "str", "required": True},
    "mac": {"type": "str", "required": True},
    "fixed_ip": {"type": "str"},
    "cidr": {"type": "str"},
    "gateway": {"type": "str"},
    "dns": {"type": "list", "elements": "str", "default": []},
    "mtu": {"type": "int"},
    "link": {"type": "str", "choices": ["down"]},
    "subnets": {"type": "list", "elements": "dict"},
    "tag": {"type": "str"},
    "port_security": {"type": "bool"},
}

GROUP = {
    "name": {"type": "str", "required": True},
    "policy": {
        "type": "str",
        "required": True,
        "choices": ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"],
    },
    "max_server_per_host": {"type": "int", "default": 1},
}

KEYPAIR = {
    "name": {"type": "str", "required": True},
    "public_key": {"type": "str", "required": True, "no_log": False},
}

CDROM = {
    "name": {"type": "str", "required": True},
    "sha256": {"type": "str", "required": True},
    "format": {"type": "str", "required": True, "choices": ["raw"]},
}

SPEC = {
    "uuid": {"type": "str", "required": True},
    "project": {"type": "str", "required": True},
    "name": {"type": "str", "required": True},
    "domain": {"type": "str", "required": True},
    "launch_index": {"type": "int", "default": 0},
    "availability_zone": {"type": "str"},
    "host": {"type": "str"},
    "flavor": {"type": "dict", "required": True, "options": FLAVOR},
    "image": {"type": "dict", "required": True, "options": IMAGE},
    "keypair": {"type": "dict", "options": KEYPAIR, "no_log": False},
    "ports": {"type": "list", "elements": "dict", "options": PORT, "default": []},
    "group": {"type": "dict", "options": GROUP},
    "metadata": {"type": "dict", "default": {}},
    "user_data_sha256": {"type": "str"},
    "claim": {"type": "dict"},
    "adopted": {"type": "dict"},
    "protect": {"type": "bool", "default": False},
    "cdrom": {"type": "dict", "options": CDROM},
    "restart_token": {"type": "str", "no_log": False},
    "on_delete": {"type": "str", "choices": ["trash", "delete", "keep"]},
    "trash_days": {"type": "int"},
    "hostname": {"type": "str"},
    "config_drive": {"type": "str", "choices": ["vfat", "none"]},
    "files": {"type": "list", "elements": "dict"},
    "user_data_parts": {"type": "list", "elements": "str"},
    "vendor_data_sha256": {"type": "str"},
    "secrets": {"type": "dict", "no_log": False},
    "vendor_targets": {"type": "dict"},
    "admin_pass_sha256": {"type": "str", "no_log": False},
    "host_key": {"type": "str", "choices": ["none"], "no_log": False},
    "guest_links": {"type": "list", "elements": "dict"},
}

# Keys of what a guest reads at its first boot, of those that are there only where something is said.
AT_FIRST_BOOT = (
    "hostname",
    "config_drive",
    "files",
    "user_data_parts",
    "vendor_data_sha256",
    "vendor_targets",
    "admin_pass_sha256",
    "host_key",
    "guest_links",
    "secrets",
)

# What a spec has no key for unless it is said.
_SELDOM = ("adopted", "cdrom", "restart_token", *AT_FIRST_BOOT)
_MAY_BE_MISSING = {"flavor": ("max_vcpus", "max_ram_mib"), "ports": ("link", "subnets", "tag", "port_security")}


def without_unsaid(spec):
    # type: (dict) -> dict
    """Return a spec as Ansible hands it over, with a null for each key that nobody said, without such keys."""
    answer = {key: value for key, value in spec.items() if key not in _SELDOM or value is not None}
    for key, names in _MAY_BE_MISSING.items():
        value = spec.get(key)
        if isinstance(value, list):
            answer[key] = [_without(item, names) for item in value]
        elif value:
            answer[key] = _without(value, names)
    return answer


def _without(value, names):
    # type: (dict, tuple) -> dict
    return {name: inner for name, inner in value.items() if name not in names or inner is not None}


# Where every module finds the host's libvirt and our files on it.
HOST = {
    "uri": {"type": "str", "default": "qemu:///system"},
    "state_dir": {"type": "path", "default": "/var/lib/novalite"},
}
