#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module diagnostics."""

from __future__ import annotations

DOCUMENTATION = r"""
module: diagnostics
short_description: Tell how a guest is doing
description:
  - Returns QEMU's counters of CPUs, memory, disks and network cards by the names of Nova's server diagnostics, and what
    the guest's agent tells of hostname, operating system, users, file systems and interfaces.
  - Changes nothing and does not wait for a running apply. QEMU has ten seconds to answer, the agent twenty.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host]
options:
  name:
    description: Name of the instance, or C(project.name), or its UUID.
    type: str
    required: true
  project:
    description: Only an instance of this project.
    type: str
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: There is never a difference.
    support: none
"""

EXAMPLES = r"""
- name: How it is doing
  novalite.compute.diagnostics:
    name: web-0
"""

RETURN = r"""
packed:
  description:
    - Base64 of compressed JSON, so that a guest's text is never a template.
    - A list with the diagnostics of each instance that is called so; empty where none is here.
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import diagnostics
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module


def main():
    """Tell how it is doing."""
    spec = {"name": {"type": "str", "required": True}, "project": {"type": "str"}}
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    run_module(module, diagnostics.ensure, {name: module.params[name] for name in spec}, locks=False)


if __name__ == "__main__":
    main()
