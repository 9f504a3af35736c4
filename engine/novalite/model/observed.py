# SPDX-License-Identifier: GPL-3.0-or-later
"""What hosts reported. Every host is present or unknown; absent is a conclusion that needs all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import attrs

from novalite.shared import adopted, operational_state, transitions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.numa import HostCell
    from novalite.model.pci import PciPool
    from novalite.model.provider import Provider
    from novalite.model.resource import Inventory, Usage

# What is legal in the middle of another action that was interrupted: a guest may not run on what is half made.
_BESIDE = frozenset({"lock", "unlock", "stop", "trash", "revert", "unrescue", "rebuild"})


@attrs.frozen(slots=True)
class Unknown:
    """A host that did not tell: nothing is ever planned from this but waiting."""

    host: str
    reason: str


@attrs.frozen(slots=True)
class ObservedInstance:
    """A domain that carries our mark. ``spec`` is what was last applied (module_utils/arguments.py, SPEC)."""

    host: str
    uuid: str
    domain: str
    power: str
    spec: Mapping[str, Any]
    fingerprint: str  # of spec, power, drift: what a plan relies on
    drift: tuple[Mapping[str, Any], ...] = ()  # {"path", "expected", "actual"}: domain differs from its own mark
    disks: tuple[str, ...] = ()  # files of this domain below our state_dir: what deleting it would destroy
    addresses: tuple[str, ...] = ()  # as leases or the agent tell; never an identity
    persistent: bool = True
    usage: Usage = attrs.field(factory=dict)  # what it takes of its host
    unfinished: bool = False  # an apply was interrupted beside it: its files are still marked as half made or going
    state: Mapping[str, Any] = attrs.field(factory=dict)  # what an action left (module_utils/operational_state.py)
    interrupted: str | None = None  # the action in the middle of which an apply died: it may be done again
    pending: tuple[Mapping[str, Any], ...] = ()  # {"path", "running", "defined"}: true after its next power cycle
    backups: tuple[str, ...] = ()  # files on its host, oldest first; they outlive it
    ignored: tuple[str, ...] = ()  # paths of drift that the fleet ignores: a step that changes it leaves them
    # Whether its host can limit its CPU time while it runs: its host's, so no part of what it is.
    has_cpu_limits: bool = attrs.field(default=True, eq=False)
    disks_elsewhere: tuple[str, ...] = ()  # of an adopted one: they are where somebody else put them

    @property
    def status(self) -> str:
        """Return its state in Nova's words (ACTIVE, SHUTOFF, RESCUE, ...)."""
        return str(transitions.status_of(self.power, self.state))

    @property
    def lock_reason(self) -> str | None:
        """Return why it is locked, or None where it is not."""
        return cast("str | None", operational_state.lock_reason(dict(self.state)))

    @property
    def is_offloaded(self) -> bool:
        """Tell whether it has no domain any more, and lies on its host's shelf."""
        return bool((self.shelved or {}).get("offloaded"))

    @property
    def shelved(self) -> Mapping[str, Any] | None:
        """Return how it was shelved (``declared``, ``offloaded``, ``leaving``), or None where it is not."""
        return cast("Mapping[str, Any] | None", self.state.get("shelved"))

    @property
    def held_reason(self) -> str | None:
        """Return why plans of the fleet leave it as it is (a rescue, a resize, ... under way), or None."""
        if self.interrupted is not None:
            action = self.interrupted.replace("_", " ")
            return f"its {action} was interrupted (novalite {action} {self.name} ends it)"
        return cast("str | None", operational_state.held_reason(dict(self.state)))

    def illegal_reason(self, action: str) -> str | None:
        """Return why an action is not legal now, by Nova's table or as it was adopted; None where it is.

        One that was interrupted may be done again in whatever state it was left.
        """
        unfit = adopted.refused_reason(dict(self.spec), action.removeprefix("hard_"))
        if unfit is not None:
            return str(unfit)
        if self.interrupted is not None and self.interrupted == action:
            return None
        if self.interrupted is not None and action not in _BESIDE:
            return self.held_reason
        return cast("str | None", transitions.illegal_reason(action, self.power, dict(self.state)))

    @property
    def unready_reason(self) -> str | None:
        """Return why it was not ready when a plan last waited for it, or None."""
        return cast("str | None", operational_state.unready_reason(dict(self.state)))

    @property
    def applied_power(self) -> str | None:
        """Return the power state that a plan of the fleet brought it to last, or None where its mark does not say."""
        return cast("str | None", operational_state.applied_power(dict(self.state)))

    @property
    def project(self) -> str:
        """Return whose it is."""
        return str(self.spec["project"])

    @property
    def name(self) -> str:
        """Return the instance's name as last applied."""
        return str(self.spec["name"])

    @property
    def protect(self) -> bool:
        """Tell whether it is protected; kept on the host, so that deleting YAML does not delete protection."""
        return bool(self.spec.get("protect"))


@attrs.frozen(slots=True)
class SetAside:
    """An instance on its host's shelf (module_utils/shelf.py): it has no domain, and takes only disk."""

    item: ObservedInstance  # its power is shutoff; its state says trashed, or shelved and offloaded
    why: str  # trashed | kept | shelved | deleting
    until: str | None = None  # UTC; from then on a plan deletes it
    expired: bool = False  # by the host's clock
    unfinished: bool = False  # its folder was not moved yet

    @property
    def is_trash(self) -> bool:
        """Tell whether it went away, and only restoring brings it back; else it still is an instance of its fleet."""
        return self.why != "shelved" and not (self.item.state.get("trashed") or {}).get("leaving")


@attrs.frozen(slots=True)
class ForeignDomain:
    """A domain without our mark (or with one that cannot be read): never touched, but its usage counts."""

    host: str
    uuid: str
    domain: str
    power: str
    usage: Usage
    reason: str = ""  # why it is foreign, where that needs saying
    macs: tuple[str, ...] = ()


@attrs.frozen(slots=True)
class Leftover:
    """A folder of an instance without a domain, which an interrupted apply of ours accounts for."""

    host: str
    uuid: str
    project: str
    name: str
    state: str  # deleting: a plan said that it goes; building: nothing in it ever ran
    disks: tuple[str, ...] = ()


@attrs.frozen(slots=True)
class Orphaned:
    """A folder with data of a domain that is gone, which nothing of ours accounts for: nobody's to remove."""

    host: str
    uuid: str
    disks: tuple[str, ...] = ()


@attrs.frozen(slots=True)
class ObservedHost:
    """One host that answered completely."""

    name: str
    zone: str | None
    enabled: bool
    traits: frozenset[str]
    inventories: Mapping[str, Inventory]
    used: Usage  # by everything on it, foreign domains too
    virt_type: str  # kvm, qemu or test: what a new domain gets here
    state_dir: str
    fingerprint: str  # of capacity and usage: what a placement relies on
    instances: tuple[ObservedInstance, ...] = ()
    foreign: tuple[ForeignDomain, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    orphaned: tuple[Orphaned, ...] = ()
    shelf: tuple[SetAside, ...] = ()
    gone_backups: tuple[str, ...] = ()  # files: backups of instances that are not here any more
    networks: frozenset[str] = frozenset()  # active libvirt networks
    bridges: frozenset[str] = frozenset()
    images: frozenset[str] = frozenset()  # SHA-256 of the images it holds
    generation: int = 0  # grows with each plan applied to it
    providers: tuple[Provider, ...] = ()  # inside it, as its operator says; a parent stands before its children
    applied: frozenset[str] = frozenset()  # digests of the plans applied to it
    address: str | None = None  # of the host itself (novalite_address)
    hypervisor_type: str = "QEMU"
    hypervisor_version: int = 0  # as libvirt counts: 7002022 is 7.2.22
    cpu_info: Mapping[str, Any] = attrs.field(factory=dict)
    stats: Mapping[str, str] = attrs.field(factory=dict)  # what somebody said of it (novalite_stats)
    metrics: Mapping[str, float] = attrs.field(factory=dict)  # ... and measured (novalite_metrics)
    supported: frozenset[tuple[str, str, str]] = frozenset()  # (architecture, type, VM mode)
    cell: str | None = None  # novalite_cell
    numa: tuple[HostCell, ...] = ()
    pci: tuple[PciPool, ...] = ()
    facts: Mapping[str, Any] = attrs.field(factory=dict, eq=False)  # all it said: what a snapshot file holds

    def fingerprints(self) -> dict[str, str]:
        """Return what plans may rely on of each instance, with or without a domain, by UUID."""
        items = (*self.instances, *(aside.item for aside in self.shelf))
        return {item.uuid: item.fingerprint for item in items}
