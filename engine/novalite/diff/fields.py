# SPDX-License-Identifier: GPL-3.0-or-later
"""The table of fields: what a change of each field of an instance's spec costs, for each power state. Pure.

Every leaf of the spec has exactly one row, and a row one class for each power state; a test fails for a field without
one. ``docs/fields.md`` is made of this table. Extra specs and image properties are told apart by their keys
(fields_by_key.py). Sources: nova/virt/libvirt/driver.py (migrate_disk_and_power_off: disks never shrink),
nova/compute/api.py (rebuild: user data and key), nova/conf/libvirt.py.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import TYPE_CHECKING

import attrs

from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Iterator

VERSION = 1  # of the table: grows when the class of any field changes


class FieldClass(Enum):
    """What it takes to make a change of one field true; the value is how the plan file says it."""

    IN_PLACE = "in place"  # only the mark changes: nobody notices
    HOT = "hot"  # while it runs, and in what it will be at its next start
    LIMITED = "hot within limits"  # as far as the row's limit goes; beyond it what the limit says (limits.py)
    RESTART = "restart"  # a new QEMU process is what is asked for
    COLD = "cold"  # defined now, true after the next power cycle: pending until then; at once where it is off
    REBUILD = "rebuild"  # UUID, MACs and addresses stay, the root disk is made anew
    REPLACE = "replace"  # what is on a disk would be lost: refused, with what to do
    NEVER = "never"  # its identity
    PLACEMENT = "placement"  # as in place, provided that the instance may stay on its host
    # Not classes of a field but of a difference.
    SETTLED = "as it runs"  # only what it will be at its next start differs: what runs has it already
    REPORTED = "reported"  # told and left as it is: the power, by power_policy
    REFUSED = "refused"  # not possible in its state (the reason says in which it is), or nobody knows how


# Power states, as columns: of a guest that sleeps QEMU runs on, as of one that is paused.
COLUMNS = ("running", "paused", "suspended", "off")
_COLUMN_OF = {
    states.RUNNING: 0,
    states.UNKNOWN: 0,
    states.CRASHED: 0,  # in ERROR no change is legal but a rebuild
    states.PAUSED: 1,
    states.ASLEEP: 1,
    states.SUSPENDED: 2,
    states.SHUTOFF: 3,
}
Classes = tuple[FieldClass, FieldClass, FieldClass, FieldClass]


@attrs.frozen(slots=True)
class Field:
    """One row: the path in the spec (``ports.mac`` stands for that of every port), a class for each of COLUMNS, why."""

    path: str
    classes: Classes
    reason: str
    limit: str = ""  # of LIMITED: a name in limits.py

    def class_at(self, power: str) -> FieldClass:
        """Return the class at a power state; of a state that nobody knows the worst, that it runs."""
        return self.classes[self.column_at(power)]

    def column_at(self, power: str) -> int:
        """Return the number of a power state among COLUMNS."""
        return _COLUMN_OF.get(power, 0)


def always(kind: FieldClass) -> Classes:
    """Return one class for all power states."""
    return kind, kind, kind, kind


_IN_PLACE = always(FieldClass.IN_PLACE)
PLACED = always(FieldClass.PLACEMENT)
_NEVER = always(FieldClass.NEVER)
# The memory of a suspended guest fits the hardware that it was saved with, and no other.
COLD: Classes = (FieldClass.COLD, FieldClass.COLD, FieldClass.REFUSED, FieldClass.COLD)
HOT: Classes = (FieldClass.HOT, FieldClass.HOT, FieldClass.REFUSED, FieldClass.COLD)
LIMITED: Classes = (FieldClass.LIMITED, FieldClass.LIMITED, FieldClass.REFUSED, FieldClass.COLD)
GROW: Classes = (FieldClass.LIMITED, FieldClass.LIMITED, FieldClass.REFUSED, FieldClass.LIMITED)
# Source: nova/compute/api.py, rebuild: legal in ACTIVE, SHUTOFF and ERROR.
REBUILD: Classes = (FieldClass.REBUILD, FieldClass.REFUSED, FieldClass.REFUSED, FieldClass.REBUILD)

_SEEN_AT_BIRTH = "the guest has read it at first boot; cloud-init ignores a change"
_TOLD_AT_BIRTH = "the guest reads it when it initialises at first boot"
_OLD_VALUE = "the guest has read the old value: rebuild it, or rotate it by hand; the mark notes the new fingerprint"
_IDENTITY = "an instance keeps its identity for life"
_ADOPTED = "what was adopted stays as it was; to adopt it anew take its lines out, apply, and run novalite adopt again"
_MARK = "only our mark on the domain changes"
_STAY = "the instance may stay where it is"
_NAME = "it has another name and the same content"
_MAXIMUM = "made ready when its QEMU starts"
_CARD = "the card stays, its cable is plugged elsewhere"

_ROWS = (
    Field("uuid", _NEVER, _IDENTITY),
    Field("project", _NEVER, _IDENTITY),
    Field("domain", _NEVER, _IDENTITY),
    Field("name", _IN_PLACE, "renamed with moved.from; UUID, MACs and domain name stay"),
    Field("launch_index", _IN_PLACE, "the guest keeps the index it was born with"),
    Field("availability_zone", PLACED, _STAY),
    Field("host", PLACED, _STAY),
    Field("flavor.name", _IN_PLACE, "the flavor has another name and the same sizes"),
    Field("flavor.vcpus", LIMITED, "up to the maximum that its QEMU started with", "vcpus"),
    Field("flavor.ram_mib", LIMITED, "by its balloon, up to the maximum that its QEMU started with", "ram"),
    Field("flavor.disk_gib", GROW, "disks grow", "disk"),
    Field("flavor.ephemeral_gib", GROW, "disks come and grow", "disk"),
    Field("flavor.swap_mib", GROW, "disks come and grow; swap goes, too", "swap"),
    Field("flavor.max_vcpus", COLD, _MAXIMUM),
    Field("flavor.max_ram_mib", COLD, _MAXIMUM),
    Field("flavor.extra_specs", COLD, "by key, see below"),
    Field("image.name", _IN_PLACE, _NAME),
    Field("image.sha256", REBUILD, "the root disk was made from the image"),
    Field("image.format", REBUILD, "the root disk was made from the image"),
    Field("image.min_disk_gib", _IN_PLACE, "matters only when a disk is made"),
    Field("image.properties", COLD, "by key, see below"),
    Field("keypair.name", REBUILD, _SEEN_AT_BIRTH),
    Field("keypair.public_key", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.network", _IN_PLACE, "the network has another name"),
    Field("ports.kind", HOT, _CARD),
    Field("ports.source", HOT, _CARD),
    Field("ports.mac", _NEVER, _IDENTITY),
    Field("ports.fixed_ip", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.cidr", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.gateway", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.dns", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.mtu", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.link", HOT, "its cable is plugged in or pulled"),
    Field("ports.subnets", REBUILD, _SEEN_AT_BIRTH),
    Field("ports.tag", _IN_PLACE, "the guest keeps the tags it was told at birth"),
    Field("ports.port_security", HOT, "the filter is put before its card, or taken away"),
    Field("restart_token", always(FieldClass.RESTART), "it is restarted, as the fleet asks"),
    Field("cdrom.name", _IN_PLACE, _NAME),
    Field("cdrom.sha256", HOT, "another medium"),
    Field("cdrom.format", HOT, "another medium"),
    Field("group.name", PLACED, _STAY),
    Field("group.policy", PLACED, _STAY),
    Field("group.max_server_per_host", PLACED, _STAY),
    Field("metadata", _IN_PLACE, "our mark and the metadata service have it; cloud-init has read the old"),
    Field("adopted", _NEVER, _ADOPTED),
    Field("claim", _NEVER, "an instance keeps the CPUs, cells and devices it was given"),
    Field("user_data_sha256", REBUILD, _SEEN_AT_BIRTH),
    Field("protect", _IN_PLACE, _MARK),
    Field("on_delete", _IN_PLACE, _MARK),
    Field("trash_days", _IN_PLACE, _MARK),
    Field("hostname", REBUILD, _SEEN_AT_BIRTH),
    Field("config_drive", REBUILD, "where the guest looks is found out at first boot"),
    Field("files", REBUILD, "the guest writes them at first boot"),
    Field("secrets", _IN_PLACE, _OLD_VALUE),
    Field("user_data_parts", _IN_PLACE, "tells which part of its user data changed"),
    Field("vendor_data_sha256", REBUILD, _SEEN_AT_BIRTH),
    Field("vendor_targets", REBUILD, _TOLD_AT_BIRTH),
    Field("admin_pass_sha256", REBUILD, "the guest sets it at first boot; novalite password sets another any time"),
    Field("host_key", REBUILD, _TOLD_AT_BIRTH),
    Field("guest_links", REBUILD, _SEEN_AT_BIRTH),
)

FIELDS = {row.path: row for row in _ROWS}

# What comes or goes as a whole, and what nobody asks for but who changed the domain by hand.
_PARTS = (
    Field("ports", LIMITED, "network cards come and go, while there is a free slot", "parts"),
    Field("keypair", REBUILD, _SEEN_AT_BIRTH),
    Field("group", PLACED, _STAY),
    Field("cdrom", LIMITED, "media come and go, the drive itself with a power cycle", "cdrom"),
    Field("disks", LIMITED, "disks come and go, while there is a free slot", "parts"),
    Field("hardware", COLD, "guest hardware is made when its QEMU starts"),
    Field("hardware.cputune", LIMITED, "limits can be set at any time", "quota"),
    Field("hardware.disks.iotune", HOT, "limits can be set at any time"),
    Field("hardware.ports.bandwidth", HOT, "limits can be set at any time"),
)
PARTS = {row.path: row for row in _PARTS}

UNFINISHED = "an apply was interrupted here; its traces are removed"

_NUMBERED = re.compile(r"^ports(?:\[\d+\]|\.\d+)")


def rows() -> Iterator[Field]:
    """Yield every row about a leaf of the spec, in the order of the documentation."""
    yield from _ROWS


def parts() -> Iterator[Field]:
    """Yield every row about a part as a whole."""
    yield from _PARTS


def field_of(path: str) -> Field:
    """Return the row of a path; one that this version does not know (a newer one wrote it) is refused."""
    general = _NUMBERED.sub("ports", path)
    if general.startswith("secrets."):
        return FIELDS["secrets"]
    for section in ("flavor.extra_specs.", "image.properties."):
        if general.startswith(section):
            from novalite.diff.fields_by_key import row_of_key

            return row_of_key(section.rstrip("."), general[len(section) :])
    found = PARTS.get(general) or FIELDS.get(general)
    while found is None and general.startswith("hardware."):  # hardware.cputune.shares: the row of the part it is in
        general = general.rpartition(".")[0]
        found = PARTS.get(general)
    return found or Field(path, always(FieldClass.REFUSED), "this version does not know the field")
