#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module config_drive."""

from __future__ import annotations

DOCUMENTATION = r"""
module: config_drive
short_description: Make the config drive of an instance
description:
  - Builds the ISO image that cloud-init reads, with meta data, user data and network data, readable by its owner only.
  - The same instance always gives the same bytes; a drive with other content is replaced.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host, novalite.compute.spec]
requirements:
  - pycdlib (C(python3-pycdlib))
options:
  spec:
    required: true
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
    description: Returns the digests before and after.
    support: full
"""

EXAMPLES = r"""
- name: Make the config drive of an instance
  novalite.compute.config_drive:
    spec: "{{ lookup('file', 'web-0.json') | from_json }}"
"""

RETURN = r"""
error:
  description: The stable id and the message of what went wrong.
  type: dict
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import drive
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST, SPEC, without_unsaid
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module
from ansible_collections.novalite.compute.plugins.module_utils.seed import contents_of


def main():
    """Make the config drive."""
    spec = {
        "spec": {"type": "dict", "required": True, "options": SPEC},
        "user_data": {"type": "str", "no_log": True},
        "contents": {"type": "dict", "no_log": True},
    }
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    contents = contents_of(module.params["user_data"], module.params["contents"])
    wanted = {"spec": without_unsaid(module.params["spec"]), "contents": contents}
    run_module(module, drive.ensure, wanted, needs_libvirt=False)


if __name__ == "__main__":
    main()
