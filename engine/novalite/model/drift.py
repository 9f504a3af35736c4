# SPDX-License-Identifier: GPL-3.0-or-later
"""Drift: what differs between hosts, what was applied to them, and what a fleet says; told apart by who changed it."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.ignore import Ignore


class Group(Enum):
    """Who changed something; in the order in which it is shown."""

    HOST = "host"  # somebody changed it on the host: it is not what was applied
    FLEET = "fleet"  # the fleet says something else than what was applied
    PENDING = "pending"  # applied, and true after the next power cycle
    UNKNOWN = "unknown"  # a host did not answer


class What(Enum):
    """What was found; the value is how JSON says it."""

    DOMAIN = "domain"  # the domain differs from its mark
    POWER = "power"  # host: from what was applied; fleet: what was applied, or is there, from what is declared
    TRANSIENT = "transient"  # nothing is left of it when it stops
    DOUBLED = "doubled"  # more than one domain claims to be it
    UNREADABLE = "unreadable"  # a mark that cannot be read
    GONE = "gone"  # no domain any more, and its folder holds data
    ORPHANED = "orphaned"  # a folder with data of a domain that nobody knows
    UNFINISHED = "unfinished"  # an apply was interrupted beside its domain
    LEFTOVER = "leftover"  # files of an interrupted apply, without a domain
    NEW = "new"  # declared, and on no host
    CHANGED = "changed"  # declared otherwise than applied
    RENAMED = "renamed"  # declared under another name
    REMOVED = "removed"  # on a host, and no longer declared
    PENDING = "pending"
    HOST = "host"  # it did not answer
    MAYBE = "maybe"  # declared, not found, and it may live on a host that did not answer


@attrs.frozen(slots=True)
class Finding:
    """One difference. ``before`` is what was applied, ``after`` what is on the host, or what the fleet says now (of
    what is pending: what runs, and what is defined).
    """

    group: Group
    what: What
    name: str  # of the instance, or of a host that did not answer; a UUID where nobody knows the name
    project: str | None = None
    host: str | None = None
    uuid: str | None = None
    path: str | None = None
    before: Any = None
    after: Any = None
    reason: str = ""
    ignored: Ignore | None = None  # by which it does not count


@attrs.frozen(slots=True)
class Drift:
    """All that was found, in the order in which it is shown; ``project`` is None where no fleet was compared."""

    project: str | None
    findings: tuple[Finding, ...]
    unknown: Mapping[str, str] = attrs.field(factory=dict)  # host -> reason
    hosts: int = 0  # those that answered, and those that did not
    expired: tuple[Ignore, ...] = ()  # ignores that no longer count

    def counted(self, group: Group) -> tuple[Finding, ...]:
        """Return what was found of one group, without what is ignored."""
        return tuple(finding for finding in self.findings if finding.group is group and finding.ignored is None)

    @property
    def ignored(self) -> tuple[Finding, ...]:
        """Return what does not count."""
        return tuple(finding for finding in self.findings if finding.ignored is not None)

    @property
    def differs(self) -> bool:
        """Tell whether there are host changes or fleet changes; what is pending or unknown is neither."""
        return bool(self.counted(Group.HOST) or self.counted(Group.FLEET))
