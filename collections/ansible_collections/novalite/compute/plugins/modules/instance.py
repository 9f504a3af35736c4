#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module instance."""

from __future__ import annotations

DOCUMENTATION = r"""
module: instance
short_description: Make one instance exist, run, stop or not exist
description:
  - Makes disks, config drive and domain of an instance, and powers it on or off.
  - Finishes what an interrupted run left half made.
  - Domains without novalite's mark are never changed, whatever their name.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host, novalite.compute.spec]
options:
  state:
    description: Whether the instance should be there.
    type: str
    choices: [present, absent]
    default: present
  uuid:
    description: Which instance should not be there; used with O(state=absent) only.
    type: str
  disks:
    description: The files that deleting it destroys; used with O(state=absent) only. Files not named here are left.
    type: list
    elements: path
    default: []
  power:
    description: Whether it should run; without it the power stays as it is.
    type: str
    choices: [running, shutoff]
  timeout_s:
    description: How long the guest may take to power itself off, in seconds, before its power is taken away.
    type: float
    default: 60
  virt_type:
    description: What a new domain is run with.
    type: str
    choices: [auto, kvm, qemu, test]
    default: auto
  user_data:
    description: The user data, as base64; its SHA-256 must be the one in O(spec).
    type: str
  contents:
    description: What else O(spec) names by its SHA-256, as base64 by that digest.
    type: dict
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Returns spec and power before and after.
    support: full
"""

EXAMPLES = r"""
- name: Make an instance run
  novalite.compute.instance:
    spec: "{{ lookup('file', 'web-0.json') | from_json }}"
    power: running

- name: Delete it
  novalite.compute.instance:
    state: absent
    uuid: 0f6c1f66-5d0b-5d0e-9f4e-1d1f6a0a7c11
    disks:
      - /var/lib/novalite/instances/0f6c1f66-5d0b-5d0e-9f4e-1d1f6a0a7c11/disk
"""

RETURN = r"""
power:
  description: The power state afterwards.
  type: str
  returned: success
fingerprint:
  description: Fingerprint of the instance afterwards.
  type: str
  returned: when O(state=present)
error:
  description: The stable id and the message of what went wrong.
  type: dict
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import instance
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST, SPEC, without_unsaid
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module
from ansible_collections.novalite.compute.plugins.module_utils.seed import contents_of


def main():
    """Make the instance what it should be."""
    spec = {
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "spec": {"type": "dict", "options": SPEC},
        "uuid": {"type": "str"},
        "disks": {"type": "list", "elements": "path", "default": []},
        "power": {"type": "str", "choices": ["running", "shutoff"]},
        "timeout_s": {"type": "float", "default": 60},
        "virt_type": {"type": "str", "choices": ["auto", "kvm", "qemu", "test"], "default": "auto"},
        "user_data": {"type": "str", "no_log": True},
        "contents": {"type": "dict", "no_log": True},
    }
    needs = [("state", "present", ["spec"]), ("state", "absent", ["uuid"])]
    module = AnsibleModule(argument_spec=dict(HOST, **spec), required_if=needs, supports_check_mode=True)
    wanted = {name: module.params[name] for name in spec}
    if wanted["spec"] is not None:
        wanted["spec"] = without_unsaid(wanted["spec"])
    wanted["contents"] = contents_of(wanted.pop("user_data"), wanted["contents"])
    run_module(module, instance.ensure, wanted)


if __name__ == "__main__":
    main()
