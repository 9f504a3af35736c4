# SPDX-License-Identifier: GPL-3.0-or-later
"""Which instance asks: by the tap that its first packet came in by, which no guest can choose. Reads /sys.

libvirt gives a tap the MAC of the guest's card with ``fe`` for its first byte (``fa`` where the guest's is ``fe``), and
no guest can change the host's side. So tap -> MAC -> instance, whatever MAC, address or header a guest sends.
Source: libvirt, src/util/virnetdevtap.c.
"""

from __future__ import annotations

import ipaddress
import os
import socket

NET = "/sys/class/net"
MARK = 0x6E000000
INDEX = 0xFFFFFF  # the part of a mark that is the number of a tap


class Tap(object):
    """A tap of a guest: ``name``, ``index``, ``mac`` (the host's side), ``bridge`` (or None)."""

    def __init__(self, name, index, mac, bridge):
        # type: (str, int, str, object) -> None
        self.name = name
        self.index = index
        self.mac = mac
        self.bridge = bridge


def read_taps(net=NET):
    # type: (str) -> list
    """Return the taps of this host."""
    found = []
    for name in os.listdir(net):
        folder = os.path.join(net, name)
        if not os.path.exists(os.path.join(folder, "tun_flags")):
            continue
        try:
            index, mac = _text(folder, "ifindex"), _text(folder, "address")
            bridge = os.path.basename(os.readlink(os.path.join(folder, "master")))
        except OSError:  # it went away, or is in no bridge
            continue
        found.append(Tap(name, int(index), mac, bridge))
    return found


def _text(folder, name):
    # type: (str, str) -> str
    with open(os.path.join(folder, name)) as stream:
        return stream.read().strip()


def tap_mac(mac):
    # type: (str) -> str
    """Return the MAC of the host's side for the card of a guest."""
    return ("fa" if mac[:2] == "fe" else "fe") + mac[2:]


class Directory(object):
    """Who is where, at one moment."""

    def __init__(self, taps, known):
        # type: (list, list) -> None
        once = _once([tap.index & INDEX for tap in taps])
        self.taps = {tap.index & INDEX: tap for tap in taps if tap.index & INDEX in once}
        self._owners = {}
        for instance in known:
            for mac, addresses in instance.ports:
                self._owners.setdefault(tap_mac(mac), []).append((instance, addresses))
        self._alone = _once([tap.mac for tap in taps])
        self.bridges = sorted({tap.bridge for tap in taps if self._owner(tap) is not None})
        self._addresses = {}
        for tap in taps:
            owner = self._owner(tap)
            for address in owner[1] if owner else ():
                self._addresses.setdefault((tap.bridge, address), set()).add(owner[0].uuid)

    def _owner(self, tap):
        # type: (Tap) -> object
        """Return (instance, addresses) of a tap; None where there is not exactly one, or two taps say the same."""
        owners = self._owners.get(tap.mac, [])
        return owners[0] if len(owners) == 1 and tap.mac in self._alone else None

    def who(self, index, bridge, peer):
        # type: (int, str, str) -> tuple
        """Return (instance, None) for a connection by a tap of a bridge from an address, or (None, the reason)."""
        tap = self.taps.get(index)
        if tap is None:
            return None, "it came in by no tap that is known"
        if tap.bridge != bridge:
            return None, "its tap is on another bridge"
        owner = self._owner(tap)
        if owner is None:
            return None, "its tap belongs to no one instance that is told anything"
        instance, addresses = owner
        reason = self._against(instance, addresses, bridge, ipaddress.ip_address(peer.partition("%")[0]))
        return (instance, None) if reason is None else (None, reason)

    def _against(self, instance, addresses, bridge, peer):
        # type: (object, frozenset, str, object) -> object
        """Return what speaks against an address: the first rule that knows it has the word.

        The tap has said who it is. The address is to show that the guest itself asks, and nobody behind it.
        """
        alike = [address for address in addresses if ipaddress.ip_address(address).version == peer.version]
        rules = (
            (str(peer) in addresses, None),
            (bool(self._addresses.get((bridge, str(peer)), set()) - {instance.uuid}), "its address is another's"),
            (peer.version == 6 and peer.is_link_local, None),  # a guest has one before it is told anything
            (not alike, None),  # DHCP says which, or the guest itself
            (not instance.has_drive, None),  # it must ask before it can know its address
        )
        return next((reason for holds, reason in rules if holds), "its address is not that of its port")


def _once(values):
    # type: (list) -> set
    seen, twice = set(), set()
    for value in values:
        (twice if value in seen else seen).add(value)
    return seen - twice


def mark_of(index):
    # type: (int) -> int
    """Return the mark of the packets that come in by a tap."""
    return MARK | index & INDEX


def index_of(connection):
    # type: (socket.socket) -> int
    """Return by which tap a connection came in, by the mark that its first packet had; 0 where none is known."""
    mark = connection.getsockopt(socket.SOL_SOCKET, socket.SO_MARK)
    return mark & INDEX if mark & ~INDEX == MARK else 0
