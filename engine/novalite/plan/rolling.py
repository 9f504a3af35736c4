# SPDX-License-Identifier: GPL-3.0-or-later
"""Waves of a set of instances that are restarted or rebuilt: who goes when, and the steps that wait in between. Pure.

Nothing remembers how far an earlier apply came. Members that are as declared were done, or never needed it: they must
be ready before another one is taken down, and while there is one the canary is not sent out again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.natural import natural_key
from novalite.model.server_group import ANTI_AFFINITY, SOFT_ANTI_AFFINITY
from novalite.plan import problems as ids
from novalite.plan.draft import Draft
from novalite.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from novalite.model.plan import Step
    from novalite.model.rolling import Rolling

GATE_S = 10  # for those that should be ready already
_NOT_IN_TURN = frozenset({"image", "mark"})  # nobody notices them
_AFTER_READY = frozenset({"restarted"})


@attrs.frozen(slots=True)
class Member:
    """One of a set. ``is_lost``: down or unknown, and nothing in this plan brings it up."""

    name: str
    host: str = ""
    uuid: str = ""
    is_up: bool = True  # it runs, and was ready when it was last waited for
    rolls: bool = False  # this plan restarts or rebuilds it
    is_lost: bool = False


@attrs.frozen(slots=True)
class RollingSet:
    """A set, its members that exist (or may exist) and shall run, and the policy of its server group."""

    rolling: Rolling
    members: tuple[Member, ...]
    policy: str = ""

    @property
    def lost(self) -> list[Member]:
        """Return the members that count against what may be down."""
        return _sorted(member for member in self.members if member.is_lost)

    @property
    def most_down(self) -> int:
        """Return how many of those that are up may be taken down at once."""
        return self.rolling.most_down(len(self.members)) - len(self.lost)

    @property
    def first(self) -> list[Member]:
        """Return who must be ready before anybody is taken down: whoever is down and is restarted or brought up, and,
        where somebody is taken down, whoever stays as it is.
        """
        down = [member for member in self.members if not member.is_up and not member.is_lost]
        if not self._in_turn():
            return _sorted(member for member in down if member.rolls)
        seen = self.rolling.ready.is_power  # that it runs was observed, and is relied on
        stay = [member for member in self.members if member.is_up and not (member.is_lost or member.rolls or seen)]
        return _sorted(down + stay)

    @property
    def has_canary(self) -> bool:
        """Tell whether a canary goes first: none of the set is as declared yet, nor restarted before all others."""
        return self.rolling.canary > 0 and all(
            member.is_lost or (member.rolls and member.is_up) for member in self.members
        )

    def waves(self) -> list[list[Member]]:
        """Return who is taken down together, in order; empty where nobody is, or may be."""
        most = self.most_down
        left = self._in_turn()
        if most < 1 or not left:
            return []
        found = []
        if self.has_canary:
            canaries = _sorted(left)[: min(self.rolling.canary, most)]
            found.append(canaries)
            left = [member for member in left if member not in canaries]
        return found + [left[place : place + most] for place in range(0, len(left), most)]

    def _in_turn(self) -> list[Member]:
        """Return those to be taken down, those of one host together; where the group keeps its members apart, a wave
        takes from as many hosts as it can.
        """
        turn = _sorted(member for member in self.members if member.rolls and member.is_up and not member.is_lost)
        if self.policy not in (ANTI_AFFINITY, SOFT_ANTI_AFFINITY):
            return sorted(turn, key=lambda member: natural_key(member.host))
        nth: Counter[str] = Counter()
        place = {}
        for member in turn:
            place[member.uuid] = nth[member.host]
            nth[member.host] += 1
        return sorted(turn, key=lambda member: place[member.uuid])

    def problem(self) -> Problem | None:
        """Return what forbids to take anybody down, if anything does."""
        if self.most_down >= 1 or not self._in_turn():
            return None
        down = ", ".join(member.name for member in self.lost)
        count = len(self.lost)
        most = self.rolling.max_unavailable
        summary = f"{self.rolling.of}: {count} of {len(self.members)} down or unknown, max_unavailable is {most}"
        helps = "bring them up first, or raise max_unavailable"
        return Problem(ids.SET_IS_DOWN, summary, self.rolling.where, detail=down, help=helps)


def _sorted(members: Iterable[Member]) -> list[Member]:
    return sorted(members, key=lambda member: natural_key(member.name))


def in_waves(sets: Iterable[RollingSet], drafts: Sequence[Draft]) -> list[Draft]:
    """Return the drafts with those of the sets' members behind barriers, and the steps that wait for them."""
    found = list(drafts)
    for one in sets:
        if one.problem() is not None:
            continue
        waves = one.waves()
        mine: dict[str, list[int]] = {}
        for index, draft in enumerate(found):
            mine.setdefault(_uuid(draft), []).append(index)
        for number, wave in enumerate([one.first, *waves]):
            for member in wave:
                _send(found, mine.get(member.uuid, ()), one, member, number, is_last=number == len(waves))
    return found


def _send(
    drafts: list[Draft], indexes: Sequence[int], one: RollingSet, member: Member, number: int, *, is_last: bool
) -> None:
    """Put the steps of one member into a wave of its set, and add the one that waits until it is ready."""
    gate: dict[str, Any] = {
        "closes": frozenset({("wave", one.rolling.of, str(number))}),
        "awaits": frozenset({("wave", one.rolling.of, str(number - 1))}),
    }
    did, is_ready = set(), ("ready", member.uuid)
    for index in indexes:
        draft = drafts[index]
        if draft.action in _NOT_IN_TURN:
            continue
        more = {"closes": draft.closes | gate["closes"], "awaits": draft.awaits | gate["awaits"]}
        if draft.action in _AFTER_READY:
            drafts[index] = attrs.evolve(draft, takes=draft.takes | {is_ready}, **more)
            continue
        done = ("did", member.uuid, str(index))
        did.add(done)
        drafts[index] = attrs.evolve(draft, frees=draft.frees | {done}, **more)
    ready = one.rolling.ready
    body: dict[str, Any] = {"uuid": member.uuid, "ready": ready.to_body(), "timeout_s": ready.timeout_s}
    if not number and member.is_up:
        body.update(timeout_s=min(GATE_S, ready.timeout_s), gate=True)
    elif one.rolling.pause_s and number and not is_last:
        body["pause_s"] = one.rolling.pause_s
    drafts.append(
        Draft(member.host, "ready", member.name, body, frees=frozenset({is_ready}), takes=frozenset(did), **gate)
    )


def _uuid(draft: Draft) -> str:
    return str(draft.body["spec"]["uuid"] if "spec" in draft.body else draft.body.get("uuid", ""))


def told(sets: Iterable[RollingSet], waves: Sequence[Sequence[Step]]) -> tuple[Mapping[str, Any], ...]:
    """Return what the plan says of its sets; ``waves`` are those of the plan, which several sets may share."""
    where = {(step.host, step.name): number for number, wave in enumerate(waves) for step in wave if _is_ready(step)}
    return tuple(_told(one, where) for one in sets if one.problem() is None and (one.waves() or one.first))


def _is_ready(step: Step) -> bool:
    return step.action == "ready"


def _told(one: RollingSet, where: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    rolling = one.rolling
    found: dict[str, Any] = {
        "set": rolling.of,
        "members": len(one.members),
        "max_down": one.most_down,
        "down": [member.name for member in one.lost],
        "first": [member.name for member in one.first],
        "again": [member.name for member in one.first if member.rolls],
        "ready": rolling.ready.text,
        "timeout_s": rolling.ready.timeout_s,
        "pause_s": rolling.pause_s,
    }
    return {**found, "waves": list(_waves_told(one, where))}


def _waves_told(one: RollingSet, where: Mapping[tuple[str, str], int]) -> Iterator[dict[str, Any]]:
    for number, wave in enumerate(one.waves()):
        yield {
            "wave": max(where[member.host, member.name] for member in wave),
            "canary": not number and one.has_canary,
            "names": [member.name for member in wave],
            "hosts": [member.host for member in wave],
        }
