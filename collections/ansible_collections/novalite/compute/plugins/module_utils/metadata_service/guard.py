# SPDX-License-Identifier: GPL-3.0-or-later
"""The host's side of the wires: addresses on bridges, and rules in nft's bridge family. Runs ip and nft, writes sysctl.

What guests send to the service gets a mark at the tap it comes in by, and the kernel gives it to the connection
(``tcp_fwmark_accept``). What the service sends leaves by the tap with that mark or not at all: no forged MAC, ARP
answer or flooded frame carries it to anybody else. No guest can be 169.254.169.254 for another one, nothing else of the
host is reached by that address, and nothing of it is seen on the wire outside, where other hosts have it too.
"""

from __future__ import annotations

import json
import os
import subprocess

from .identity import NET, mark_of

IPV4 = "169.254.169.254"
IPV6 = "fe80::a9fe:a9fe"
TABLE = "novalite_metadata"
FWMARK_ACCEPT = "/proc/sys/net/ipv4/tcp_fwmark_accept"
_TARGET = "@th,64,128 0xfe8000000000000000000000a9fea9fe"  # of a neighbour's question or answer; old nft has no word
_LIMIT_S = 10


class GuardError(Exception):
    """A tool or the kernel refused: ``str()`` says which and why."""


def rules(taps, bridges, others):
    # type: (list, dict, list) -> str
    """Return nft's input that replaces our table: ``taps`` on ``bridges``, a mapping of name to MAC.

    ``others`` are the numbers of the ports of bridges that are none of ours. A port that nobody has looked at yet is
    guarded. (nft could tell a frame's bridge by ``ibrname``, but not every kernel has that.)
    """
    taps = [tap for tap in taps if tap.bridge in bridges]
    macs = ["%d : %s" % (tap.index, bridges[tap.bridge]) for tap in taps]
    return "\n".join(
        [
            "table bridge %s" % TABLE,
            "delete table bridge %s" % TABLE,
            "table bridge %s {" % TABLE,
            *_set("set taps", "typeof meta iif", [str(tap.index) for tap in taps]),
            *_set("map marks", "typeof meta iif : meta mark", ["%d : %d" % _pair(tap) for tap in taps]),
            *_set("set ways", "typeof meta oif . meta mark", ["%d . %d" % _pair(tap) for tap in taps]),
            *_set("map macs", "typeof meta iif : ether daddr", macs),
            *_set("set others", "typeof meta iif", [str(index) for index in others]),
            *_chain("prerouting", "meta iif @others accept", *_from_guests()),
            *_chain("forward", "meta iif @others accept", *_between_guests()),
            *_chain("output", *_to_guests()),
            "}",
            "",
        ]
    )


def _pair(tap):
    # type: (object) -> tuple
    return (tap.index, mark_of(tap.index))


def _set(kind, types, elements):
    # type: (str, str, list) -> list
    said = ["    elements = { %s }" % ", ".join(elements)] if elements else []
    return ["  %s {" % kind, "    " + types, *said, "  }"]


def _chain(hook, *lines):
    # type: (str, str) -> list
    head = "    type filter hook %s priority -250; policy accept;" % hook
    return ["  chain %s_ {" % hook, head, *["    " + line for line in lines], "  }"]


def _from_guests():
    # type: () -> list
    """Only we are these addresses, only guests of this host ask us, and only for the service. A request is taken off
    its way to a gateway, where the guest sends it if it has no better route.
    """
    return [
        "arp saddr ip %s drop" % IPV4,
        "ip saddr %s drop" % IPV4,
        "ip6 saddr %s drop" % IPV6,
        "icmpv6 type nd-neighbor-advert %s drop" % _TARGET,
        "meta iif != @taps arp daddr ip %s drop" % IPV4,
        "meta iif != @taps ip daddr %s drop" % IPV4,
        "meta iif != @taps ip6 daddr %s drop" % IPV6,
        "meta iif != @taps icmpv6 type nd-neighbor-solicit %s drop" % _TARGET,
        "ip daddr %s tcp dport 80 meta mark set meta iif map @marks ether daddr set meta iif map @macs"
        " meta pkttype set host accept" % IPV4,
        "ip6 daddr %s tcp dport 80 meta mark set meta iif map @marks accept" % IPV6,
        "ip daddr %s drop" % IPV4,
        "ip6 daddr %s meta l4proto != ipv6-icmp drop" % IPV6,
    ]


def _between_guests():
    # type: () -> list
    return [
        "arp daddr ip %s drop" % IPV4,
        "icmpv6 type nd-neighbor-solicit %s drop" % _TARGET,
        "ip6 daddr %s drop" % IPV6,
    ]


def _to_guests():
    # type: () -> list
    return [
        "ip saddr %s meta oif . meta mark != @ways drop" % IPV4,
        "ip6 saddr %s meta l4proto != ipv6-icmp meta oif . meta mark != @ways drop" % IPV6,
        "arp saddr ip %s meta oif != @taps drop" % IPV4,
        "icmpv6 type nd-neighbor-advert %s meta oif != @taps drop" % _TARGET,
    ]


def bridge_macs(names, net=NET):
    # type: (list, str) -> dict
    """Return name -> MAC of the bridges that are there."""
    found = {}
    for name in names:
        try:
            with open(os.path.join(net, name, "address")) as stream:
                found[name] = stream.read().strip()
        except OSError:
            continue
    return found


def ports_besides(bridges, net=NET):
    # type: (object, str) -> list
    """Return the numbers of the ports of all other bridges, sorted."""
    found = []
    for name in os.listdir(net):
        try:
            bridge = os.path.basename(os.readlink(os.path.join(net, name, "master")))
            with open(os.path.join(net, name, "ifindex")) as stream:
                if bridge not in bridges:
                    found.append(int(stream.read()))
        except OSError:  # it is in no bridge, or went away
            continue
    return sorted(found)


def _run(*argv, **options):
    # type: (str, str) -> str
    """Return the output of a command that must succeed. Raises: GuardError."""
    try:
        done = subprocess.run(
            list(argv),
            input=options.get("text", ""),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            universal_newlines=True,
            timeout=_LIMIT_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise GuardError("%s: %s" % (argv[0], error)) from error
    if done.returncode:
        raise GuardError("%s: %s" % (" ".join(argv), done.stderr.strip()))
    return done.stdout


def accept_marks():
    # type: () -> None
    """Let accepted connections have the mark of their first packet. Raises: GuardError."""
    try:
        with open(FWMARK_ACCEPT) as stream:
            if stream.read().strip() == "1":
                return
        with open(FWMARK_ACCEPT, "w") as stream:
            stream.write("1")
    except OSError as error:
        raise GuardError("net.ipv4.tcp_fwmark_accept must be 1: %s" % error) from error


def install(taps, bridges, others):
    # type: (list, dict, list) -> None
    """Put the rules in force, all at once."""
    _run("nft", "-f", "-", text=rules(taps, bridges, others))


def is_installed():
    # type: () -> bool
    """Tell whether our table is there: reloading a firewall may have flushed it."""
    try:
        return bool(_run("nft", "list", "chain", "bridge", TABLE, "output_"))
    except GuardError:
        return False


def take_addresses(bridges):
    # type: (object) -> None
    """Give the addresses to these bridges, and take them from all others: on bridges they are ours."""
    there = json.loads(_run("ip", "-j", "address", "show", "type", "bridge") or "[]")
    for link in there:
        name = link.get("ifname")
        has = {entry.get("local") for entry in link.get("addr_info", [])}
        for address, words in ((IPV4, [IPV4 + "/32", "scope", "link"]), (IPV6, [IPV6 + "/64", "nodad"])):
            if name in bridges and address not in has and not (address == IPV6 and _is_without_ipv6(name)):
                _run("ip", "address", "replace", words[0], "dev", name, *words[1:])
            elif name not in bridges and address in has:
                _run("ip", "address", "del", words[0], "dev", name)


def _is_without_ipv6(name):
    # type: (str) -> bool
    try:
        with open("/proc/sys/net/ipv6/conf/%s/disable_ipv6" % name) as stream:
            return stream.read().strip() == "1"
    except OSError:
        return True


def remove():
    # type: () -> None
    """Take everything away. The rules stay if an address does, or its packets would be unguarded."""
    take_addresses(())
    if is_installed():
        _run("nft", "delete", "table", "bridge", TABLE)
