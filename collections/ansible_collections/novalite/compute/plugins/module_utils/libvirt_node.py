# SPDX-License-Identifier: GPL-3.0-or-later
"""What libvirt says of the host itself: a part of Connection. Talks to libvirtd."""

from __future__ import annotations

from xml.etree import ElementTree

from .units import KIB_PER_MIB

_CAP_PCI_DEV = 2  # VIR_CONNECT_LIST_NODE_DEVICES_CAP_PCI_DEV
_NO_NODE_DEVICE = 53  # VIR_ERR_NO_NODE_DEVICE
_ALL_CELLS = -1  # VIR_NODE_MEMORY_STATS_ALL_CELLS
_TOTAL = "total"  # VIR_NODE_MEMORY_STATS_TOTAL
_EXPAND_FEATURES = 1  # VIR_CONNECT_BASELINE_CPU_EXPAND_FEATURES


class NodeCalls(object):
    """Calls that only look; a driver may not have them."""

    def versions(self):
        # type: () -> dict
        """Return libvirt's and the hypervisor's versions as libvirt counts them."""
        return {
            "libvirt": self._call(self._handle.getLibVersion),
            "hypervisor": self._find(self._handle.getVersion, self._silent()) or 0,
            "hypervisor_type": self.hypervisor(),
        }

    def hostname(self):
        # type: () -> str
        """Return the host's own name."""
        return self._call(self._handle.getHostname)

    def node(self):
        # type: () -> dict
        """Return ``{"arch", "memory_mib", "cpus"}``.

        The memory is the kernel's own total (/proc/meminfo), as long as libvirt can tell it. virNodeGetInfo adds up
        what the NUMA cells say instead; in sandboxed kernels that is a fraction of the truth and changes from one
        minute to the next, so that every plan would be stale.
        """
        info = self._call(self._handle.getInfo)
        stats = self._find(self._handle.getMemoryStats, self._silent(), _ALL_CELLS, 0)
        total_kib = (stats or {}).get(_TOTAL)
        return {"arch": info[0], "memory_mib": total_kib // KIB_PER_MIB if total_kib else info[1], "cpus": info[2]}

    def capabilities(self):
        # type: () -> ElementTree.Element
        """Return libvirt's capabilities document."""
        return ElementTree.fromstring(self._call(self._handle.getCapabilities))

    def domain_capabilities(self, arch, virt_type, machine=None):
        # type: (str, str, object) -> object
        """Return the document for one virtualisation type, or None where the driver has none (or not that type)."""
        text = self._find(self._handle.getDomainCapabilities, self._silent(), None, arch, machine, virt_type, 0)
        return None if text is None else ElementTree.fromstring(text)

    def expand_cpu(self, cpu_xml):
        # type: (str) -> object
        """Return a CPU description with all features that its model implies, or None where that is not supported."""
        flags = _EXPAND_FEATURES
        return self._find(self._handle.baselineCPU, self._silent(), [cpu_xml], flags)

    def networks(self):
        # type: () -> list
        """Return (name, is active, bridge or None, leases) of each network, by name; a lease is (MAC, address)."""
        answer = []
        for network in self._find(self._handle.listAllNetworks, self._silent(), 0) or []:
            active = bool(self._call(network.isActive))
            bridge = self._find(network.bridgeName, self._silent()) if active else None
            leases = (self._find(network.DHCPLeases, self._silent()) if active else None) or []
            answer.append((network.name(), active, bridge, [(lease["mac"], lease["ipaddr"]) for lease in leases]))
        return sorted(answer)

    def pools(self):
        # type: () -> list
        """Return (name, path, is active, capacity, available) of each storage pool in bytes, by name; none is
        refreshed.
        """
        answer = []
        for pool in self._find(self._handle.listAllStoragePools, self._silent(), 0) or []:
            path = ElementTree.fromstring(self._call(pool.XMLDesc, 0)).findtext("target/path") or ""
            info = self._call(pool.info)
            answer.append((pool.name(), path, bool(self._call(pool.isActive)), info[1], info[3]))
        return sorted(answer)

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
