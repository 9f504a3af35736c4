#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module volume."""

from __future__ import annotations

DOCUMENTATION = r"""
module: volume
short_description: Make the disks of an instance
description:
  - Makes the root disk as an overlay of the image, and the ephemeral and swap disks that the flavor asks for.
  - A disk that is there already is never touched.
  - An ephemeral disk is delivered raw, without a file system (Nova formats it); the guest makes one, for instance by
    C(disk_setup) and C(fs_setup) of cloud-init. A swap disk is ready for use.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host, novalite.compute.spec]
options:
  spec:
    required: true
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Returns what would change or has changed.
    support: full
"""

EXAMPLES = r"""
- name: Make the disks of an instance
  novalite.compute.volume:
    spec: "{{ lookup('file', 'web-0.json') | from_json }}"
"""

RETURN = r"""
error:
  description: The stable id and the message of what went wrong.
  type: dict
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import volume
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST, SPEC
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module


def main():
    """Make the disks."""
    spec = {"spec": {"type": "dict", "required": True, "options": SPEC}}
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    run_module(module, volume.ensure, {"spec": module.params["spec"]}, needs_libvirt=False)


if __name__ == "__main__":
    main()
