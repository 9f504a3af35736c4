# SPDX-License-Identifier: GPL-3.0-or-later
"""What a simulated guest runs with, and what waits for its next power cycle: the tests' own idea of hot and cold.

``runs_with`` is what it runs with, path -> value, as far as that is not its mark (None: all as marked). It shares
nothing with diff/fields.py, so that what plans say of a change can be held against it.
"""

from __future__ import annotations

from typing import Any

Facts = dict[str, Any]

# What waits; all else a guest gets at once.
_COLD_SIZES = ("max_vcpus", "max_ram_mib")
_COLD_SPECS = ("quota:cpu_", "hw:", "hw_rng:", "hw_video:", "os:", "hide_hypervisor_id")
_COLD_PROPERTIES = ("hw_", "os_secure_boot", "os_type", "img_hide_hypervisor_id")
_NEVER_HARDWARE = ("hw_rescue_", "hw_vm_mode")
_ALIVE = ("running", "paused", "asleep", "unknown")


def hardware(spec: Facts) -> Facts:
    """Return all of a spec that a guest runs with and that may wait, path -> value."""
    flavor, image = spec["flavor"], spec["image"]
    found = {f"flavor.{name}": flavor.get(name) for name in ("vcpus", "ram_mib", *_COLD_SIZES)}
    found |= {f"hardware.{key}": value for key, value in flavor["extra_specs"].items() if key.startswith(_COLD_SPECS)}
    found |= {
        f"hardware.{key}": value
        for key, value in image["properties"].items()
        if key.startswith(_COLD_PROPERTIES) and not key.startswith(_NEVER_HARDWARE)
    }
    found["cdrom"] = "drive" if "cdrom" in spec else None
    found["disks"] = "swap" if flavor["swap_mib"] else None
    found["ports"] = sorted(port["mac"] for port in spec["ports"])
    return found


def change_running(old: Facts, spec: Facts) -> Facts | None:
    """Return what a guest runs with once it was changed to a spec."""
    if old["power"] not in _ALIVE and old["power"] != "suspended":
        return None
    now = dict(old.get("runs_with") or hardware(old["spec"]))
    if old["power"] == "suspended":
        return now
    wanted = hardware(spec)
    most = now["flavor.max_vcpus"] or now["flavor.vcpus"]
    if now["flavor.vcpus"] <= wanted["flavor.vcpus"] <= most:
        now["flavor.vcpus"] = wanted["flavor.vcpus"]
    # A guest that is paused does not let go of a device.
    if old["power"] == "running" or wanted["disks"] is not None:
        now["disks"] = wanted["disks"]
    if old["power"] == "running" or set(now["ports"]) <= set(wanted["ports"]):
        now["ports"] = wanted["ports"]
    for key, value in spec["flavor"]["extra_specs"].items():
        if key.startswith("quota:cpu_"):  # a limit can be set at any time, and is taken away by a new start
            now[f"hardware.{key}"] = value
    has_balloon = now["flavor.max_ram_mib"] is not None and old["power"] == "running"
    if has_balloon and wanted["flavor.ram_mib"] <= now["flavor.max_ram_mib"]:
        now["flavor.ram_mib"] = wanted["flavor.ram_mib"]
    return now


def pending_facts(new: Facts) -> Facts:
    """Return what the host tells of an instance besides the rest: what waits, and (for the simulation) what runs."""
    now = new.get("runs_with")
    if now is None or new["power"] in ("shutoff", "crashed"):
        return {}
    wanted = hardware(new["spec"])
    pending = [
        {"path": path, "running": now.get(path), "defined": wanted.get(path)}
        for path in sorted(now.keys() | wanted.keys())
        if now.get(path) != wanted.get(path)
    ]
    if not pending:
        return {}
    return {"runs_with": now, **({"pending": pending} if new["power"] != "suspended" else {})}
