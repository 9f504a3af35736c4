#!/usr/bin/python
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module image."""

from __future__ import annotations

DOCUMENTATION = r"""
module: image
short_description: Make a guest image present on a hypervisor
description:
  - Takes a file delivered to the state dir, or fetches one, compares it with its SHA-256, inspects it and keeps it
    under that digest.
  - Images that refer to other files, are encrypted, or are not of the declared format are refused.
  - A file on its way is C(images/SHA256.part). A download that was interrupted is made again from its beginning, unless
    all of it had come; a delivered file with other bytes than its digest says is removed, and so is a refused image.
    The next run of the same image is what cleans up after an interrupted one.
  - Images that no instance uses any more, and the empty overlays kept beside them (C(*.overlay)), are never removed.
version_added: 0.1.0
author: The novalite authors (@novalite)
extends_documentation_fragment: [novalite.compute.host]
options:
  sha256:
    description: SHA-256 of the file.
    type: str
    required: true
  format:
    description: Its format; never guessed.
    type: str
    required: true
    choices: [qcow2, raw]
  size_bytes:
    description: Size of the file, where it is known; a download that is larger is given up.
    type: int
  url:
    description: Where the host fetches it from, by http or https.
    type: str
  src:
    description: A file on the host to take it from; it is moved.
    type: path
attributes:
  check_mode:
    description: Can run in check mode and say what would change.
    support: full
  diff_mode:
    description: Returns what would change or has changed.
    support: full
"""

EXAMPLES = r"""
- name: Fetch an image
  novalite.compute.image:
    url: https://images.example.org/debian-12.qcow2
    sha256: 7e3a0d9f6a8f4c1b5d2e9c7a1b0f3d4e5c6b7a8d9e0f1a2b3c4d5e6f7a8b9c0d
    format: qcow2
"""

RETURN = r"""
error:
  description: The stable id and the message of what went wrong.
  type: dict
  returned: failure
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.novalite.compute.plugins.module_utils import image
from ansible_collections.novalite.compute.plugins.module_utils.arguments import HOST
from ansible_collections.novalite.compute.plugins.module_utils.module_run import run_module


def main():
    """Make the image present."""
    spec = {
        "sha256": {"type": "str", "required": True},
        "format": {"type": "str", "required": True, "choices": ["qcow2", "raw"]},
        "size_bytes": {"type": "int"},
        "url": {"type": "str"},
        "src": {"type": "path"},
    }
    module = AnsibleModule(argument_spec=dict(HOST, **spec), supports_check_mode=True)
    wanted = {name: module.params[name] for name in ("sha256", "format", "size_bytes", "url")}
    run_module(module, image.ensure, dict(wanted, delivered=module.params["src"]), needs_libvirt=False)


if __name__ == "__main__":
    main()
