#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module host_info."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
short_description: Report what a hypervisor has, and which instances live on it
description:
  - Returns capacity, capabilities, networks, pools, images, novalite's instances decoded from their marks, and what
    all other domains use.
  - Options that a task does not give are taken from the host variables C(novalite_uri), C(novalite_state_dir),
    C(novalite_zone), C(novalite_traits), C(novalite_inventories), C(novalite_providers), C(novalite_enabled),
    C(novalite_virt_type),
    C(novalite_cpu_shared_set), C(novalite_cpu_dedicated_set), C(novalite_pci_devices), C(novalite_metrics),
    C(novalite_stats), C(novalite_address) and C(novalite_cell).
  - Changes nothing, except that the answer to "does kvm work here" is kept in the state dir.
  - Waits for a running apply to end, so that a host is never seen half applied.
  - Asks no QEMU, so that one that does not answer holds nothing up, and gives up after two minutes where libvirtd or a
    file system does not answer.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host]
options:
  zone:
    description: The availability zone the host is in.
    type: str
  traits:
    description: Traits that the operator gives the host, besides those found.
    type: list
    elements: str
    default: []
  inventories:
    description: Per resource class, what replaces the values found, such as C(allocation_ratio) and C(reserved).
    type: dict
    default: {}
  providers:
    description:
      - What is inside the host and counted for itself, such as NUMA nodes, GPUs and functions of network cards.
      - Each has a C(name), and may have a C(parent) (the name of another; without it the host), C(inventories) as above
        with a C(total) each, and C(traits).
    type: list
    elements: dict
    default: []
  enabled:
    description: Whether new instances may be placed here.
    type: bool
    default: true
  virt_type:
    description: What new domains are run with; V(auto) is kvm where a guest really runs with it, else qemu.
    type: str
    choices: [auto, kvm, qemu]
    default: auto
  cpu_shared_set:
    description:
      - CPUs of the host that guests share, such as C(0-3,^1); Nova's C(cpu_shared_set).
      - Without it and O(cpu_dedicated_set) all CPUs are shared.
    type: str
  cpu_dedicated_set:
    description: CPUs of the host that guests may have for themselves, each for one vCPU; Nova's C(cpu_dedicated_set).
    type: str
  pci_devices:
    description:
      - PCI devices that guests may have, as in Nova's C(device_spec). Each entry may say C(vendor_id), C(product_id)
        and C(address) (a glob, or regular expressions of C(domain), C(bus), C(slot) and C(function)); other keys are
        tags. What nothing names is never given away.
    type: list
    elements: dict
  metrics:
    description: Numbers by name, for the MetricsFilter and the MetricsWeigher.
    type: dict
  stats:
    description: Further values by name, for ComputeCapabilitiesFilter and JsonFilter.
    type: dict
  address:
    description: The address of the host for SimpleCIDRAffinityFilter; that of the connection where nothing is said.
    type: str
  cell:
    description: The name of the host's cell, for the CrossCellWeigher.
    type: str
  packed:
    description: Return the facts as one compressed string, which Ansible does not walk through.
    type: bool
    default: false
  wait_s:
    description: How long to wait, in seconds, while an apply holds the host.
    type: float
    default: 30
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: There is never a difference.
    support: none
"""

EXAMPLES = r"""
- name: Look at the host
  novalite.compute.host_info:
    zone: az1
  register: host
"""

RETURN = r"""
facts:
  description: The facts, format C(novalite.host/1).
  type: dict
  returned: when O(packed=false)
packed:
  description: The facts as base64 of compressed JSON.
  type: str
  returned: when O(packed=true)
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import host_info
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module

CONFIG = ("zone", "traits", "inventories", "providers", "enabled", "virt_type", "uri", "state_dir")
# Echoed only where they are said.
HARDWARE = ("cpu_shared_set", "cpu_dedicated_set", "pci_devices", "metrics", "stats", "address", "cell")


def main():
    """Report the host's facts."""
    spec = {
        "zone": {"type": "str"},
        "traits": {"type": "list", "elements": "str", "default": []},
        "inventories": {"type": "dict", "default": {}},
        "providers": {"type": "list", "elements": "dict", "default": []},
        "enabled": {"type": "bool", "default": True},
        "virt_type": {"type": "str", "choices": ["auto", "kvm", "qemu"], "default": "auto"},
        "cpu_shared_set": {"type": "str"},
        "cpu_dedicated_set": {"type": "str"},
        "pci_devices": {"type": "list", "elements": "dict"},
        "metrics": {"type": "dict"},
        "stats": {"type": "dict"},
        "address": {"type": "str"},
        "cell": {"type": "str"},
        "packed": {"type": "bool", "default": False},
        "wait_s": {"type": "float", "default": 30},
    }
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    config = {name: module.params[name] for name in CONFIG}
    config.update({name: module.params[name] for name in HARDWARE if module.params[name] not in (None, "", [], {})})
    wanted = {"config": config, "packed": module.params["packed"], "wait_s": module.params["wait_s"]}
    run_module(module, host_info.ensure, wanted, locks=False)


if __name__ == "__main__":
    main()
