# SPDX-License-Identifier: GPL-3.0-or-later
"""Host facts, ``novalite.host/1``: all that a plan may rely on about one host. Talks to libvirtd, changes nothing."""

from __future__ import annotations

import platform

from . import lock, shelf
from .applied import read_applied
from .canonical import fingerprint
from .capacity import list_bridges, read_capacity, read_platform, read_pools
from .deadline import call_in_time
from .disk_image import list_gone_backups
from .domain_listing import find_leftovers, list_instances
from .domain_usage import total_usage
from .host_numa import read_cpu_sets, read_numa
from .host_pci import read_pci
from .image import list_images
from .packed import pack
from .result import Result
from .states import RUNNING
from .virt_type import choose_virt_type

FORMAT = "novalite.host/1"
LOOK_S = 120  # it takes a second for hundreds of instances; dead network file systems and libvirtds take for ever


def host_fingerprint(capacity, used):
    # type: (dict, dict) -> str
    """Return what a placement relies on."""
    relied = {name: capacity[name] for name in ("cpus", "memory_mib", "disk_gib")}
    return fingerprint(dict(relied, used=used))


def read_world(host, leases=None):
    # type: (object, object) -> dict
    """Return the part of the facts that plans rely on and that results are read back from."""
    instances, foreign = list_instances(host, leases)
    capacity = read_capacity(host)
    entries = shelf.list_entries(host.state_dir, {entry["uuid"] for entry in instances + foreign})
    used = total_usage(entry["usage"] for entry in instances + foreign + entries)
    world = dict(capacity, instances=instances, foreign=foreign, used=used)
    world["fingerprint"] = host_fingerprint(capacity, used)
    return dict(world, shelf=entries) if entries else world


def collect_facts(host, config):
    # type: (object, dict) -> dict
    """Return the facts. ``config`` is what the operator said of the host; it is echoed, and ``virt_type`` obeyed."""
    connection = host.connection
    capabilities = connection.capabilities()
    versions = dict(connection.versions(), python=platform.python_version())
    virt_type, reason = choose_virt_type(host, config["virt_type"])
    networks = connection.networks()
    leases = {}
    for _name, _active, _bridge, entries in networks:
        for mac, address in entries:
            leases.setdefault(mac, []).append(address)
    world = read_world(host, leases)
    state = read_applied(host.state_dir)
    facts = {
        "format": FORMAT,
        "hostname": connection.hostname(),
        "config": config,
        "virt_type": virt_type,
        "virt_type_reason": reason,
        "versions": versions,
        "pools": read_pools(host),
        "networks": {name: {"active": active, "bridge": bridge} for name, active, bridge, _leases in networks},
        "bridges": list_bridges(),
        "images": list_images(host.state_dir),
        "leftovers": find_leftovers(host.state_dir, world["instances"]),
        "generation": state["generation"],
        "applied": state["applied"],
    }
    facts.update(world)
    facts.update(_hardware(host, config, capabilities, world["memory_mib"]))
    present = {entry["uuid"] for part in ("instances", "foreign", "shelf") for entry in world.get(part, ())}
    if not _limits_cpu(host, world["instances"]):
        facts["cpu_limits"] = False
    gone = list_gone_backups(host.state_dir, present)
    facts.update({"gone_backups": gone} if gone else {})
    facts.update(read_platform(host, capabilities, virt_type))
    return facts


def _limits_cpu(host, instances):
    # type: (object, list) -> bool
    """Tell whether CPU time of guests that run can be limited, by one of them; where none runs nobody needs to know."""
    runs = next((entry["uuid"] for entry in instances if entry["power"] == RUNNING), None)
    domain = None if runs is None else host.connection.find_domain(runs)
    return domain is None or host.connection.can_limit_cpu(domain)


def _hardware(host, config, capabilities, memory_mib):
    # type: (object, dict, object, int) -> dict
    """Return what guests may have of the host's CPUs, cells and devices; a key without anything is left out."""
    found = {
        "numa": read_numa(host, capabilities, memory_mib),
        "cpu_sets": read_cpu_sets(config),
        "pci": read_pci(host, config.get("pci_devices")),
    }
    return {key: value for key, value in found.items() if value}


def ensure(host, wanted, check=False):
    # type: (object, dict, bool) -> Result
    """Return the facts of ``wanted["config"]``'s host, or packed; nothing is ever changed, so check mode is the same.

    The lock is held shared, so that no half-applied host is seen. Raises: HostError ``lock_held`` after ``wait_s``,
    ``deadline`` where libvirtd or a file system does not answer.
    """
    del check
    with lock.shared(host.state_dir, wanted["wait_s"]):
        facts = call_in_time(lambda: collect_facts(host, wanted["config"]), LOOK_S, "looking at this host did not end")
    return Result(False, facts={"packed": pack(facts)} if wanted["packed"] else {"facts": facts})
