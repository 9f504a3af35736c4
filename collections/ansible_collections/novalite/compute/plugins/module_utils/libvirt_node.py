# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt says of the host's pages and devices: a part of Connection. Talks to libvirtd."""

from __future__ import annotations

from xml.etree import ElementTree

_CAP_PCI_DEV = 2  # VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV
_NO_NODE_DEVICE = 53  # VIR_ERR_NO_NODE_DEVICE


class NodeCalls(object):
    """Calls that only look, and that a driver may not have."""

    def free_pages(self, sizes_kib, first, count):
        # type: (list, int, int) -> dict
        """Return cell -> size in KiB -> number of free pages, of ``count`` cells; empty where that cannot be told."""
        return self._find(self._handle.getFreePages, self._silent(), sizes_kib, first, count, 0) or {}

    def pci_devices(self):
        # type: () -> list
        """Return the ``<device>`` elements of all PCI devices, by name; a call for each, so ask only where needed."""
        devices = self._find(self._handle.listAllDevices, self._silent(), _CAP_PCI_DEV) or []
        devices = sorted(devices, key=lambda device: device.name())
        texts = [self._find(device.XMLDesc, (_NO_NODE_DEVICE,), 0) for device in devices]
        return [ElementTree.fromstring(text) for text in texts if text is not None]
