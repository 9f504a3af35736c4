# SPDX-License-Identifier: GPL-3.0-or-later
"""How far a change of a field "hot within limits" goes while the guest runs, and what it is beyond. Pure.

A limit is a function of what is there, what is wanted and the instance; it answers with a class and the reason. What
its QEMU started with is the mark's, unless the host says (``pending``) that what runs differs from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.diff.fields import COLUMNS, FieldClass
from novalite.shared import units

if TYPE_CHECKING:
    from collections.abc import Callable

    from novalite.model.observed import ObservedInstance

Verdict = tuple[FieldClass, str]


def started_with(item: ObservedInstance, path: str, default: Any) -> Any:
    """Return what the guest runs with, where that may differ from what is defined."""
    return next((entry.get("running") for entry in item.pending if entry.get("path") == path), default)


def _vcpus(before: Any, after: Any, _power: int, item: ObservedInstance) -> Verdict:
    flavor = item.spec["flavor"]
    now = started_with(item, "flavor.vcpus", before)
    most = started_with(item, "flavor.max_vcpus", flavor.get("max_vcpus")) or now
    if after > most:
        return FieldClass.COLD, f"above the maximum defined at boot, {most}"
    if after < now:
        return FieldClass.COLD, "a guest may keep its processors until it is powered off"
    return FieldClass.HOT, f"within the maximum defined at boot, {most}"


def _ram(before: Any, after: Any, power: int, item: ObservedInstance) -> Verdict:
    said = started_with(item, "flavor.max_ram_mib", item.spec["flavor"].get("max_ram_mib"))
    most = said or started_with(item, "flavor.ram_mib", before)
    if after > most:
        return FieldClass.COLD, f"above the maximum defined at boot, {units.text_from_mib(most)}"
    if not said:
        return FieldClass.COLD, "it was started without max_ram, so all of its memory is fixed"
    if power == PAUSED:
        return FieldClass.COLD, "a paused guest does not move its balloon"
    return FieldClass.HOT, f"within the maximum defined at boot, {units.text_from_mib(most)}"


def _disk(before: Any, after: Any, power: int, item: ObservedInstance) -> Verdict:
    if not after or after < (before or 0):
        return FieldClass.REPLACE, "a disk never shrinks: what is on it would be lost"
    return (_now(power), "the disk grows") if before else _plugged(power, item, "a new disk")


def _swap(before: Any, after: Any, power: int, item: ObservedInstance) -> Verdict:
    if after and before and after < before:
        return FieldClass.REPLACE, "a disk never shrinks: take the swap away first (0MiB), then give the smaller one"
    if not after:
        if power == PAUSED:
            return FieldClass.COLD, LETS_NOT_GO
        return _plugged(power, item, "the swap disk goes, and its file with it")
    if before and power != OFF:
        return FieldClass.REFUSED, "a swap disk that is in use keeps its size: power it off first"
    return (FieldClass.COLD, "the disk grows") if before else _plugged(power, item, "a new disk")


def _plugged(power: int, item: ObservedInstance, reason: str) -> Verdict:
    bus = (item.spec["image"].get("properties") or {}).get("hw_disk_bus", "virtio")
    if bus not in HOT_BUSES:
        return FieldClass.COLD, f"{reason}; disks on {bus} are not plugged while a guest runs"
    return _now(power), reason


def _cdrom(before: Any, after: Any, power: int, _item: ObservedInstance) -> Verdict:
    if NO_DRIVE not in (before, after):
        return _now(power), "another medium"
    return FieldClass.COLD, "a drive comes and goes with a power cycle"


def _parts(before: Any, after: Any, power: int, _item: ObservedInstance) -> Verdict:
    goes = set(before or ()) - set(after or ())
    if goes and power == PAUSED:
        return FieldClass.COLD, LETS_NOT_GO
    return _now(power), "devices come and go, while there is a free slot"


def _quota(_before: Any, after: Any, power: int, item: ObservedInstance) -> Verdict:
    if power != OFF and not item.has_cpu_limits:
        return FieldClass.COLD, "its host has no cgroup in which CPU time is limited while it runs"
    if after is None:
        return FieldClass.COLD, "what no limit is, only a new start knows"
    return _now(power), "limits can be set at any time"


def _tpm(before: Any, _after: Any, _power: int, _item: ObservedInstance) -> Verdict:
    if before is None:
        return FieldClass.COLD, "a new TPM"
    return FieldClass.REPLACE, "the secrets in its TPM would be lost"


def _now(power: int) -> FieldClass:
    return FieldClass.COLD if power == OFF else FieldClass.HOT


PAUSED, OFF = COLUMNS.index("paused"), COLUMNS.index("off")
HOT_BUSES = ("virtio", "scsi", "usb")
LETS_NOT_GO = "a paused guest does not let go of a device"
NO_DRIVE = "no drive"  # of the whole part "cdrom": null is a drive without a medium

LIMITS: dict[str, Callable[[Any, Any, int, ObservedInstance], Verdict]] = {
    "vcpus": _vcpus,
    "ram": _ram,
    "disk": _disk,
    "swap": _swap,
    "cdrom": _cdrom,
    "parts": _parts,
    "quota": _quota,
    "tpm": _tpm,
}

# The same for people: the table in docs/fields.md.
SAID = {
    "vcpus": "more, up to max_vcpus: hot; above it, and fewer: cold",
    "ram": "up to max_ram: hot (paused: cold); above it, or where it was started without: cold",
    "disk": "larger, or new: hot (off: cold); smaller or away: replace",
    "swap": "new or away: hot (off, away while paused: cold); larger: off only; smaller: replace (take it away first)",
    "cdrom": "media: hot; the drive itself: cold",
    "parts": "hot while there is a free slot; away while paused: cold",
    "quota": "set: hot; taken away, or where the host has no cgroups for CPU time: cold",
    "tpm": "a TPM where there was none: cold; another or none: replace",
}
