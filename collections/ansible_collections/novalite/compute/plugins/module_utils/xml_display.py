# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's user sees, hears and plugs in: video, sound, USB. Both ways, pure.

Source: nova/virt/libvirt/driver.py: _add_video_driver, _add_sound_device, _guest_add_usb_root_controller,
_add_redirected_usb_ports. Redirected ports need SPICE, which Nova has for another reason: here it listens nowhere, and
is reached through libvirt alone.
"""

from __future__ import annotations

from .domain_disk import buses_from_spec
from .virt_types import TEST
from .wishes import extra_specs, properties_of, whole, wish
from .xml_tools import add

_NO_VIDEO = "none"
_USB = "qemu-xhci"


def wanted(spec, virt_type):
    # type: (dict, str) -> dict
    """Return the devices of a spec; libvirt's test driver gets none."""
    if virt_type == TEST:
        return {}
    properties = properties_of(spec)
    found = {"video.model": properties.get("hw_video_model") or _NO_VIDEO}
    most, asked = extra_specs(spec).get("hw_video:ram_max_mb"), properties.get("hw_video_ram")
    if most and asked:
        found["video.ram_mib"] = whole(asked, "hw_video_ram")
    sound = wish(spec, "sound_model")
    if sound is not None:
        found["sound.model"] = sound
    ports = whole(wish(spec, "redirected_usb_ports") or 0, "hw:redirected_usb_ports")
    if ports:
        found["usb.redirected"] = ports
    model = wish(spec, "usb_model")
    needs = ports or sound == "usb" or "usb" in buses_from_spec(spec)
    found["usb.model"] = _USB if needs and model in (None, "none") else model or "none"
    return found


def write_usb(devices, hardware):
    # type: (object, dict) -> None
    """Write the USB controller; without a word libvirt would make one of its own."""
    if "usb.model" in hardware:
        add(devices, "controller", {"type": "usb", "model": hardware["usb.model"]})


def write_video(devices, hardware):
    # type: (object, dict) -> None
    """Write the graphics card, as guests have always had it."""
    if "video.model" not in hardware:
        return
    attributes = {"type": hardware["video.model"]}
    if "video.ram_mib" in hardware:
        attributes["vram"] = str(hardware["video.ram_mib"] * 1024)
    add(add(devices, "video"), "model", attributes)


def write(devices, hardware):
    # type: (object, dict) -> None
    """Write sound and redirected USB ports."""
    if "sound.model" in hardware:
        add(devices, "sound", {"model": hardware["sound.model"]})
    if "usb.redirected" in hardware:
        add(add(devices, "graphics", {"type": "spice"}), "listen", {"type": "none"})
    for _port in range(hardware.get("usb.redirected", 0)):
        add(devices, "redirdev", {"bus": "usb", "type": "spicevmc"})


def read(seen):
    # type: (object) -> dict
    """Return the devices of a domain; libvirt may say in ``vram`` how much memory it chose itself."""
    found = {}
    card = seen.device("video")
    video = None if card is None else card.find("model")
    if video is not None:
        found["video.model"] = video.get("type")
        if video.get("vram"):
            found["video.ram_mib"] = int(video.get("vram")) // 1024
    sound = seen.device("sound")
    if sound is not None:
        found["sound.model"] = sound.get("model")
    for controller in seen.devices.get("controller", ()):
        if controller.get("type") == "usb":
            found.setdefault("usb.model", controller.get("model"))
    ports = len(seen.devices.get("redirdev", ()))
    if ports:
        found["usb.redirected"] = ports
    return found
