# SPDX-License-Identifier: GPL-3.0-or-later
"""How a guest is doing: QEMU's counters by the names of Nova's server diagnostics, and what its agent tells. Changes
nothing, takes no lock. Talks to libvirtd.

Source: nova/objects/diagnostics.py; nova/virt/libvirt/driver.py, get_instance_diagnostics.
"""

from __future__ import annotations

from .domain_read import read_domain
from .find_own import find_called, find_set_aside, identity
from .guest_agent import NO_AGENT
from .packed import pack
from .result import Result
from .seed_kind import drive_format
from .states import is_off
from .units import KIB_PER_MIB

_NIC = {
    "rx_octets": "rx.bytes",
    "rx_packets": "rx.pkts",
    "rx_errors": "rx.errs",
    "rx_drop": "rx.drop",
    "tx_octets": "tx.bytes",
    "tx_packets": "tx.pkts",
    "tx_errors": "tx.errs",
    "tx_drop": "tx.drop",
}
_DISK = {
    "device": "name",
    "read_bytes": "rd.bytes",
    "read_requests": "rd.reqs",
    "write_bytes": "wr.bytes",
    "write_requests": "wr.reqs",
}
_FILE_SYSTEM = {"mountpoint": "mountpoint", "type": "fstype", "total_bytes": "total-bytes", "used_bytes": "used-bytes"}
_USER = {"name": "name", "domain": "domain", "login_ms": "login-time"}


def counters(stats, macs):
    # type: (dict, list) -> dict
    """Return libvirt's flat statistics by Nova's names; ``macs`` are those of the ports, in their order."""
    nics = [_named(stats, "net.%d." % number, _NIC) for number in range(stats.get("net.count", 0))]
    for nic, mac in zip(nics, macs):  # noqa: B905
        nic["mac_address"] = mac
    cpus = range(stats.get("vcpu.maximum", stats.get("vcpu.current", 0)))
    cpus = [{"id": number, "time": stats["vcpu.%d.time" % number]} for number in cpus if _has_cpu(stats, number)]
    disks = [_named(stats, "block.%d." % number, _DISK) for number in range(stats.get("block.count", 0))]
    return {
        "num_cpus": len(cpus),
        "num_nics": len(nics),
        "num_disks": len(disks),
        "cpu_time": stats.get("cpu.time"),
        "cpu_details": cpus,
        "nic_details": nics,
        "disk_details": disks,
        "memory_details": {
            "maximum": stats.get("balloon.maximum", 0) // KIB_PER_MIB,
            "used": stats.get("balloon.current", 0) // KIB_PER_MIB,
            "resident": stats.get("balloon.rss", 0) // KIB_PER_MIB,
        },
    }


def _has_cpu(stats, number):
    # type: (dict, int) -> bool
    return "vcpu.%d.time" % number in stats


def _named(stats, prefix, names):
    # type: (dict, str, dict) -> dict
    return {name: stats[prefix + key] for name, key in names.items() if prefix + key in stats}


def guest(info):
    # type: (dict) -> dict
    """Return what an agent told (virDomainGetGuestInfo) as nested values."""
    interfaces = []
    for number in range(info.get("if.count", 0)):
        prefix = "if.%d." % number
        addresses = range(info.get(prefix + "addr.count", 0))
        interfaces.append(
            {
                "name": info.get(prefix + "name"),
                "mac": info.get(prefix + "hwaddr"),
                "addresses": [info.get("%saddr.%d.addr" % (prefix, address)) for address in addresses],
            }
        )
    return {
        "hostname": info.get("hostname"),
        "timezone": info.get("timezone.name"),
        "os": {key[len("os.") :]: value for key, value in sorted(info.items()) if key.startswith("os.")},
        "users": [_named(info, "user.%d." % number, _USER) for number in range(info.get("user.count", 0))],
        "file_systems": [_named(info, "fs.%d." % number, _FILE_SYSTEM) for number in range(info.get("fs.count", 0))],
        "interfaces": interfaces,
    }


def diagnose(host, domain, element, spec, power):
    # type: (object, object, object, dict, str) -> dict
    """Return the diagnostics of one instance; ``guest`` is None where no agent answers, and ``agent`` says why."""
    answer = dict(identity(spec, power), driver="libvirt", hypervisor=element.get("type"))
    answer["config_drive"] = drive_format(spec) is not None
    if is_off(power):
        return dict(answer, agent="it is off", guest=None)
    facts = read_domain(element)
    answer.update(counters(host.connection.statistics(domain), [port["mac"] for port in facts["ports"]]))
    info = None if host.connection.hypervisor() == "TEST" else host.connection.guest_info(domain)
    if info is None:
        return dict(answer, agent=NO_AGENT, guest=None)
    return dict(answer, agent="answers", guest=guest(info))


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Return how the instances called ``wanted["name"]`` are doing; nothing is ever changed, and no lock is taken."""
    del check
    answers = [diagnose(host, *one) for one in find_called(host, wanted["name"], wanted["project"])]
    answers += find_set_aside(host, wanted["name"], wanted["project"])
    return Result(False, facts={"packed": pack(answers)})
