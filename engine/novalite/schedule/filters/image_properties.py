# SPDX-License-Identifier: GPL-3.0-or-later
"""ImagePropertiesFilter: the host runs guests of the architecture, hypervisor and VM mode that the image is made for.

Properties: ``hw_architecture`` (or the option image_properties_default_architecture), ``img_hv_type``,
``hw_vm_mode``; ``img_hv_requested_version`` is a predicate on the hypervisor's version (``>=6.0,<8``),
``hw_maxphysaddr_bits`` a minimum of the CPU.

A host that does not tell its version or its bits passes those two.
Source: nova/scheduler/filters/image_props_filter.py. Other than Nova, each property is held against its own column of
what a host supports (there, against all three), and version and bits count where they are the only ones asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model import image_property

if TYPE_CHECKING:
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request
    from novalite.schedule.table import HostTable, Mask

NAME = "ImagePropertiesFilter"
_ASKED = frozenset(("hw_architecture", "img_hv_type", "hw_vm_mode", "img_hv_requested_version", "hw_maxphysaddr_bits"))


@attrs.frozen(slots=True)
class _Asked:
    """What one image asks; empty texts ask nothing."""

    architecture: str = ""
    hypervisor: str = ""
    mode: str = ""
    version: str = ""
    bits: str = ""


def applies(table: HostTable, request: Request) -> bool:
    """Tell whether the image, or the option for all images, asks anything."""
    if table.options.image_properties_default_architecture:
        return True
    return any(name in _ASKED and value for name, value in request.shape.image_properties)


def mask(table: HostTable, request: Request) -> Mask:
    """Return the hosts that can run the image."""
    asked = _asked(table, request)
    return table.mask(NAME, repr(asked), lambda host: not _fault(asked, host))


def why(table: HostTable, request: Request, row: int) -> str:
    """Return what the image asks, and what the host can do."""
    return _fault(_asked(table, request), table.hosts[row]) or "can run the image"


def _asked(table: HostTable, request: Request) -> _Asked:
    said = request.shape.properties
    architecture = said.get("hw_architecture", table.options.image_properties_default_architecture)
    return _Asked(
        image_property.architecture(architecture or ""),
        image_property.hypervisor_type(said.get("img_hv_type", "")),
        image_property.vm_mode(said.get("hw_vm_mode", "")),
        said.get("img_hv_requested_version", ""),
        said.get("hw_maxphysaddr_bits", ""),
    )


def _fault(asked: _Asked, host: Host) -> str:
    wanted = (asked.architecture, asked.hypervisor, asked.mode)
    if any(wanted) and not any(
        all(not want or want == have for want, have in zip(wanted, triple, strict=True)) for triple in host.supported
    ):
        can = ", ".join("/".join(triple) for triple in sorted(host.supported)) or "nothing that it told"
        return f"asked {'/'.join(want or 'any' for want in wanted)}, the host runs {can}"
    return _version_fault(asked, host) or _bits_fault(asked, host)


def _version_fault(asked: _Asked, host: Host) -> str:
    if not asked.version or not host.hypervisor_version:
        return ""
    version = image_property.version_from_number(host.hypervisor_version)
    predicate = image_property.predicate_from_text(asked.version)
    if predicate is not None and image_property.satisfies(version, predicate):
        return ""
    return f"asked a hypervisor {asked.version}, the host has {'.'.join(map(str, version))}"


def _bits_fault(asked: _Asked, host: Host) -> str:
    has = (host.cpu_info.get("maxphysaddr") or {}).get("bits")
    if not asked.bits or not has:
        return ""
    if asked.bits.isdecimal() and int(has) >= int(asked.bits):
        return ""
    return f"asked {asked.bits} bits of physical address, the CPU has {has}"
