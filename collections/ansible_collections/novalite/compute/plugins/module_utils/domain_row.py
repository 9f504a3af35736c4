# SPDX-License-Identifier: GPL-3.0-or-later
"""DomainRow: one line of the listing of a host's domains. Pure: a domain knows its own UUID and name."""

from __future__ import annotations


class DomainRow(object):
    """One domain of a bulk listing."""

    __slots__ = ("autostart", "domain", "name", "persistent", "power", "uuid")

    def __init__(self, domain, power, persistent, autostart):
        # type: (object, str, bool, bool) -> None
        self.domain = domain
        self.uuid = domain.UUIDString()
        self.name = domain.name()
        self.power = power
        self.persistent = persistent
        self.autostart = autostart
