# SPDX-License-Identifier: GPL-3.0-or-later
"""All domains of a host, ours decoded and the others counted. Talks to libvirtd; one call for all and one for each.

Nothing here asks a guest's monitor: one wedged QEMU must not make the host unknown.
"""

from __future__ import annotations

import os
from xml.etree import ElementTree

from . import shelf
from .adopted import adopted_drift
from .canonical import fingerprint
from .disk_image import list_backups
from .domain_disk import EPHEMERAL, SWAP
from .domain_read import drift, own_files, read_domain
from .domain_usage import read_network_mounts, usage_from_facts, usage_from_spec
from .holdings import holdings_from_facts, holdings_from_spec
from .instance_folder import describe_leftover, is_marked, is_of_an_action, kept_files, list_files, list_folders
from .metadata import MarkUnreadable, spec_from_domain, state_from_domain
from .operational_state import HOST_KEY, RESCUE, RESIZE
from .paths import instance_dir, instances_dir
from .pending import pending
from .rescue_disk import take_out
from .states import is_off
from .under_way import interrupted


def instance_fingerprint(spec, power_state, differences, state=None, waiting=None):
    # type: (dict, str, list, object, object) -> str
    """Return what a plan relies on: what was applied, whether it runs, how it has drifted, what an action left, and
    what waits for the next power-on.
    """
    relied = {"spec": spec, "power": power_state, "drift": differences}
    state = {key: value for key, value in (state or {}).items() if key != HOST_KEY}  # of its birth: it never changes
    seldom = {"state": state, "pending": waiting}
    relied.update((key, value) for key, value in seldom.items() if value)
    return fingerprint(relied)


def list_instances(host, leases=None):
    # type: (object, object) -> tuple
    """Return (instances, foreign) as host facts carry them, each sorted by UUID; ``leases`` is MAC -> addresses."""
    instances, foreign = [], []
    device = _device(host.state_dir)
    recorded = frozenset(shelf.list_uuids(host.state_dir))
    # Where our own files are is looked at anyway.
    elsewhere = tuple(path for path in read_network_mounts() if not host.state_dir.startswith(path))
    for row in host.connection.list_domains():
        text = host.connection.domain_xml(row.domain)
        if text is None:  # it went away meanwhile
            continue
        element = ElementTree.fromstring(text)
        has_rescue = take_out(element, host.state_dir)
        facts = dict(read_domain(element), rescue=has_rescue)
        try:
            spec, reason = spec_from_domain(element), ""
            state = {} if spec is None else state_from_domain(element)
            waiting = [] if spec is None else _pending(host, row, element, facts, spec)
            has_record = spec is not None and row.uuid in recorded
            state = _state_with_record(host.state_dir, row.uuid, state) if has_record else state
            entry = None
            if spec is not None:
                entry = _instance(host.state_dir, row, element, spec, state, facts, leases or {}, waiting)
            if has_record:
                entry["unfinished"] = True
        except MarkUnreadable as error:
            entry, reason = None, str(error)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            entry, reason = None, "the novalite mark cannot be read: %r" % (error,)
        if entry is None:
            foreign.append(_foreign(row, facts, usage_from_facts(facts, device, elsewhere), reason))
        else:
            instances.append(entry)
    return instances, foreign


def _pending(host, row, element, facts, spec):
    # type: (object, object, ElementTree.Element, dict, dict) -> list
    """Return what of its definition waits for the next power-on of a domain that runs; one that was adopted is not
    read that closely."""
    is_settled = is_off(row.power) or not row.persistent or spec.get("adopted")
    text = None if is_settled else host.connection.running_xml(row.domain)
    if text is None:
        return []
    running = ElementTree.fromstring(text)
    take_out(running, host.state_dir)
    return pending(running, element, facts)


def _instance(state_dir, row, element, spec, state, facts, leases, waiting):
    # type: (str, object, object, dict, dict, dict, dict, list) -> dict
    is_adopted = bool(spec.get("adopted"))
    differences = adopted_drift(spec, element, facts) if is_adopted else drift(spec, facts)
    folder = instance_dir(state_dir, row.uuid)
    macs = [port["mac"] for port in facts["ports"]]
    holds = holdings_from_facts(facts) if differences or is_adopted else holdings_from_spec(spec)
    entry = {
        "uuid": row.uuid,
        "domain": row.name,
        "power": row.power,
        "persistent": row.persistent,
        "autostart": row.autostart,
        "spec": spec,
        "drift": differences,
        "unfinished": is_marked(folder),
        "disks": sorted({*own_files(facts, folder), *_kept(folder), *kept_files(folder)}),
        "addresses": [address for mac in macs for address in leases.get(mac, ())],
        "usage": usage_from_spec(spec),
        "fingerprint": instance_fingerprint(spec, row.power, differences, state, waiting),
    }
    elsewhere = sorted({disk["path"] for disk in facts["disks"]}) if is_adopted else []
    seldom = {"holds": holds, "state": state, "pending": waiting, "disks_elsewhere": elsewhere}
    seldom["backups"] = list_backups(state_dir, row.uuid)
    if entry["unfinished"] or RESCUE in state or RESIZE in state:
        files = [os.path.join(folder, name) for name in list_files(folder) if is_of_an_action(name)]
        entry["disks"] = sorted({*entry["disks"], *files})
        seldom["interrupted"] = interrupted(state_dir, row.uuid)
    entry.update((key, value) for key, value in seldom.items() if value)
    return entry


def _kept(folder):
    # type: (str) -> set
    """Return the disks in a folder that a definition may no longer name: a guest that runs did not let go of them."""
    paths = (os.path.join(folder, name) for name in (EPHEMERAL, SWAP))
    return {path for path in paths if os.path.lexists(path)}


def _state_with_record(state_dir, uuid, state):
    # type: (str, str, dict) -> dict
    """Return the state of an instance beside whose domain a record is left: one on its way back is not back yet."""
    record = shelf.read_record(state_dir, uuid)
    return shelf.state_of(record) if record is not None and record["leaving"] else state


def _foreign(row, facts, usage, reason):
    # type: (object, dict, dict, str) -> dict
    holds = holdings_from_facts(facts)
    entry = {
        "uuid": row.uuid,
        "domain": row.name,
        "power": row.power,
        "usage": usage,
        "macs": sorted({port["mac"].lower() for port in facts["ports"] if port["mac"]}),
        "reason": reason,
    }
    return dict(entry, holds=holds) if holds else entry


def _device(state_dir):
    # type: (str) -> object
    try:
        return os.stat(existing_parent(state_dir)).st_dev
    except OSError:
        return None


def existing_parent(path):
    # type: (str) -> str
    """Return the nearest folder above a path, itself included, that is there."""
    while not os.path.isdir(path) and path != os.path.dirname(path):
        path = os.path.dirname(path)
    return path


def find_leftovers(state_dir, instances):
    # type: (str, list) -> list
    """Return what lies in instance folders that belong to no instance, sorted by UUID."""
    known = {instance["uuid"] for instance in instances} | set(shelf.list_uuids(state_dir))
    lost = [uuid for uuid in list_folders(instances_dir(state_dir)) if uuid not in known]
    return [describe_leftover(instance_dir(state_dir, uuid)) for uuid in lost]
