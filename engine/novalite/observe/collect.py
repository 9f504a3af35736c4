# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask the hosts: one Ansible task each, and three-valued answers. I/O.

A host that cannot be reached, whose module failed or whose answer cannot be read is *unknown*, with the reason in
words for people. Only what concerns the whole run (no inventory, no Ansible) is raised.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from novalite import playbook
from novalite.errors import Interrupted
from novalite.observe import parse
from novalite.shared import packed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from novalite.model.snapshot import Snapshot

# Nothing but plain names may become part of an Ansible pattern ("!", "&", "@file" and "~" mean something there).
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]*")


@attrs.frozen(slots=True)
class Observation:
    """A snapshot, and how long each host took to tell it."""

    snapshot: Snapshot
    seconds: Mapping[str, float] = attrs.field(factory=dict)  # by host


def observe(
    inventory: Sequence[str],
    *,
    limit: Iterable[str] | None = None,
    forks: int = 20,
    on_event: Callable[[playbook.HostEvent], None] | None = None,
) -> Observation:
    """Return what the hosts of an Ansible inventory hold; with ``limit`` only those hosts.

    Raises: NovaliteError where nothing could be asked; Interrupted where the user stopped it.
    """
    names = sorted(limit) if limit is not None else None
    if names is not None and not all(_PLAIN.fullmatch(name) for name in names):
        names = None
    ran = playbook.run("observe", inventory, limit=names, forks=forks, on_event=on_event)
    if ran.interrupts:
        raise Interrupted("stopped; nothing was changed on any host")
    seconds: dict[str, float] = {}
    hosts: dict[str, Any] = {}
    unknown: dict[str, str] = {}
    for host in sorted({event.host for event in ran.events}):
        event = ran.last(host)
        assert event is not None  # noqa: S101 (it is one of those events)
        seconds[host] = event.seconds
        facts, reason = facts_from_answer(event.state, event.result, event.message or ran.message)
        if facts is None:
            unknown[host] = reason
        else:
            hosts[host] = facts
    return Observation(parse.snapshot_from_facts(hosts, unknown), seconds)


def facts_from_answer(state: str, result: Mapping[str, Any], message: str) -> tuple[dict[str, Any] | None, str]:
    """Return (facts, "") of one host's answer, or (None, why it is unknown)."""
    if state == "unreachable":
        return None, f"unreachable: {message or 'no answer'}"
    if state != "ok":
        return None, f"could not be observed: {message or 'it gave no answer'}"
    try:
        facts = packed.unpack(str(result["packed"]))
    except KeyError:
        return None, "its answer did not arrive (too large for ansible-runner?)"
    except ValueError as error:
        return None, f"its answer cannot be read: {error}"
    return (facts, "") if isinstance(facts, dict) else (None, "its answer is not an object")
