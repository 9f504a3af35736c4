#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module domain_xml."""

from __future__ import annotations

DOCUMENTATION = r"""
module: domain_xml
short_description: Read the whole definition of domains that somebody else made
description:
  - Returns the XML of domains as they will be at their next start, and what C(qemu-img info --backing-chain) says of
    their disks; C(novalite adopt) asks for it.
  - Changes nothing, and asks no QEMU.
  - O(uri) and O(state_dir) that a task does not give are taken from C(novalite_uri) and C(novalite_state_dir).
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host]
options:
  uuids:
    description: UUIDs of the domains.
    type: list
    elements: str
    required: true
  images:
    description:
      - Images that a disk may be based on, as C(SHA256:BYTES). A base is read and hashed only if it has the size of one
        of these, or of an image that the host holds.
    type: list
    elements: str
    default: []
attributes:
  check_mode:
    description: Can run in check mode and return the same.
    support: full
  diff_mode:
    description: There is never a difference.
    support: none
"""

EXAMPLES = r"""
- name: Read a domain
  novalite.compute.domain_xml:
    uuids: [5f0c7c8e-0000-4000-8000-000000000001]
  register: domains
"""

RETURN = r"""
packed:
  description: The domains as base64 of compressed JSON, a mapping with the one key C(domains).
  type: str
  returned: always
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import domain_xml
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module


def main():
    """Return the domains."""
    spec = {
        "uuids": {"type": "list", "elements": "str", "required": True},
        "images": {"type": "list", "elements": "str", "default": []},
    }
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    pairs = [text.partition(":") for text in module.params["images"]]
    images = {sha256: int(size) for sha256, _colon, size in pairs if size.isdigit()}
    wanted = {"uuids": module.params["uuids"], "images": images}
    run_module(module, domain_xml.ensure, wanted, locks=False)


if __name__ == "__main__":
    main()
