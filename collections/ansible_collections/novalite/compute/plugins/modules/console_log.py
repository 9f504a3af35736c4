#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module console_log."""

from __future__ import annotations

DOCUMENTATION = r"""
module: console_log
short_description: Read what a guest said on its serial port
description:
  - Returns the end of the log that libvirt keeps of an instance's first serial port.
  - Changes nothing and does not wait for a running apply.
  - The log begins anew when the domain is started; the one before is kept where novalite starts it. libvirt lets a log
    grow to 2 MiB, then goes on in an empty one.
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
  lines:
    description: How many lines; 0 is all, up to 256 KiB.
    type: int
    default: 0
  previous:
    description: Read the log of the run before.
    type: bool
    default: false
  run:
    description: With O(end), read on from an earlier answer.
    type: str
  end:
    description: Where the earlier answer ended.
    type: int
    default: 0
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: There is never a difference.
    support: none
"""

EXAMPLES = r"""
- name: The last lines of a guest
  novalite.compute.console_log:
    name: web-0
    lines: 20
"""

RETURN = r"""
packed:
  description:
    - Base64 of compressed JSON, so that a guest's text is never a template.
    - A list with C(uuid), C(name), C(project), C(power), C(text), C(run), C(end) and C(is_cut) of each instance that is
      called so; empty where none is here.
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import console_log
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module


def main():
    """Read the log."""
    spec = {
        "name": {"type": "str", "required": True},
        "project": {"type": "str"},
        "lines": {"type": "int", "default": 0},
        "previous": {"type": "bool", "default": False},
        "run": {"type": "str"},
        "end": {"type": "int", "default": 0},
    }
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    run_module(module, console_log.ensure, {name: module.params[name] for name in spec}, locks=False)


if __name__ == "__main__":
    main()
