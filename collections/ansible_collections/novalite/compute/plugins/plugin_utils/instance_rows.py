# SPDX-License-Identifier: GPL-3.0-or-later
"""Fleet and snapshot -> the rows of an Ansible inventory. Pure; on the controller only.

Values are of two kinds. ``Closed`` texts were matched whole against a grammar without template syntax (names, UUIDs,
addresses); all other texts come from users, hosts or guests and stay data for ever.
"""

from __future__ import annotations

import ipaddress
import re

from ansible_collections.novalite.compute.plugins.module_utils import guest_ssh, names, states

PRESENT = "present"
ABSENT = "absent"
UNKNOWN = "unknown"
CONFLICT = "conflict"

# Names of hosts and zones: the Ansible inventory's and Nova's, wider than ours, still without template syntax.
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}")
# Metadata that makes a readable group once Ansible has replaced what group names cannot hold.
_GROUPABLE = re.compile(r"[A-Za-z0-9 ._:/@+-]{1,64}")


class Closed(str):
    """A text of a closed grammar: it can be shown and used plainly, because it cannot be a template."""


class Row:
    """One instance as Ansible sees it: its inventory name, its variables, and the groups it is in (raw names)."""

    def __init__(self, name, variables, groups):
        # type: (str, dict, list) -> None
        self.name = name
        self.variables = variables
        self.groups = groups


def rows(snapshot, fleet=None, project=None, hosts=None, pins=True):
    # type: (object, object, object, object, bool) -> list
    """Return one row for each instance, by name.

    With a fleet or a project only that project's instances are listed, under their own names; without, those of
    all projects, as ``project.name`` (two projects may use one name). ``hosts`` are the variables of each host, by
    name; unless ``pins``, nothing is said of how ssh checks host keys.
    """
    if fleet is not None:
        project = fleet.project
    found = {}  # type: dict
    for instance in snapshot.instances():
        if not (names.is_name(instance.project) and names.is_name(instance.name)):
            raise ValueError("host %s: a mark names %r of %r" % (instance.host, instance.name, instance.project))
        if project is None or instance.project == project:
            key = instance.name if project is not None else "%s.%s" % (instance.project, instance.name)
            found.setdefault(key, []).append(instance)
    wanted = _wanted_by_key(fleet, found)
    missing = ABSENT if not snapshot.unknown else UNKNOWN
    answer = [
        _row(key, found.get(key, []), wanted.get(key), snapshot, missing, fleet is not None)
        for key in sorted(set(found) | set(wanted))
    ]
    for row in answer:
        if row.variables["novalite_observed"] == PRESENT:
            _add_ssh(row.variables, found[row.name][0], hosts or {}, pins)
    return answer


def _add_ssh(variables, observed, hosts, pins):
    # type: (dict, object, dict, bool) -> None
    """Add how one gets into a guest by SSH. Without a key that is known, and without a way through its host, the user's
    own settings decide.
    """
    spec, state = dict(observed.spec), dict(observed.state)
    key, user = guest_ssh.public_key(state), guest_ssh.user_of(spec)
    variables["novalite_host_key"] = None if key is None else Closed(key)
    if user is not None:
        variables["ansible_user"] = Closed(user)
    words = guest_ssh.pin_options(observed.uuid, state) if pins else []
    of_host = hosts.get(observed.host) or {}
    if guest_ssh.is_through_host(of_host):
        words = words + guest_ssh.jump_options(observed.host, of_host)
    if words:
        variables["ansible_ssh_common_args"] = guest_ssh.joined(words)


def _wanted_by_key(fleet, found):
    # type: (object, dict) -> dict
    """Return the declared instances; one being renamed is listed under the name its domain still carries."""
    wanted = {}
    for name, instance in (fleet.instances if fleet is not None else {}).items():
        old = instance.moved_from
        wanted[old if old and old in found and name not in found else name] = instance
    return wanted


def _row(key, found, wanted, snapshot, missing, has_fleet):
    # type: (str, list, object, object, str, bool) -> Row
    observed = found[0] if len(found) == 1 else None
    state = PRESENT if observed else (CONFLICT if found else missing)
    host = observed.host if observed else None
    zone = snapshot.hosts[host].zone if host else None
    spec = _spec(observed or (found[0] if found else None), wanted)
    power = observed.power if observed else None
    variables = {
        "novalite_project": _name(spec["project"]),
        "novalite_name": _name(spec["name"]),
        "novalite_uuid": _uuid(spec.get("uuid")),
        "novalite_observed": Closed(state),
        "novalite_declared": (wanted is not None) if has_fleet else None,
        "novalite_host": _plain(host),
        "novalite_power": _word(power, states.POWER_STATES),
        "novalite_power_wanted": _word(wanted.power, states.POWER_STATES) if wanted is not None else None,
        "novalite_zone": _plain(zone or spec.get("availability_zone")),
        "novalite_flavor": dict(spec["flavor"], name=_name(spec["flavor"]["name"])),
        "novalite_image": _name(spec["image"]["name"]),
        "novalite_group": _name(spec["group"]["name"]) if spec.get("group") else None,
        "novalite_metadata": {key: _name(value) for key, value in (spec.get("metadata") or {}).items()},
        "novalite_protect": bool(spec.get("protect")),
        "novalite_pending": [str(entry["path"]) for entry in observed.pending] if observed else [],
        "novalite_addresses": [],
    }
    if state != CONFLICT:
        variables["novalite_addresses"] = addresses(spec, observed.addresses if observed else ())
    if variables["novalite_addresses"]:
        variables["ansible_host"] = variables["novalite_addresses"][0]
    return Row(key, variables, _groups(variables))


def _spec(observed, wanted):
    # type: (object, object) -> dict
    """Return what was last applied, or else what is declared; the planner chooses UUIDs and MACs, so those stay out."""
    if observed is not None:
        return dict(observed.spec)
    return {
        "project": wanted.project,
        "name": wanted.name,
        "availability_zone": wanted.availability_zone,
        "flavor": wanted.flavor.to_spec(),
        "image": wanted.image.to_spec(),
        "ports": [port.to_spec(port.mac or "") for port in wanted.ports],
        "guest_links": [link.to_spec() for link in wanted.guest_links],
        "group": wanted.group.to_spec() if wanted.group else None,
        "metadata": dict(wanted.metadata),
        "protect": wanted.protect,
    }


def addresses(spec, seen):
    # type: (dict, object) -> list
    """Return addresses in the order in which to try them: declared ones, then what leases and the agent told.

    What a guest says about itself is a claim: texts that are no address, loopback and link-local ones are dropped.
    """
    declared = guest_ssh.own_addresses(spec)
    result = []
    for text in declared + list(seen):
        address = _address(text)
        if address is not None and address not in result:
            result.append(address)
    return result


def _address(text):
    # type: (object) -> object
    # A scope ("fe80::1%anything") is free text that ipaddress accepts: refused before.
    if not isinstance(text, str) or "%" in text:
        return None
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified:
        return None
    return Closed(str(address))


def _name(text):
    # type: (object) -> object
    return Closed(text) if names.is_name(text) else text


def _plain(text):
    # type: (object) -> object
    return Closed(text) if isinstance(text, str) and _PLAIN.fullmatch(text) else text


def _uuid(text):
    # type: (object) -> object
    return Closed(text) if isinstance(text, str) and names.UUID.fullmatch(text) else text


def _word(text, words):
    # type: (object, tuple) -> object
    return Closed(text) if text in words else text


def _groups(variables):
    # type: (dict) -> list
    """Return the names of the groups of one instance, before Ansible makes them safe."""
    keyed = (
        ("project", variables["novalite_project"]),
        ("host", variables["novalite_host"]),
        ("flavor", variables["novalite_flavor"]["name"]),
        ("zone", variables["novalite_zone"]),
        ("group", variables["novalite_group"]),
        ("image", variables["novalite_image"]),
        ("power", variables["novalite_power"]),
        ("observed", variables["novalite_observed"]),
    )
    groups = ["%s_%s" % pair for pair in keyed if pair[1]]
    groups += ["pending_restart"] if variables["novalite_pending"] else []
    meta = variables["novalite_metadata"].items()
    return groups + sorted("meta_%s_%s" % (key, value) for key, value in meta if _GROUPABLE.fullmatch(value))
