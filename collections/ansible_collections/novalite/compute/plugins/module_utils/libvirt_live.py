# SPDX-License-Identifier: GPL-3.0-or-later
"""Calls that change a domain while it runs: a part of Connection. Talks to libvirtd, which asks the domain's QEMU.

They touch what runs and nothing else: the definition was written before (change.py).
"""

from __future__ import annotations

_NO_DOMAIN = 42  # VIR_ERR_NO_DOMAIN
_NO_CGROUP = (55, 67, 84)  # VIR_ERR_OPERATION_INVALID, _CONFIG_UNSUPPORTED, _OPERATION_UNSUPPORTED
_SECURE, _INACTIVE = 1, 2  # VIR_DOMAIN_XML_*
_LIVE = 1  # VIR_DOMAIN_AFFECT_LIVE, of vCPUs, memory and devices too
_BYTES = 1  # VIR_DOMAIN_BLOCK_RESIZE_BYTES
_METADATA_TITLE, _METADATA_ELEMENT = 1, 2  # VIR_DOMAIN_METADATA_*
LIVE_S = 60


class LiveCalls(object):
    """One method for each way of changing a domain that runs."""

    def running_xml(self, domain):
        # type: (object) -> object
        """Return what the domain is now, None if it went away; no monitor is asked."""
        return self._find(domain.XMLDesc, (_NO_DOMAIN,), 0)

    def definition(self, domain):
        # type: (object) -> str
        """Return all of what the domain will be at its next start, passwords too: to be changed and defined again."""
        return self._call(domain.XMLDesc, _INACTIVE | _SECURE)

    def set_vcpus(self, domain, number):
        # type: (object, int) -> None
        """Plug virtual CPUs in or out."""
        self._change(domain, "setVcpusFlags", LIVE_S, (number, _LIVE))

    def set_memory(self, domain, kib):
        # type: (object, int) -> None
        """Tell the guest's balloon how much memory to leave."""
        self._change(domain, "setMemoryFlags", LIVE_S, (kib, _LIVE))

    def resize_disk(self, domain, path, size):
        # type: (object, str, int) -> None
        """Make a disk have so many bytes."""
        self._change(domain, "blockResize", LIVE_S, (path, size, _BYTES))

    def attach(self, domain, device_xml):
        # type: (object, str) -> None
        """Plug a device in."""
        self._change(domain, "attachDeviceFlags", LIVE_S, (device_xml, _LIVE))

    def detach(self, domain, device_xml):
        # type: (object, str) -> None
        """Ask the guest to let go of a device; it is gone when the guest did."""
        self._change(domain, "detachDeviceFlags", LIVE_S, (device_xml, _LIVE))

    def update(self, domain, device_xml):
        # type: (object, str) -> None
        """Change what is in a CD-ROM drive, or where a network card is plugged in."""
        self._change(domain, "updateDeviceFlags", LIVE_S, (device_xml, _LIVE))

    def can_limit_cpu(self, domain):
        # type: (object) -> bool
        """Tell whether the time of a domain that runs can be limited: whether it is in a cgroup that has CPU."""
        return self._find(domain.schedulerType, (_NO_DOMAIN, *_NO_CGROUP)) is not None

    def limit_cpu(self, domain, values):
        # type: (object, dict) -> None
        """Set ``cpu_shares``, ``vcpu_period`` or ``vcpu_quota``."""
        self._change(domain, "setSchedulerParametersFlags", LIVE_S, (values, _LIVE))

    def limit_disk(self, domain, target, values):
        # type: (object, str, dict) -> None
        """Set the limits of one disk; 0 is none."""
        self._change(domain, "setBlockIoTune", LIVE_S, (target, values, _LIVE))

    def limit_card(self, domain, mac, values):
        # type: (object, str, dict) -> None
        """Set the limits of one network card; 0 is none."""
        self._change(domain, "setInterfaceParameters", LIVE_S, (mac, values, _LIVE))

    def pin_vcpu(self, domain, number, cpus):
        # type: (object, int, set) -> None
        """Let one virtual CPU run on these CPUs of the host only."""
        self._change(domain, "pinVcpuFlags", LIVE_S, (number, self._map(cpus), _LIVE))

    def pin_emulator(self, domain, cpus):
        # type: (object, set) -> None
        """Let QEMU's own threads run on these CPUs of the host only."""
        self._change(domain, "pinEmulator", LIVE_S, (self._map(cpus), _LIVE))

    def _map(self, cpus):
        # type: (set) -> tuple
        return tuple(number in cpus for number in range(max(cpus) + 1))

    def set_running_mark(self, domain, mark_xml, prefix, namespace, title):
        # type: (object, str, str, str, str) -> None
        """Replace our mark and the title in what runs only."""
        self._change(domain, "setMetadata", LIVE_S, (_METADATA_ELEMENT, mark_xml, prefix, namespace, _LIVE))
        self._change(domain, "setMetadata", LIVE_S, (_METADATA_TITLE, title, None, None, _LIVE))
