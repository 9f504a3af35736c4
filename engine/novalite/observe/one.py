# SPDX-License-Identifier: GPL-3.0-or-later
"""Ask all hosts about one instance by its name, without the lock and without looking at anything else. I/O.

Only the host that holds it says anything. What travels to the hosts are names, numbers and flags: Ansible takes
extra variables for templates.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import attrs

from novalite import playbook
from novalite.errors import Interrupted, NovaliteError, ObserveIncomplete
from novalite.observe.collect import facts_from_answer
from novalite.shared import names, packed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

_CALLED = re.compile(rf"({names.NAME.pattern}\.)?{names.NAME.pattern}|{names.UUID.pattern}")


@attrs.frozen(slots=True)
class Answer:
    """What the host of an instance said of it: at least ``uuid``, ``name``, ``project`` and ``power``."""

    host: str
    said: Mapping[str, Any]


def ask_one(
    what: str,
    inventory: Sequence[str],
    name: str,
    *,
    project: str | None = None,
    host: str | None = None,
    forks: int = 20,
    on_event: Callable[[playbook.HostEvent], None] | None = None,
    **more: str | int | bool,
) -> Answer:
    """Run playbook ``what`` (console_log, diagnostics) for the instance ``name`` (or project.name, or its UUID).

    Raises: NovaliteError where there is none or it is not the only one; ObserveIncomplete where it may be on a host
    that did not answer; Interrupted.
    """
    if _CALLED.fullmatch(name) is None or not (project is None or names.is_name(project)):
        raise NovaliteError(f"no instance can be called {name!r}", proceed="novalite list")
    variables: dict[str, str | int | bool] = {"instance": name, **more}
    if project is not None:
        variables["project"] = project
    limit = None if host is None else [host]
    ran = playbook.run(what, inventory, variables=variables, limit=limit, forks=forks, on_event=on_event)
    if ran.interrupts:
        raise Interrupted("stopped; nothing was changed on any host")
    answers, unknown = _answers(ran)
    return choose(name, answers, unknown)


def choose(name: str, answers: Sequence[Answer], unknown: Mapping[str, str]) -> Answer:
    """Return the one answer that there is. Raises: as ``ask_one``, and NovaliteError where it lies on a shelf."""
    found = [one for one in answers if "shelf" not in one.said]
    if not found and answers:
        raise _set_aside(answers)
    if not found and unknown:
        raise ObserveIncomplete(unknown)
    if not found:
        raise NovaliteError(f"no host holds an instance {name!r}", proceed="novalite list")
    if len(found) > 1:
        places = ", ".join(f"{one.said['project']}.{one.said['name']} on {one.host}" for one in found)
        raise NovaliteError(f"more than one is called so: {places}", proceed=f"novalite get {name}")
    return found[0]


def _set_aside(answers: Sequence[Answer]) -> NovaliteError:
    """Return the error that says where an instance is that has no domain, and how it comes back."""
    places, verbs = [], []
    for one in answers:
        is_shelved = one.said["shelf"] == "shelved"
        limit = f" until {one.said['until']}" if one.said.get("until") else ""
        where = f"shelved and offloaded on {one.host}" if is_shelved else f"in the trash of {one.host}{limit}"
        places.append(f"{one.said['project']}.{one.said['name']} is {where}")
        verbs.append("unshelve" if is_shelved else "restore")
    called = answers[0].said["name"] if len(answers) == 1 else answers[0].said["uuid"]
    return NovaliteError(f"{'; '.join(places)}: no guest is there", proceed=f"novalite {verbs[0]} {called}")


def _answers(ran: playbook.RunResult) -> tuple[list[Answer], dict[str, str]]:
    found, unknown = [], {}
    for host in sorted({event.host for event in ran.events}):
        event = ran.last(host)
        assert event is not None  # noqa: S101 (it is one of those events)
        answers, reason = _read(event, ran.message)
        if answers is None:
            unknown[host] = reason
        else:
            found += [Answer(host, said) for said in answers]
    return found, unknown


def _read(event: playbook.HostEvent, message: str) -> tuple[list[Mapping[str, Any]] | None, str]:
    """Return what a host answered, or (None, why nobody knows)."""
    if event.state != "ok":
        return None, facts_from_answer(event.state, event.result, event.message or message)[1]
    try:
        said = packed.unpack(str(event.result["packed"]))
    except (KeyError, ValueError) as error:
        return None, f"its answer cannot be read: {error}"
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        return None, "its answer is not a list"
    return said, ""
