#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module steps."""

from __future__ import annotations

DOCUMENTATION = r"""
module: steps
short_description: Apply a host's part of a novalite plan
description:
  - Does all that a plan wants of one host in one wave, in one process and over one libvirt connection.
  - The task runs an action plugin on the controller, which reads the plan file, brings image files to the host, and
    hands the host its part of the plan. The options O(plan) to O(stop_file) are that plugin's; O(slice),
    O(deliveries) and O(secrets) are filled in by it.
  - O(uri) and O(state_dir) that a task does not give are taken from C(novalite_uri) and C(novalite_state_dir).
  - A plan is applied once. A plan made for a host that has changed since is refused.
  - Images reach a host where one logs in as an ordinary user (C(become)) by way of that user's temporary folder, which
    must have room for one copy of each.
  - What waits for a QEMU has a time limit. One that does not answer costs the stop or deletion of its own instance up
    to a minute, fails it by name if not even a kill helps, and leaves the other steps alone.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host]
options:
  plan:
    description: Path of the plan file on the controller.
    type: path
  digest:
    description: The digest of the plan that was reviewed; a file with another one is refused.
    type: str
  wave:
    description: Number of the wave, from 0.
    type: int
  slices:
    description:
      - A private folder on the controller where C(novalite apply) has put each host's part already, as
        C(WAVE/HOST.json), so that a large plan is not read once for each host.
    type: path
  stop_file:
    description: Path of a file on the controller; while it exists, nothing new is started.
    type: path
  slice:
    description: The host's part of the plan, as JSON, format C(novalite.slice/1).
    type: str
  deliveries:
    description: Where image files were put, by SHA-256, if not in the state dir.
    type: dict
    default: {}
  secrets:
    description: The values that contents of the slice lack, by token, as JSON; asked for on the controller.
    type: str
  wait_s:
    description: How long to wait, in seconds, while another apply holds the host.
    type: float
    default: 30
attributes:
  check_mode:
    description: Can run in check mode and say what would be done.
    support: full
  diff_mode:
    description: Returns what would be done or was done.
    support: full
"""

EXAMPLES = r"""
- name: Apply the first wave of a plan
  novalite.compute.steps:
    plan: /tmp/plan.json
    digest: "{{ digest }}"
    wave: 0
"""

RETURN = r"""
outcome:
  description: V(done), V(failed), V(stale), V(locked) or V(stopped); the last three changed nothing.
  type: str
  returned: always
message:
  description: Why, where that needs saying.
  type: str
  returned: always
steps:
  description: For each step its id, action, name, uuid, outcome, error, seconds, power and fingerprint.
  type: list
  elements: dict
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import steps
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module


def main():
    """Apply the slice."""
    spec = {
        "plan": {"type": "path"},
        "digest": {"type": "str"},
        "wave": {"type": "int"},
        "slices": {"type": "path"},
        "stop_file": {"type": "path"},
        "slice": {"type": "str", "no_log": True},
        "deliveries": {"type": "dict", "default": {}},
        "secrets": {"type": "str", "no_log": True},
        "wait_s": {"type": "float", "default": 30},
    }
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    if module.params["slice"] is None:
        module.fail_json(msg="there is no slice: this module runs behind its action plugin")
    wanted = {name: module.params[name] for name in ("slice", "deliveries", "secrets", "wait_s")}
    run_module(module, steps.ensure, wanted, locks=False)


if __name__ == "__main__":
    main()
