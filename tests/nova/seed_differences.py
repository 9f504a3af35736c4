# SPDX-License-Identifier: GPL-3.0-or-later
"""Where our config drives are other than Nova's on purpose: which values, in which cases, and why.

A value is named as ``FILE:KEY.KEY.INDEX``, FILE without the version; a file that one side lacks by its name alone. A
row explains a difference only where its condition holds; a row that explains none is stale, and fails the test.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Callable

    from guest_init.seed_cases import Case

NOTHING = object()  # what the other side has not


@attrs.frozen
class Found:
    """One value that differs."""

    case: Case
    where: str
    nova: Any
    ours: Any


@attrs.frozen
class Difference:
    """``where``: a pattern of the values that it is about."""

    where: str
    when: Callable[[Found], bool]
    reason: str

    def explains(self, found: Found) -> bool:
        return re.fullmatch(self.where, found.where) is not None and self.when(found)


def _seeds(found: Found) -> bool:
    return {len(base64.b64decode(value, validate=True)) for value in (found.nova, found.ours)} == {512}


def _links(found: Found) -> bool:
    return bool(found.case.spec.get("guest_links"))


def _unknown_address(found: Found) -> bool:
    return found.ours in (None, NOTHING) and found.nova is not None


DIFFERENCES = (
    Difference(
        r"meta_data.json:random_seed",
        _seeds,
        "Nova draws one anew for each version and each look; ours is stable, so that a drive made again is the same",
    ),
    Difference(
        r"meta_data.json:devices.\d+.address",
        lambda found: found.ours == "none",
        "Nova writes the drive of a domain that is there; ours is durable before the domain is defined, and libvirt "
        "chooses the address then. The guest finds the card by its MAC",
    ),
    Difference(
        r"(meta_data|meta-data).json:((local-|public-)?hostname)",
        lambda found: bool(found.nova == f"{found.ours}.novalocal"),
        "a domain that nobody resolves is not appended; a hostname may be said with its domain",
    ),
    Difference(
        r"meta-data.json:(ami|instance|reservation)-id",
        lambda found: bool(found.ours.partition("-")[0] == found.nova.partition("-")[0]),
        "Nova counts in its database; ours come from the image's digest and the UUID",
    ),
    Difference(
        r"meta-data.json:security-groups(.0)?",
        lambda found: found.ours in (NOTHING, []),
        "there are no security groups",
    ),
    Difference(
        r"meta-data.json:local-ipv4",
        _unknown_address,
        "Neutron knows the address that DHCP will give; here nobody does before the guest has asked",
    ),
    Difference(
        r"network_data.json:networks.\d+.ip_address",
        lambda found: found.ours is NOTHING,
        "the same with DHCPv6; cloud-init does not read it there",
    ),
    Difference(
        r"network_data.json",
        lambda found: found.ours is NOTHING and not found.case.spec["ports"],
        "Nova's is empty, which keeps newer cloud-init from falling back to DHCP",
    ),
    Difference(
        r"network_data.json:links.*",
        lambda found: not any(port.get("subnets", True) for port in found.case.spec["ports"]),
        "a card alone, of which nothing is said, is left out by Nova; then cloud-init has no card to leave alone",
    ),
    Difference(
        r"network_data.json:.*",
        _links,
        "Nova knows no bonds and VLANs of guests",
    ),
    Difference(
        r"network_data.json:links.\d+.mtu",
        lambda found: found.nova is None and "dhcp_server" in found.case.nova,
        "Neutron's DHCP agent tells the guest the MTU; libvirt's dnsmasq does not",
    ),
    Difference(
        r"network_data.json:(links.\d+.id|networks.\d+.link)",
        lambda found: str(found.nova).startswith("tap") and "devname" in found.case.nova,
        "libvirt names the host's side of a card when the guest starts; Nova itself falls back to interfaceN",
    ),
    Difference(
        r"vendor_data2.json:cloud-init",
        lambda found: found.nova is NOTHING and bool(found.case.seed.vendor_data2),
        "what a service says for cloud-init is where cloud-init looks, too (canonical/cloud-init#5221)",
    ),
    Difference(
        r"vendor_data.json:cloud-init(.\d+)?",
        lambda found: found.case.seed.host_key is not None,
        "the host gives the guest its SSH host key; what is declared comes after it, and wins",
    ),
)
