# SPDX-License-Identifier: GPL-3.0-or-later
"""Documentation of what every module is told about its host (module_utils/arguments.py, HOST)."""

from __future__ import annotations


class ModuleDocFragment(object):
    """The options ``uri`` and ``state_dir``."""

    DOCUMENTATION = r"""
options:
  uri:
    description: The libvirt connection of the host.
    type: str
    default: qemu:///system
  state_dir:
    description: Where novalite keeps images, disks, its lock and its journal on the host.
    type: path
    default: /var/lib/novalite
requirements:
  - libvirt, with its Python binding (C(python3-libvirt))
  - C(qemu-img)
"""
