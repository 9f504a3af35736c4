#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module metadata_program."""

from __future__ import annotations

DOCUMENTATION = r"""
module: metadata_program
short_description: Put the program of the metadata service on a host
description:
  - Writes the files of the metadata service of this collection, and removes those of another version.
  - The role C(host) calls it, and has systemd run the program.
version_added: 0.1.0
author: The novalite authors (@novalite)
options:
  folder:
    description: The folder that gets a folder C(metadata_service).
    type: path
    required: true
  state:
    description: Whether the program is to be there.
    type: str
    choices: [present, absent]
    default: present
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Returns the digests before and after.
    support: full
"""

EXAMPLES = r"""
- name: Put the metadata service where its unit looks for it
  novalite.compute.metadata_program:
    folder: /usr/local/lib/novalite
"""

RETURN = r"""
error:
  description: The stable id and the message of what went wrong.
  type: dict
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import metadata_program
from ansible_collections.novalite.compute.plugins.module_utils.host_error import HostError


def main():
    """Write the program, or take it away."""
    options = {
        "folder": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    }
    module = AnsibleModule(argument_spec=options, supports_check_mode=True)
    try:
        result = metadata_program.ensure(module.params, module.check_mode)
    except HostError as error:
        module.fail_json(msg=error.message, error=error.as_dict())
    module.exit_json(**result.as_module_result())


if __name__ == "__main__":
    main()
