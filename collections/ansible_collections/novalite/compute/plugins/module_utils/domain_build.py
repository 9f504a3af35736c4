# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec -> libvirt domain XML, with our mark in it. Pure and deterministic.

Only what we decide is written; addresses, controllers and the emulator are libvirt's to choose.
"""

from __future__ import annotations

from xml.etree import ElementTree

from . import (
    xml_cpu,
    xml_display,
    xml_features,
    xml_firmware,
    xml_helpers,
    xml_pci,
    xml_pinning,
    xml_quota,
    xml_security,
    xml_sysinfo,
)
from .canonical import fingerprint
from .domain_disk import disk_names, disks_from_spec
from .hardware import wanted_hardware
from .metadata import mark_element
from .paths import instance_dir
from .port_filter import add_filter
from .seed_kind import has_ignition
from .units import KIB_PER_MIB
from .virt_types import TEST, VIRT_TYPES
from .xml_tools import add

# Many instances share an image. Without this libvirt gives it to QEMU's user, who could make it writable.
_LEAVE_OWNER = {"model": "dac", "relabel": "no"}


def title_from_spec(spec):
    # type: (dict) -> str
    """Return the domain's title, for people."""
    return "%s/%s" % (spec["project"], spec["name"])


def build_domain(spec, virt_type, state_dir, state=None):
    # type: (dict, str, str, object) -> str
    """Return the XML of a new domain; ``virt_type`` is one of ``VIRT_TYPES``, ``state`` what its mark says besides."""
    return ElementTree.tostring(domain_element(spec, virt_type, state_dir, state), encoding="unicode")


def shape_from_spec(spec, virt_type):
    # type: (dict, str) -> str
    """Return what two specs have in common whose domains differ in nothing that a schema looks at.

    That is all but identities and numbers, whose form is checked before they get here.
    """
    ports = [
        [port["kind"], port["source"], bool(port["mtu"]), port.get("link"), bool(port.get("port_security"))]
        for port in spec["ports"]
    ]
    image, flavor = spec["image"], spec["flavor"]
    rest = [
        flavor.get("max_vcpus") is None,
        flavor.get("max_ram_mib") is None,
        "cdrom" in spec,
        bool(spec.get("cdrom")),
        spec.get("config_drive"),
        has_ignition(spec),
    ]
    specs, disks = flavor.get("extra_specs"), disk_names(spec)
    return fingerprint([virt_type, image["format"], image["properties"], specs, spec.get("claim"), ports, disks, rest])


def domain_element(spec, virt_type, state_dir, state=None):
    # type: (dict, str, str, object) -> ElementTree.Element
    """Return the ``<domain>`` element. Raises: ValueError where the spec asks for hardware that cannot be."""
    if virt_type not in VIRT_TYPES:
        raise ValueError("not a virtualisation type: %r" % (virt_type,))
    hardware = wanted_hardware(spec, virt_type)
    domain = ElementTree.Element("domain", {"type": virt_type})
    add(domain, "name", text=spec["domain"])
    add(domain, "uuid", text=spec["uuid"])
    add(domain, "title", text=title_from_spec(spec))
    add(domain, "metadata").append(mark_element(spec, state))
    _add_sizes(domain, spec["flavor"])
    xml_pinning.write(domain, hardware)
    xml_firmware.write(domain, spec, hardware, virt_type)
    xml_sysinfo.write(domain, hardware, instance_dir(state_dir, spec["uuid"]))
    if virt_type != TEST:
        xml_features.write(domain, spec, hardware)
    xml_cpu.write(domain, hardware)
    if virt_type != TEST:
        xml_features.write_clock(domain, spec, hardware)
    for event, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        add(domain, "on_" + event, text=action)
    devices = _add_devices(domain, spec, hardware, virt_type, state_dir)
    xml_security.write(domain, devices, hardware)
    xml_quota.write(domain, hardware)
    return domain


def _add_sizes(domain, flavor):
    # type: (ElementTree.Element, dict) -> None
    """Write memory and CPUs; where the guest can get more while it runs, libvirt is told what it has and the most."""
    ram, most = flavor["ram_mib"], flavor.get("max_ram_mib")
    add(domain, "memory", {"unit": "KiB"}, str((most or ram) * KIB_PER_MIB))
    if most:
        add(domain, "currentMemory", {"unit": "KiB"}, str(ram * KIB_PER_MIB))
    vcpus, most = flavor["vcpus"], flavor.get("max_vcpus")
    attributes = {"placement": "static"}
    if most:
        attributes["current"] = str(vcpus)
    add(domain, "vcpu", attributes, str(most or vcpus))


def _add_devices(domain, spec, hardware, virt_type, state_dir):
    # type: (ElementTree.Element, dict, dict, str, str) -> ElementTree.Element
    properties = spec["image"]["properties"]
    devices = add(domain, "devices")
    disks = disks_from_spec(spec, state_dir)
    for disk in disks:
        add_disk(devices, disk)
    if "scsi" in {disk.bus for disk in disks}:
        model = properties.get("hw_scsi_model", "virtio-scsi")
        add(devices, "controller", {"type": "scsi", "index": "0", "model": model})
    xml_display.write_usb(devices, hardware)
    for port in spec["ports"]:
        _add_port(devices, port, properties.get("hw_vif_model", "virtio"))
    xml_helpers.write_serial(devices, hardware, instance_dir(state_dir, spec["uuid"]) + "/console.log")
    if virt_type != TEST:
        xml_helpers.write_agent(devices, hardware)
        xml_display.write_video(devices, hardware)
        xml_helpers.write(devices, hardware)
        xml_display.write(devices, hardware)
    xml_pci.write(devices, spec, hardware)
    return devices


def add_disk(devices, disk):
    # type: (ElementTree.Element, object) -> ElementTree.Element
    """Add a disk to a domain's devices and return its element."""
    element = add(devices, "disk", {"type": "file", "device": disk.device})
    driver = {"name": "qemu", "type": disk.format}
    if disk.device == "disk":
        driver["discard"] = "unmap"
    add(element, "driver", driver)
    if disk.path:
        source = add(element, "source", {"file": disk.path})
        if disk.is_shared:
            add(source, "seclabel", _LEAVE_OWNER)
    if disk.backing:
        backing = add(element, "backingStore", {"type": "file"})
        add(backing, "format", {"type": disk.backing_format})
        add(add(backing, "source", {"file": disk.backing}), "seclabel", _LEAVE_OWNER)
        add(backing, "backingStore")
    add(element, "target", {"dev": disk.target, "bus": disk.bus})
    if disk.device == "cdrom":
        add(element, "readonly")
    return element


def _add_port(devices, port, model):
    # type: (ElementTree.Element, dict, str) -> None
    kind = {"libvirt": "network", "bridge": "bridge"}[port["kind"]]
    element = add(devices, "interface", {"type": kind})
    add(element, "mac", {"address": port["mac"]})
    add(element, "source", {kind: port["source"]})
    add(element, "model", {"type": model})
    if port.get("mtu"):
        add(element, "mtu", {"size": str(port["mtu"])})
    if port.get("link"):
        add(element, "link", {"state": port["link"]})
    add_filter(element, port)
