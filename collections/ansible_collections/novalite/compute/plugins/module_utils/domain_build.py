# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance spec -> libvirt domain XML, with our mark in it. Pure and deterministic.

Only what we decide is written; addresses, controllers and the emulator are libvirt's to choose.
"""

from __future__ import annotations

from xml.etree import ElementTree

from .canonical import fingerprint
from .domain_disk import disk_names, disks_from_spec
from .metadata import mark_element
from .paths import instance_dir
from .units import KIB_PER_MIB

KVM = "kvm"
QEMU = "qemu"
TEST = "test"
VIRT_TYPES = (KVM, QEMU, TEST)

# The guest's CPU. Under kvm what the host has; emulated, all that the emulator can do, because distributions have
# begun to require x86-64-v2 and v3.
CPU_MODE = {KVM: "host-model", QEMU: "maximum"}

MACHINE = {"x86_64": "q35", "aarch64": "virt"}
_TIMERS = (("pit", {"tickpolicy": "delay"}), ("rtc", {"tickpolicy": "catchup"}), ("hpet", {"present": "no"}))
# The image properties that decide what a domain looks like; any other is kept in the mark and changes nothing.
KNOWN_PROPERTIES = (
    "hw_architecture",
    "hw_cdrom_bus",
    "hw_disk_bus",
    "hw_firmware_type",
    "hw_machine_type",
    "hw_qemu_guest_agent",
    "hw_scsi_model",
    "hw_vif_model",
    "hw_video_model",
    "os_secure_boot",
    "os_type",
)

_TRUE = ("yes", "true", "1", "on")


def title_from_spec(spec):
    # type: (dict) -> str
    """Return the domain's title, for people."""
    return "%s/%s" % (spec["project"], spec["name"])


def build_domain(spec, virt_type, state_dir):
    # type: (dict, str, str) -> str
    """Return the domain XML; ``virt_type`` is one of ``VIRT_TYPES``."""
    return ElementTree.tostring(domain_element(spec, virt_type, state_dir), encoding="unicode")


def shape_from_spec(spec, virt_type):
    # type: (dict, str) -> str
    """Return what two specs have in common whose domains differ in nothing that a schema looks at.

    That is all but identities and numbers, whose form is checked before they get here.
    """
    ports = [[port["kind"], port["source"], bool(port["mtu"])] for port in spec["ports"]]
    return fingerprint([virt_type, spec["image"]["format"], spec["image"]["properties"], ports, disk_names(spec)])


def domain_element(spec, virt_type, state_dir):
    # type: (dict, str, str) -> ElementTree.Element
    """Return the ``<domain>`` element."""
    if virt_type not in VIRT_TYPES:
        raise ValueError("not a virtualisation type: %r" % (virt_type,))
    properties = spec["image"]["properties"]
    domain = ElementTree.Element("domain", {"type": virt_type})
    _add(domain, "name", text=spec["domain"])
    _add(domain, "uuid", text=spec["uuid"])
    _add(domain, "title", text=title_from_spec(spec))
    _add(domain, "metadata").append(mark_element(spec))
    _add(domain, "memory", {"unit": "KiB"}, str(spec["flavor"]["ram_mib"] * KIB_PER_MIB))
    _add(domain, "vcpu", {"placement": "static"}, str(spec["flavor"]["vcpus"]))
    _add_os(domain, properties, virt_type)
    if virt_type != TEST:
        _add_features(domain, properties, virt_type)
    for event, action in (("poweroff", "destroy"), ("reboot", "restart"), ("crash", "destroy")):
        _add(domain, "on_" + event, text=action)
    _add_devices(domain, spec, virt_type, state_dir)
    return domain


def _add(parent, tag, attributes=None, text=None):
    # type: (ElementTree.Element, str, object, object) -> ElementTree.Element
    element = ElementTree.SubElement(parent, tag, attributes or {})
    element.text = text
    return element


def is_true(properties, name, default):
    # type: (dict, str, bool) -> bool
    """Tell whether an image property says yes; ``default`` where it says nothing."""
    said = properties.get(name)
    return default if said is None else str(said).lower() in _TRUE


def _add_os(domain, properties, virt_type):
    # type: (ElementTree.Element, dict, str) -> None
    """Firmware, architecture and machine; libvirt's test driver knows neither machines nor our architectures."""
    has_efi = properties.get("hw_firmware_type") == "uefi" and virt_type != TEST
    os_element = _add(domain, "os", {"firmware": "efi"} if has_efi else None)
    if virt_type == TEST:
        _add(os_element, "type", text="hvm")
    else:
        arch = properties.get("hw_architecture", "x86_64")
        machine = properties.get("hw_machine_type") or MACHINE.get(arch, "virt")
        _add(os_element, "type", {"arch": arch, "machine": machine}, "hvm")
    if has_efi:
        secure = properties.get("os_secure_boot") == "required"
        _add(_add(os_element, "firmware"), "feature", {"enabled": "yes" if secure else "no", "name": "secure-boot"})
    _add(os_element, "boot", {"dev": "hd"})


def _add_features(domain, properties, virt_type):
    # type: (ElementTree.Element, dict, str) -> None
    features = _add(domain, "features")
    _add(features, "acpi")
    if properties.get("hw_architecture", "x86_64") == "x86_64":
        _add(features, "apic")
    if properties.get("os_secure_boot") == "required":
        _add(features, "smm", {"state": "on"})
    _add(domain, "cpu", {"mode": CPU_MODE[virt_type]})
    clock = _add(domain, "clock", {"offset": "localtime" if properties.get("os_type") == "windows" else "utc"})
    if properties.get("hw_architecture", "x86_64") == "x86_64":
        for name, attributes in _TIMERS:
            _add(clock, "timer", dict(attributes, name=name))


def _add_devices(domain, spec, virt_type, state_dir):
    # type: (ElementTree.Element, dict, str, str) -> None
    properties = spec["image"]["properties"]
    folder = instance_dir(state_dir, spec["uuid"])
    devices = _add(domain, "devices")
    disks = disks_from_spec(spec, state_dir)
    for disk in disks:
        _add_disk(devices, disk)
    buses = {disk.bus for disk in disks}
    if "scsi" in buses:
        model = properties.get("hw_scsi_model", "virtio-scsi")
        _add(devices, "controller", {"type": "scsi", "index": "0", "model": model})
    if virt_type != TEST:
        _add(devices, "controller", {"type": "usb", "model": "qemu-xhci" if "usb" in buses else "none"})
    for port in spec["ports"]:
        _add_port(devices, port, properties.get("hw_vif_model", "virtio"))
    _add_serial(devices, folder)
    if virt_type != TEST:
        _add_paravirtual(devices, properties)


def _add_disk(devices, disk):
    # type: (ElementTree.Element, object) -> None
    element = _add(devices, "disk", {"type": "file", "device": disk.device})
    driver = {"name": "qemu", "type": disk.format}
    if disk.device == "disk":
        driver["discard"] = "unmap"
    _add(element, "driver", driver)
    _add(element, "source", {"file": disk.path})
    if disk.backing:
        backing = _add(element, "backingStore", {"type": "file"})
        _add(backing, "format", {"type": disk.backing_format})
        # Many instances share the image. Without this libvirt gives it to QEMU's user, who could make it writable.
        image = _add(backing, "source", {"file": disk.backing})
        _add(image, "seclabel", {"model": "dac", "relabel": "no"})
        _add(backing, "backingStore")
    _add(element, "target", {"dev": disk.target, "bus": disk.bus})
    if disk.device == "cdrom":
        _add(element, "readonly")


def _add_port(devices, port, model):
    # type: (ElementTree.Element, dict, str) -> None
    kind = {"libvirt": "network", "bridge": "bridge"}[port["kind"]]
    element = _add(devices, "interface", {"type": kind})
    _add(element, "mac", {"address": port["mac"]})
    _add(element, "source", {kind: port["source"]})
    _add(element, "model", {"type": model})
    if port.get("mtu"):
        _add(element, "mtu", {"size": str(port["mtu"])})


def _add_serial(devices, folder):
    # type: (ElementTree.Element, str) -> None
    """What the guest says on its serial port is kept from one power-on to the next."""
    serial = _add(devices, "serial", {"type": "pty"})
    _add(serial, "log", {"file": folder + "/console.log", "append": "off"})
    _add(serial, "target", {"port": "0"})
    _add(_add(devices, "console", {"type": "pty"}), "target", {"type": "serial", "port": "0"})


def _add_paravirtual(devices, properties):
    # type: (ElementTree.Element, dict) -> None
    if is_true(properties, "hw_qemu_guest_agent", True):
        channel = _add(devices, "channel", {"type": "unix"})
        _add(channel, "target", {"type": "virtio", "name": "org.qemu.guest_agent.0"})
    _add(_add(devices, "video"), "model", {"type": properties.get("hw_video_model", "none")})
    rng = _add(devices, "rng", {"model": "virtio"})
    _add(rng, "backend", {"model": "random"}, "/dev/urandom")
    _add(devices, "memballoon", {"model": "virtio"})
