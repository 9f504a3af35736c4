# SPDX-License-Identifier: GPL-3.0-or-later
"""A set of instances on hosts, some of it restarted already: for tests of rolling changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from builders import make_facts, make_fleet, make_instance, make_present, make_snapshot
from novalite.model.rolling import Ready, Rolling
from novalite.model.server_group import ServerGroup

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.model.snapshot import Snapshot

PORT = Ready((("port", 22),), 120)
NEW = "2"


def group_of(policy: str = "soft-affinity", **rolling: Any) -> ServerGroup:
    said = {"ready": PORT, **rolling}
    return ServerGroup("web", policy, 9, rolling=Rolling("server group web", **said))


def world(
    hosts: str,
    *,
    group: ServerGroup,
    done: str = "",
    powers: dict[int, str] | None = None,
    unready: str = "",
    **more: Any,
) -> tuple[Fleet, Snapshot]:
    """Return web-0, web-1, ... on the hosts that the letters name, all to be restarted but those in ``done``."""
    members = [make_instance(f"web-{index}", group=group, restart_token=NEW, **more) for index in range(len(hosts))]
    there: dict[str, list[Any]] = {letter: [] for letter in sorted(set(hosts)) if letter != "?"}
    for index, (letter, member) in enumerate(zip(hosts, members, strict=True)):
        if letter == "?":
            continue
        token = NEW if str(index) in done else "1"
        power = (powers or {}).get(index, "running")
        state = {"unready": {"reason": "no answer", "since": "x"}} if str(index) in unready else None
        there[letter].append(make_present(member, power=power, restart_token=token, state=state))
    lost = {"z": "unreachable"} if "?" in hosts else {}
    return make_fleet(*members), make_snapshot(
        *[make_facts(name, *there[name], cpus=64, memory_mib=99_999) for name in there], unknown=lost
    )
