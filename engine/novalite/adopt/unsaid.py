# SPDX-License-Identifier: GPL-3.0-or-later
"""What a domain has that the language does not say: cut out of its XML as it stands there. Pure.

Each rule tells whether an element is plain: said by the fleet in other words, or what libvirt and every tool add by
themselves. What has no rule is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree
from xml.parsers import expat

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Element = ElementTree.Element
_ASSIGNED = frozenset({"address", "alias", "backingStore"})


@attrs.frozen(slots=True)
class Kept:
    """``xml`` is the content of a ``<domain>``, ``names`` says each part of it in a word or two."""

    xml: str
    names: tuple[str, ...]


def find_unsaid(xml: str) -> Kept | None:
    """Return what is kept of a domain's XML; None where everything is plain."""
    domain = ElementTree.fromstring(xml)  # noqa: S314 (reading.py: it declares nothing)
    texts = iter(_texts(xml))
    outside: list[tuple[str, str]] = []
    inside: list[tuple[str, str]] = []
    for element in domain:
        text = next(texts)
        if element.tag == "devices":
            pairs = [(device, next(texts)) for device in element]
            inside = [(_name(device), cut) for device, cut in pairs if not _is_plain(device, _DEVICES)]
        elif not _is_plain(element, _TOP, domain):
            outside.append((_name(element), text))
    if not outside and not inside:
        return None
    lines = [text for _, text in outside]
    if inside:
        lines += ["<devices>", *("  " + text.replace("\n", "\n  ") for _, text in inside), "</devices>"]
    return Kept("\n".join(lines) + "\n", tuple(name for name, _ in (*outside, *inside)))


def _texts(xml: str) -> Iterator[str]:
    """Yield the text of each child of the domain, that of ``devices`` before those of each device in it."""
    content = xml.encode()
    parser = expat.ParserCreate()
    stack: list[str] = []
    found: list[list[int]] = []
    opened: list[list[int]] = []
    is_empty = [False]  # nothing came since the last tag was opened

    def start(tag: str, _attributes: dict[str, str]) -> None:
        if len(stack) == 1 or (len(stack) == 2 and stack[1] == "devices"):
            opened.append([parser.CurrentByteIndex, 0, len(stack)])
            found.append(opened[-1])
        stack.append(tag)
        is_empty[0] = True

    def end(_tag: str) -> None:
        stack.pop()
        if len(stack) == 1 or (len(stack) == 2 and stack[1] == "devices"):
            place = parser.CurrentByteIndex  # that of the closing tag, or behind a tag that closes itself
            closes_itself = is_empty[0] and content[place - 2 : place] == b"/>"
            opened.pop()[1] = place if closes_itself else content.index(b">", place) + 1
        is_empty[0] = False

    parser.StartElementHandler, parser.EndElementHandler = start, end
    parser.Parse(content, True)
    for begin, stop, depth in found:
        text = content[begin:stop].decode()
        yield re.sub(rf"\n {{0,{2 * depth}}}", "\n", text)


def _name(element: Element) -> str:
    """Return how people call it: "disk sda", "graphics spice", "hostdev"."""
    tag = element.tag.rpartition("}")[2]
    target = element.find("target")
    said = {
        "disk": None if target is None else target.get("dev"),
        "interface": element.get("type"),
        "graphics": element.get("type"),
        "sound": element.get("model"),
        "watchdog": element.get("model"),
        "controller": element.get("type"),
    }.get(tag)
    return f"{tag} {said}" if said else tag


def _is_plain(
    element: Element, rules: dict[str, Callable[[Element, Element], bool]], domain: Element | None = None
) -> bool:
    rule = rules.get(element.tag)
    return rule is not None and rule(element, element if domain is None else domain)


def _tags(element: Element) -> set[str]:
    return {child.tag for child in element} - _ASSIGNED


def _has_only(element: Element, tags: str = "", **attributes: str) -> bool:
    """Tell whether an element has no children but these and no attributes but these, each one of some words."""
    return _tags(element) <= set(tags.split()) and all(
        value in attributes.get(key, "").split("|") for key, value in element.attrib.items()
    )


def _os(element: Element, _: Element) -> bool:
    boots = [boot.get("dev") for boot in element.findall("boot")]
    kind = element.findtext("type")
    return not element.attrib and _tags(element) <= {"type", "boot"} and boots in ([], ["hd"]) and kind == "hvm"


def _clock(element: Element, _: Element) -> bool:
    usual = {"rtc": "catchup", "pit": "delay", "hpet": None}
    timers = all(timer.get("tickpolicy") == usual.get(str(timer.get("name")), "?") for timer in element)
    return element.attrib == {"offset": "utc"} and _tags(element) <= {"timer"} and timers


def _same_memory(element: Element, domain: Element) -> bool:
    return element.text == domain.findtext("memory")


def _disk(element: Element, _: Element) -> bool:
    source, target, driver = element.find("source"), element.find("target"), element.find("driver")
    if source is None or target is None:
        return False
    is_file = _has_only(source, file=source.get("file", ""), dev=source.get("dev", ""))
    is_usual = driver is None or set(driver.attrib) <= {"name", "type"}
    known = _has_only(element, "driver source target", type="file|block", device="disk")
    return known and is_file and is_usual and not _tags(source) and target.get("bus") == "virtio"


def _interface(element: Element, _: Element) -> bool:
    model, source = element.find("model"), element.find("source")
    known = source is not None and set(source.attrib) in ({"network"}, {"bridge"})
    is_virtio = model is not None and model.attrib == {"type": "virtio"}
    return known and is_virtio and _has_only(element, "mac source model", type="network|bridge")


def _controller(element: Element, _: Element) -> bool:
    usual = ("usb", "pci", "ide", "sata", "virtio-serial", "fdc")
    is_scsi = element.get("type") == "scsi" and element.get("model") == "virtio-scsi"
    return "driver" not in _tags(element) and (element.get("type") in usual or is_scsi)


def _video(element: Element, _: Element) -> bool:
    model = element.find("model")
    return model is not None and model.get("type") in ("vga", "virtio", "cirrus") and _tags(model) == set()


def _graphics(element: Element, _: Element) -> bool:
    is_local = element.get("listen", "127.0.0.1") == "127.0.0.1"
    return is_local and _has_only(
        element, "listen", type="vnc", port="-1", autoport="yes", listen=element.get("listen", "")
    )


def _rng(element: Element, _: Element) -> bool:
    return element.findtext("backend") in ("/dev/urandom", "/dev/random") and _has_only(
        element, "backend", model="virtio"
    )


def _channel(element: Element, _: Element) -> bool:
    target = element.find("target")
    is_agent = target is not None and target.get("name") == "org.qemu.guest_agent.0"
    return element.get("type") == "unix" and is_agent


def _only(tags: str = "", **attributes: str) -> Callable[[Element, Element], bool]:
    return lambda element, _: _has_only(element, tags, **attributes)


def _is(*texts: str) -> Callable[[Element, Element], bool]:
    return lambda element, _: not texts or element.text in texts


_TOP: dict[str, Callable[[Element, Element], bool]] = {
    **dict.fromkeys(("name", "uuid", "title", "description", "metadata", "memory"), _is()),
    "currentMemory": _same_memory,
    "vcpu": _only(placement="static"),
    "resource": lambda element, _: element.findtext("partition") == "/machine" and _tags(element) == {"partition"},
    "os": _os,
    "features": lambda element, _: _tags(element) <= {"acpi", "apic", "pae", "vmport"},
    "cpu": _only(mode="host-model", check="partial"),
    "clock": _clock,
    "on_poweroff": _is("destroy"),
    "on_reboot": _is("restart"),
    "on_crash": _is("destroy", "restart"),
    "pm": lambda element, _: all(child.get("enabled") == "no" for child in element),
    "seclabel": lambda element, _: element.get("type") == "dynamic",
}
_DEVICES: dict[str, Callable[[Element, Element], bool]] = {
    "emulator": _is(),
    "disk": _disk,
    "interface": _interface,
    "controller": _controller,
    "input": _only("driver", type="tablet|mouse|keyboard", bus="usb|ps2"),
    "memballoon": _only("stats", model="virtio"),
    "rng": _rng,
    "serial": _only("target", type="pty"),
    "console": _only("target", type="pty"),
    "channel": _channel,
    "video": _video,
    "graphics": _graphics,
    "audio": _only(id="1", type="none"),
    "watchdog": _only(model="itco", action="reset"),
}
