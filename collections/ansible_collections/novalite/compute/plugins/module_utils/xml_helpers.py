# SPDX-License-Identifier: GPL-3.0-or-later
"""Devices that help guest and host: serial ports, agent, random numbers, watchdog, balloon. Both ways, pure.

Source: nova/virt/libvirt/driver.py: _add_rng_device, _guest_add_watchdog_action; hardware.py,
get_number_of_serial_ports (0 ports are 1 there, and here).
"""

from __future__ import annotations

from .virt_types import TEST
from .wishes import extra_specs, image_wish, is_yes, properties_of, whole
from .xml_tools import add

AGENT = "org.qemu.guest_agent.0"
_WATCHDOG = "i6300esb"


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the devices of a spec; of libvirt's test driver only its serial ports."""
    ports = whole(image_wish(spec, "serial_port_count") or 1, "hw:serial_port_count") or 1
    found = {"serial.ports": ports}
    if virt_type == TEST:
        return found
    specs = extra_specs(spec)
    found["agent"] = is_yes(properties_of(spec).get("hw_qemu_guest_agent"), True)
    if is_yes(specs.get("hw_rng:allowed"), True):
        rate = specs.get("hw_rng:rate_bytes")
        found["rng"] = {}
        if rate and whole(rate, "hw_rng:rate_bytes"):
            found["rng"]["bytes"] = whole(rate, "hw_rng:rate_bytes")
            period = whole(specs.get("hw_rng:rate_period") or 0, "hw_rng:rate_period")
            if period:  # libvirt's own is one second
                found["rng"]["period"] = period
    action = image_wish(spec, "watchdog_action")
    if action not in (None, "disabled"):
        found["watchdog.action"] = action
    return found


def write_serial(devices, hardware, log):
    # type: (object, dict, str) -> None
    """Write the serial ports. What the guest says on the first is kept from one power-on to the next."""
    for number in range(hardware["serial.ports"]):
        serial = add(devices, "serial", {"type": "pty"})
        if number == 0:
            add(serial, "log", {"file": log, "append": "off"})
        add(serial, "target", {"port": str(number)})
    add(add(devices, "console", {"type": "pty"}), "target", {"type": "serial", "port": "0"})


def write_agent(devices, hardware):
    # type: (object, dict) -> None
    """Write the guest agent's channel."""
    if hardware.get("agent"):
        add(add(devices, "channel", {"type": "unix"}), "target", {"type": "virtio", "name": AGENT})


def write(devices, hardware):
    # type: (object, dict) -> None
    """Write random numbers, balloon and watchdog."""
    if "rng" in hardware:
        rng = add(devices, "rng", {"model": "virtio"})
        if hardware["rng"]:
            add(rng, "rate", {name: str(value) for name, value in hardware["rng"].items()})
        add(rng, "backend", {"model": "random"}, "/dev/urandom")
    add(devices, "memballoon", {"model": "virtio"})
    if "watchdog.action" in hardware:
        add(devices, "watchdog", {"model": _WATCHDOG, "action": hardware["watchdog.action"]})


def read(seen):
    # type: (object) -> dict
    """Return the devices of a domain; a watchdog that is a part of the machine is not counted."""
    found = {"serial.ports": len(seen.devices.get("serial", ()))}
    targets = [channel.find("target") for channel in seen.devices.get("channel", ())]
    found["agent"] = any(target is not None and target.get("name") == AGENT for target in targets)
    rng = seen.device("rng")
    if rng is not None:
        rate = rng.find("rate")
        values = {} if rate is None else {name: int(rate.get(name) or 0) for name in ("bytes", "period")}
        found["rng"] = {name: value for name, value in values.items() if value}
    for watchdog in seen.devices.get("watchdog", ()):
        if watchdog.get("model") != "itco":
            found["watchdog.action"] = watchdog.get("action", "reset")
    return found
