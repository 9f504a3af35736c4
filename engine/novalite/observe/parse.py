# SPDX-License-Identifier: GPL-3.0-or-later
"""Host facts (novalite.host/1) -> ObservedHost. What cannot be used makes the host unknown: never a crash, and never a
shorter list, because a listing that lacks an instance would let a second copy of it be made. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.observed import ForeignDomain, Leftover, ObservedHost, ObservedInstance, Orphaned, SetAside, Unknown
from novalite.model.snapshot import Snapshot
from novalite.model.trait import DISABLED, is_trait
from novalite.observe.about import about_host
from novalite.observe.inventories import inventories_of_host
from novalite.observe.nonsense import (
    NonsenseError,
    get_count,
    get_list,
    get_mapping,
    get_optional,
    get_text,
    get_texts,
    get_usage,
)
from novalite.observe.numa import cells_of_host, cpu_sets_of_host, holdings_of_host, usage_of_host
from novalite.observe.pci import pools_of_host
from novalite.observe.providers import providers_of_host
from novalite.observe.traits import traits_of_hardware, traits_of_host
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping

    from novalite.model.numa import HostCell

FORMAT = "novalite.host"
MAJOR = 1


def host_from_facts(name: str, facts: object, *, keep_facts: bool = True) -> ObservedHost | Unknown:
    """Return the host as it described itself, or Unknown with the reason."""
    try:
        return _host(name, facts, keep_facts)
    except NonsenseError as error:
        return Unknown(name, f"its facts cannot be used: {error}")
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
        return Unknown(name, f"its facts cannot be used: {type(error).__name__}: {error}"[:300])


def snapshot_from_facts(
    answers: MutableMapping[str, Any], unknown: Mapping[str, str] | None = None, *, keep_facts: bool = True
) -> Snapshot:
    """Return the snapshot of hosts that answered (name -> facts) and of those that did not (name -> reason).

    Without ``keep_facts`` what nobody but a snapshot file needs is let go host by host, and ``answers`` ends empty: of
    5,000 hosts it is a sixth of a plan's memory.
    """
    hosts: dict[str, ObservedHost] = {}
    lost = {name: Unknown(name, str(reason)) for name, reason in (unknown or {}).items()}
    for name in sorted(answers):
        host = host_from_facts(name, answers[name] if keep_facts else answers.pop(name), keep_facts=keep_facts)
        if isinstance(host, Unknown) or name in lost:
            lost[name] = lost.get(name) or Unknown(name, getattr(host, "reason", "both known and unknown"))
        else:
            hosts[name] = host
    return Snapshot(hosts=hosts, unknown=dict(sorted(lost.items())))


def check_format(text: object, name: str, major: int) -> None:
    """Raise NonsenseError unless a format line says this name and major; a newer minor (``/1.4``) only adds fields."""
    said_name, _, version = text.partition("/") if isinstance(text, str) else ("", "", "")
    if said_name != name or version.partition(".")[0] != str(major):
        raise NonsenseError(f"the format is {text!r}, this version reads {name}/{major}"[:200])


def _host(name: str, facts: object, keep_facts: bool) -> ObservedHost:
    if not isinstance(facts, dict):
        raise NonsenseError("they are not a mapping")
    check_format(facts.get("format"), FORMAT, MAJOR)
    config = get_mapping(facts, "config")
    enabled = config.get("enabled", True)
    if not isinstance(enabled, bool):
        raise NonsenseError(f"enabled is neither true nor false: {enabled!r}")
    limits = facts.get("cpu_limits") is not False
    instances = tuple([_instance(name, doc, limits) for doc in get_list(facts, "instances")])
    foreign = tuple([_foreign(name, doc) for doc in get_list(facts, "foreign")])
    _check_unique(instances, foreign)
    holdings = holdings_of_host(facts)
    sets = cpu_sets_of_host(facts)
    numa = cells_of_host(facts, sets, holdings)
    folders = facts.get("leftovers") or ()
    leftovers = tuple([_leftover(name, doc) for doc in folders if doc["state"] != "data"])
    orphaned = tuple([_orphaned(name, doc) for doc in folders if doc["state"] == "data"])
    return ObservedHost(
        name=name,
        zone=get_optional(config, "zone", get_text),
        enabled=enabled,
        traits=_traits(facts, config, numa, enabled),
        inventories=inventories_of_host(facts, config),
        providers=providers_of_host(name, config),
        used=usage_of_host(facts, sets),
        virt_type=get_text(facts, "virt_type"),
        state_dir=get_text(config, "state_dir"),
        fingerprint=get_text(facts, "fingerprint"),
        instances=instances,
        foreign=foreign,
        networks=frozenset(
            network for network, said in get_mapping(facts, "networks").items() if said.get("active") is True
        ),
        bridges=frozenset(get_texts(facts, "bridges")),
        images=frozenset(get_texts(facts, "images")),
        leftovers=leftovers,
        orphaned=orphaned,
        shelf=tuple([_set_aside(name, doc) for doc in facts.get("shelf") or ()]),
        gone_backups=tuple(path for doc in facts.get("gone_backups") or () for path in get_texts(doc, "paths")),
        generation=get_count(facts, "generation"),
        applied=frozenset(get_texts(facts, "applied")),
        numa=numa,
        pci=pools_of_host(facts, holdings),
        facts=facts if keep_facts else {},
        **about_host(facts, config),
    )


def _traits(
    facts: Mapping[str, Any], config: Mapping[str, Any], numa: tuple[HostCell, ...], enabled: bool
) -> frozenset[str]:
    said = get_texts(config, "traits")
    wrong = [trait for trait in said if not is_trait(trait)]
    if wrong:
        raise NonsenseError(f"not a trait: {wrong[0]!r}"[:200])
    arch = get_optional(facts, "arch", get_text) or ""
    lists = (get_texts(facts, key) for key in ("cpu_features", "firmwares", "machines"))
    status = () if enabled else (DISABLED,)
    return traits_of_host(arch, *lists).union(traits_of_hardware(facts, numa), said, status)


def _instance(host: str, doc: Mapping[str, Any], has_cpu_limits: bool = True) -> ObservedInstance:
    spec = doc["spec"]
    uuid, power, fingerprint = doc["uuid"], doc["power"], doc["fingerprint"]
    _check_spec(uuid, spec)
    if not (isinstance(doc["domain"], str) and isinstance(power, str) and isinstance(fingerprint, str)):
        raise NonsenseError(f"the instance {uuid} is not described as one")
    drift = doc.get("drift")
    if drift and not all(isinstance(entry, dict) and isinstance(entry.get("path"), str) for entry in drift):
        raise NonsenseError(f"the drift of {uuid} cannot be read")
    return ObservedInstance(
        host,
        uuid,
        doc["domain"],
        power,
        spec,
        fingerprint,
        tuple(drift) if drift else (),
        tuple(doc["disks"]),
        tuple(doc.get("addresses") or ()),
        doc.get("persistent") is not False,
        doc.get("usage") or {},
        doc.get("unfinished") is True,
        _state(uuid, doc),
        get_optional(doc, "interrupted", get_text),
        _pending(uuid, doc),
        backups=tuple(get_texts(doc, "backups")) if "backups" in doc else (),
        has_cpu_limits=has_cpu_limits,
        disks_elsewhere=tuple(doc.get("disks_elsewhere") or ()),
    )


def _state(uuid: str, doc: Mapping[str, Any]) -> Mapping[str, Any]:
    state = doc.get("state") or {}
    if not isinstance(state, dict) or not all(isinstance(value, dict) for value in state.values()):
        raise NonsenseError(f"the state of {uuid} cannot be read")
    return state


def _pending(uuid: str, doc: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    pending = doc.get("pending") or ()
    if pending and not all(isinstance(entry, dict) and isinstance(entry.get("path"), str) for entry in pending):
        raise NonsenseError(f"what is pending of {uuid} cannot be read")
    return tuple(pending)


def _check_spec(uuid: object, spec: Mapping[str, Any]) -> None:
    """Look at what other stages take for granted; the rest is only compared and written back, whatever it is."""
    named = type(uuid) is str and type(spec["name"]) is str and type(spec["project"]) is str
    if not named or spec["uuid"] != uuid or type(spec["domain"]) is not str:
        raise NonsenseError(f"the mark of {uuid!r} does not name an instance"[:200])
    for port in spec["ports"]:
        if type(port["mac"]) is not str:
            raise NonsenseError(f"a port of {uuid} has no MAC")
    group = spec["group"]
    if group is not None and (type(group["name"]) is not str or type(group["policy"]) is not str):
        raise NonsenseError(f"the group of {uuid} cannot be read")
    if type(spec["flavor"]) is not dict or type(spec["image"]) is not dict:
        raise NonsenseError(f"the mark of {uuid} has no flavor or image")


def _foreign(host: str, doc: Mapping[str, Any]) -> ForeignDomain:
    return ForeignDomain(
        host=host,
        uuid=get_text(doc, "uuid"),
        domain=get_text(doc, "domain"),
        power=get_text(doc, "power"),
        usage=get_usage(doc, "usage"),
        reason=str(doc.get("reason") or ""),
        macs=tuple(get_texts(doc, "macs")),
    )


def _set_aside(host: str, doc: Mapping[str, Any]) -> SetAside:
    item = _instance(host, {**doc, "power": states.SHUTOFF})
    return SetAside(
        item=item,
        why=get_text(doc, "why"),
        until=get_optional(doc, "until", get_text),
        expired=doc.get("expired") is True,
        unfinished=doc.get("unfinished") is True,
    )


def _leftover(host: str, doc: Mapping[str, Any]) -> Leftover:
    return Leftover(
        host=host,
        uuid=get_text(doc, "uuid"),
        project=get_text(doc, "project"),
        name=get_text(doc, "name"),
        state=get_text(doc, "state"),
        disks=tuple(get_texts(doc, "disks")),
    )


def _orphaned(host: str, doc: Mapping[str, Any]) -> Orphaned:
    return Orphaned(host, get_text(doc, "uuid"), tuple(get_texts(doc, "disks")))


def _check_unique(instances: tuple[ObservedInstance, ...], foreign: tuple[ForeignDomain, ...]) -> None:
    uuids = [item.uuid for item in instances] + [item.uuid for item in foreign]
    if len(set(uuids)) != len(uuids):
        twice = next(uuid for uuid in uuids if uuids.count(uuid) > 1)
        raise NonsenseError(f"it lists the UUID {twice} twice")
