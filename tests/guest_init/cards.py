# SPDX-License-Identifier: GPL-3.0-or-later
"""What cloud-init is to make of the networks of the golden set: written by hand, from what each case declares.

A line for each card (kind, name, MAC, MTU), then its addresses, then its routes; name servers last. ``eth0`` is the
card of the first port.
"""

from __future__ import annotations

CARD = "physical eth0 52:54:00:00:00:01 None"
CARD2 = "physical eth1 52:54:00:00:00:02 None"
STATIC4 = ["  static 10.0.0.4/20", "  0.0.0.0/0 via 10.0.0.1"]
ROUTES4 = [*STATIC4, "  172.16.0.0/12 via 10.0.0.9", "  203.0.113.7/32 via 10.0.0.8"]
STATIC6 = ["  static fd00:1::4/64", "  ::/0 via fd00:1::1"]
DNS4, DNS6, DNS46 = "dns 10.0.0.2 9.9.9.9", "dns fd00:1::53", "dns 10.0.0.2 9.9.9.9 fd00:1::53"

# Case -> what a config drive says. cloud-init names bonds and VLANs itself.
CONFIG_DRIVE: dict[str, list[str]] = {
    "dhcp": [CARD, "  dhcp4"],
    "short and static": [CARD, *STATIC4],
    "short and IPv6": [CARD, "  static fd00::4/64", "  ::/0 via fd00::1"],
    "cloud-config": [CARD, "  dhcp4"],
    "hostile bytes": [CARD, "  dhcp4"],
    "IPv4": ["physical eth0 52:54:00:00:00:01 9000", *STATIC4, DNS4],
    "IPv4 with routes": [CARD, *ROUTES4, DNS4],
    "IPv6 with routes": [CARD, *STATIC6, "  fd00:2::/48 via fd00:1::9", DNS6],
    "both families": [CARD, STATIC4[0], STATIC6[0], STATIC4[1], STATIC6[1], DNS46],
    "no gateway": [CARD, STATIC4[0]],
    "DHCP with an address of its own": [CARD, "  dhcp4", "dns 192.0.2.53"],
    "DHCP for IPv6": [CARD, "  dhcp6", DNS6],
    "SLAAC": [CARD, "  ipv6_slaac", STATIC6[1], DNS6],
    "SLAAC beside DHCP": [CARD, "  dhcp4", "  ipv6_slaac", STATIC6[1], "dns 192.0.2.53 fd00:1::53"],
    "stateless": [CARD, "  ipv6_dhcpv6-stateless", STATIC6[1], DNS6],
    "stateful": [CARD, "  ipv6_dhcpv6-stateful", STATIC6[1], DNS6],
    "stateful, address unknown": [CARD, "  ipv6_dhcpv6-stateful", STATIC6[1], DNS6],
    "several cards": [
        *(CARD, *STATIC4, CARD2, "  dhcp4"),
        *("physical eth3 52:54:00:00:00:04 None", *STATIC6, "dns 10.0.0.2 9.9.9.9 192.0.2.53 fd00:1::53"),
    ],
    "a card of which nothing is said": [CARD],
    "tags": [CARD, *STATIC4, CARD2, "  dhcp4", "dns 10.0.0.2 9.9.9.9 192.0.2.53"],
    "bond and VLAN": [
        *(CARD + " in bond0", CARD2 + " in bond0", "bond bond0 52:54:00:00:00:01 None", *STATIC4),
        *("vlan bond0.7 52:54:00:00:00:01 None 7 on bond0", *STATIC6, DNS46),
    ],
    "VLAN on a card": [CARD, *STATIC4, "vlan eth0.7 52:54:00:00:00:77 None 7 on eth0", *STATIC6, DNS46],
    "a DHCP agent of Neutron": ["physical eth0 52:54:00:00:00:01 1450", "  dhcp4", "dns 192.0.2.53"],
    "devices named on the host": [CARD, *STATIC4, DNS4],
    "everything": [
        *(CARD, STATIC4[0], STATIC6[0], *ROUTES4[1:], STATIC6[1], CARD2, "  dhcp4"),
        "dns 10.0.0.2 9.9.9.9 fd00:1::53 192.0.2.53",
    ],
}

# Where a NoCloud drive says it otherwise. SLAAC needs no address: the card listens to the routers of its network. What
# MAC a VLAN has, only netplan reads, from the file itself.
NOCLOUD: dict[str, list[str]] = {
    **CONFIG_DRIVE,
    "SLAAC": [CARD, DNS6],
    "SLAAC beside DHCP": [CARD, "  dhcp4", "dns 192.0.2.53 fd00:1::53"],
    "stateless": [CARD, DNS6],
    "stateful": [CARD, "  dhcp6", DNS6],
    "stateful, address unknown": [CARD, "  dhcp6", DNS6],
    "several cards": [
        *(CARD, *STATIC4, CARD2, "  dhcp4", "physical eth2 52:54:00:00:00:03 None"),
        *("physical eth3 52:54:00:00:00:04 None", *STATIC6, "dns 10.0.0.2 9.9.9.9 192.0.2.53 fd00:1::53"),
    ],
    "bond and VLAN": [
        *(CARD + " in bond0", CARD2 + " in bond0", "bond bond0 None None", *STATIC4),
        *("vlan vlan7 None None 7 on bond0", *STATIC6, DNS46),
    ],
    "VLAN on a card": [CARD, *STATIC4, "vlan vlan7 None None 7 on eth0", *STATIC6, DNS46],
}
