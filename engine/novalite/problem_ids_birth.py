# SPDX-License-Identifier: GPL-3.0-or-later
"""What the ids of a guest's first boot mean (NV0150 to NV0159): subnets, links, files, vendor data."""

from __future__ import annotations

# id -> (title, explanation)
CATALOGUE: dict[str, tuple[str, str]] = {
    "NV0150": (
        "the subnets of a network",
        (
            "A network has either cidr, gateway and dns, or subnets that say these: at most one of IPv4 and one of "
            "IPv6, as a guest of Nova is told of the first of each. dhcp is of IPv4, ipv6 of IPv6; addresses made of "
            "router advertisements need a prefix of 64 bits; the next hop of a route is a machine of the subnet. "
            "Every port must get an address in some way."
        ),
    ),
    "NV0151": (
        "an MTU too small for IPv6",
        ("IPv6 needs links that carry packets of 1280 bytes (RFC 8200, section 5). Say a larger mtu, or no IPv6."),
    ),
    "NV0152": (
        "a bond or VLAN of a guest",
        (
            "A bond has numbers of ports of its instance, each in one bond at most and without an address of its own; "
            "a VLAN is on a port, or on a bond by its name. What a guest sends through them has other addresses or "
            "tags than those of the card, so hosts drop it where the port has port_security."
        ),
    ),
    "NV0153": (
        "a file for the guest",
        (
            "Nova's limits: 5 files, 255 bytes of path, 10 KiB of content each. A path begins with / and has no part "
            "that is . or .. . Larger or more files: write_files in user data, or let the guest fetch them."
        ),
    ),
    "NV0154": (
        "a config drive is needed, and the instance has none",
        (
            "The image says img_config_drive: mandatory, or its novalite_seed is on a drive, and the instance says "
            "config_drive: none."
        ),
    ),
    "NV0155": (
        "vendor data",
        (
            "Static vendor data is a mapping, or a file of JSON that holds one. A target of dynamic vendor data has a "
            "name of its own (not static, which is that of the static data) and an http(s) URL."
        ),
    ),
    "NV0156": (
        "a password in the fleet",
        ("What is in a fleet is read by many and kept for ever. Say where the password is: {secret: {env: NAME}}."),
    ),
    "NV0157": (
        "two NICs have the same tag",
        ("A guest finds a NIC by its tag: every NIC of an instance that has one has another."),
    ),
    "NV0158": (
        "port_security and IPv6",
        (
            "What keeps a guest from sending with others' addresses is libvirt's filter clean-traffic, which lets IPv4 "
            "and ARP pass and drops IPv6. Say port_security: false at that port, or give IPv6 by another network."
        ),
    ),
}
