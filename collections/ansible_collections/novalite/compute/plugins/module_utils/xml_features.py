# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guest's platform can do, and its clocks. Both ways, pure.

Source: nova/virt/libvirt/driver.py: _set_features, _set_clock, _guest_add_iommu_device.
"""

from __future__ import annotations

from .virt_types import TEST
from .wishes import extra_specs, is_yes, properties_of, wish
from .xml_tools import add, on_off

_TIMERS = (("pit", {"tickpolicy": "delay"}), ("rtc", {"tickpolicy": "catchup"}))


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the features that a spec asks for or away; libvirt's test driver knows none."""
    found = {}
    if virt_type == TEST:
        return found
    specs, properties = extra_specs(spec), properties_of(spec)
    hide = (
        specs.get("hw:hide_hypervisor_id"),
        specs.get("hide_hypervisor_id"),
        properties.get("img_hide_hypervisor_id"),
    )
    if any(is_yes(said) for said in hide):
        found["features.kvm_hidden"] = True
    pmu = wish(spec, "pmu")
    if pmu is not None:
        found["features.pmu"] = on_off(is_yes(pmu))
    if wish(spec, "viommu_model") is not None:
        found["features.ioapic"] = "qemu"
    if is_x86(spec):
        found["clock.hpet"] = is_yes(properties.get("hw_time_hpet"))
    return found


def is_x86(spec):
    # type: (dict) -> bool
    """Tell whether the guest is a PC."""
    return properties_of(spec).get("hw_architecture", "x86_64") == "x86_64"


def write(domain, spec, hardware):
    # type: (object, dict, dict) -> None
    """Write ``<features>``."""
    features = add(domain, "features")
    add(features, "acpi")
    if is_x86(spec):
        add(features, "apic")
    if "features.smm" in hardware:
        add(features, "smm", {"state": "on"})
    if "features.kvm_hidden" in hardware:
        add(add(features, "kvm"), "hidden", {"state": "on"})
    if "features.pmu" in hardware:
        add(features, "pmu", {"state": hardware["features.pmu"]})
    if "features.ioapic" in hardware:
        add(features, "ioapic", {"driver": hardware["features.ioapic"]})


def write_clock(domain, spec, hardware):
    # type: (object, dict, dict) -> None
    """Write ``<clock>``."""
    is_windows = properties_of(spec).get("os_type") == "windows"
    clock = add(domain, "clock", {"offset": "localtime" if is_windows else "utc"})
    if is_x86(spec):
        for name, attributes in _TIMERS:
            add(clock, "timer", dict(attributes, name=name))
        add(clock, "timer", {"present": "yes" if hardware["clock.hpet"] else "no", "name": "hpet"})


def read(seen):
    # type: (object) -> dict
    """Return the features of a domain that a spec can ask for."""
    found = {}
    features = seen.top.get("features")
    if features is not None:
        hidden, pmu, ioapic = (features.find(name) for name in ("kvm/hidden", "pmu", "ioapic"))
        if hidden is not None and hidden.get("state") == "on":
            found["features.kvm_hidden"] = True
        if pmu is not None:
            found["features.pmu"] = pmu.get("state", "on")
        if ioapic is not None:
            found["features.ioapic"] = ioapic.get("driver")
    for timer in seen.all_inside("clock", "timer"):
        if timer.get("name") == "hpet":
            found["clock.hpet"] = timer.get("present", "yes") == "yes"
    return found
