# SPDX-License-Identifier: GPL-3.0-or-later
"""What drawings share: columns of a change, counts, and text that comes from hosts made harmless. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from novalite.model.change import POWER_ACTIONS, SELDOM_ACTIONS, Action

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from novalite.model.plan import Plan, PlannedChange

COLOURS = {
    Action.CREATE: "green",
    Action.UPDATE: "yellow",
    Action.RENAME: "yellow",
    Action.START: "green",
    Action.STOP: "yellow",
    Action.PAUSE: "yellow",
    Action.UNPAUSE: "green",
    Action.SUSPEND: "yellow",
    Action.RESUME: "green",
    Action.REBOOT: "yellow",
    Action.LOCK: "yellow",
    Action.UNLOCK: "green",
    Action.RESCUE: "yellow",
    Action.UNRESCUE: "green",
    Action.REBUILD: "bold yellow",
    Action.RESIZE: "yellow",
    Action.CONFIRM: "green",
    Action.REVERT: "yellow",
    Action.SHELVE: "yellow",
    Action.OFFLOAD: "yellow",
    Action.UNSHELVE: "green",
    Action.SNAPSHOT: "green",
    Action.PASSWORD: "yellow",
    Action.DUMP: "yellow",
    Action.TRASH: "red",
    Action.RESTORE: "green",
    Action.ADOPT: "green",
    Action.RELEASE: "yellow",
    Action.MOVE: "bold yellow",
    Action.DELETE: "red",
    Action.PENDING: "cyan",
    Action.KEEP: "dim",
    Action.HELD: "magenta",
    Action.ORPHAN: "magenta",
    Action.REFUSED: "bold red",
    Action.UNKNOWN: "cyan",
    Action.CONFLICT: "bold red",
}

_EFFECTS = {
    Action.CREATE: "create",
    Action.UPDATE: "in place",
    Action.RENAME: "rename, in place",
    Action.START: "start",
    Action.STOP: "shut down",
    Action.PAUSE: "pause",
    Action.UNPAUSE: "unpause",
    Action.SUSPEND: "suspend",
    Action.RESUME: "resume",
    Action.REBOOT: "reboot",
    Action.LOCK: "lock",
    Action.UNLOCK: "unlock",
    Action.RESCUE: "boot the rescue image",
    Action.UNRESCUE: "boot its own disk again",
    Action.REBUILD: "rebuild",
    Action.RESIZE: "resize, to be confirmed",
    Action.CONFIRM: "confirm the resize",
    Action.REVERT: "revert the resize",
    Action.SHELVE: "shelve",
    Action.OFFLOAD: "offload",
    Action.UNSHELVE: "unshelve",
    Action.SNAPSHOT: "snapshot",
    Action.PASSWORD: "set a password",
    Action.DUMP: "dump its memory",
    Action.TRASH: "into the trash",
    Action.RESTORE: "restore",
    Action.ADOPT: "adopt, in place",
    Action.RELEASE: "release, in place",
    Action.MOVE: "move by hand",
    Action.PENDING: "pending restart",
    Action.KEEP: "nothing",
    Action.HELD: "left as it is",
    Action.ORPHAN: "kept (protect)",
    Action.REFUSED: "refused",
    Action.UNKNOWN: "wait",
    Action.CONFLICT: "refused",
}

# Of what remains, these destroy a part; deleting says so by itself.
_DESTROYING = (Action.REBUILD, Action.CONFIRM, Action.REVERT, Action.UNRESCUE)

# Power state that is wanted -> what is done besides.
_THEN = {"running": "start", "shutoff": "shut down", "paused": "pause", "suspended": "suspend", "rescued": "rescue"}


def action_of(change: PlannedChange) -> Action:
    """Return the action of a line; one from a newer version is drawn as refused, which it is for us."""
    try:
        return Action(change.action)
    except ValueError:
        return Action.REFUSED


def effect_of(change: PlannedChange) -> str:
    """Return the column that says what it costs: "create", "restart", "delete, 2 disks destroyed"."""
    action = action_of(change)
    if action is Action.CREATE and change.host is None:
        return "refused"
    if action is Action.DELETE:
        return f"delete, {_destroyed(change)}"
    power = next((one["after"] for one in change.fields if one["path"] == "power" and one["class"] != "reported"), None)
    effect = _EFFECTS[action]
    if action in (Action.UPDATE, Action.RENAME):
        way = _way_of(change, power)
        effect = way if action is Action.UPDATE else f"rename, {way}"
    if change.destroys and action in _DESTROYING:
        effect = f"{effect}, {_destroyed(change)}"
    if action in (Action.UPDATE, Action.RENAME) and any(field["class"] == "restart" for field in change.fields):
        return f"{effect}, then restart"
    if power is not None and action in (Action.UPDATE, Action.RENAME, Action.REBUILD):
        return f"{effect}, then {_THEN.get(power, 'start')}"
    return effect


# Class of a field -> how it comes true, the worst first.
_WAYS = {"cold": "defined", "hot": "hot"}


def _way_of(change: PlannedChange, power: str | None) -> str:
    """Return how a change of fields comes true; one whose guest is off, or goes off before, is in place."""
    if any(field["class"] == "restart" for field in change.fields):
        power = power or "suspended"  # its cost does not tell what the other fields do
    if power is None or change.disruption == "pending":
        return {"pending": "pending restart", "restart": "restart", "hot": "hot"}.get(change.disruption, "in place")
    if power in ("shutoff", "running"):
        return "hot" if change.disruption == "hot" else "in place"
    classes = {field["class"] for field in change.fields}
    return next((way for kind, way in _WAYS.items() if kind in classes), "in place")


def _destroyed(change: PlannedChange) -> str:
    count = len(change.destroys)
    return f"{count} {'disk' if count == 1 else 'disks'} destroyed"


def counts_of(plan: Plan) -> str:
    """Return the last line: "Plan: 1 to create, 1 to change, 0 to delete, 3 unchanged. 2 of 41 hosts unknown." """
    found = Counter(action_of(change) for change in plan.changes)
    lost = sum(change.host is None for change in plan.changes if action_of(change) is Action.CREATE)
    found[Action.CREATE] -= lost
    parts = [f"{found[Action.CREATE]} to create", f"{found[Action.UPDATE] + found[Action.RENAME]} to change"]
    others = (*POWER_ACTIONS, *SELDOM_ACTIONS, Action.MOVE)
    by_hand = {Action.MOVE: " by hand"}
    parts += [f"{found[action]} to {action.value}{by_hand.get(action, '')}" for action in others if found[action]]
    parts.append(f"{found[Action.DELETE]} to delete")
    parts += [f"{lost} without a host"] if lost else []
    rest = [(Action.REFUSED, "refused"), (Action.CONFLICT, "in conflict"), (Action.UNKNOWN, "unknown")]
    rest += [(Action.HELD, "left as it is"), (Action.ORPHAN, "kept")]
    rest += [(Action.PENDING, "pending restart")]
    parts += [f"{found[action]} {word}" for action, word in rest if found[action]]
    if plan.kept:
        parts.append(f"{plan.kept} unchanged")
    unknown = f" {len(plan.unknown)} of {plan.hosts} hosts unknown." if plan.unknown else ""
    return f"Plan: {', '.join(parts)}.{unknown}"


_WORSE_FIRST = ("refuted", "not proven", "proven")


def goals_of(plan: Plan) -> list[tuple[str, str]]:
    """Return one line, and its style, for each declared goal: what the plan makes of it."""
    found = []
    for goal in plan.goals:
        before, after = str(goal["before"]), str(goal["after"])
        change = _WORSE_FIRST.index(after) - _WORSE_FIRST.index(before) if {before, after} <= set(_WORSE_FIRST) else 0
        word = "worse, " if change < 0 else "better, " if change > 0 else ""
        was = f" (was {before})" if change else ""
        why = f": {clean(goal['counter'])}" if goal.get("counter") else ""
        style = "green" if after == "proven" else "bold red" if change < 0 else "yellow"
        found.append((f"Survival: {word}{after}{was}: {clean(goal['goal'])}{why}", style))
    return found


def batch_of(plan: Plan) -> str | None:
    """Return what a search of the whole batch says of itself: "Policy pack: 12 hosts in use (optimal; exact)"."""
    if not plan.batch:
        return None
    batch = plan.batch
    gap, numbers = batch.get("gap"), batch.get("numbers") or {}
    how_good = "" if gap is None else "optimal" if not gap else f"within {gap:.1%} of the bound {batch['bound']}"
    how_good = how_good or ("proved optimal" if batch.get("proved") else "" if not numbers else "no bound known")
    if next(iter(numbers), "") in ("fewest hosts", "hosts in use") and gap == 0:
        how_good = f"optimal, the bound is {batch['bound']}"
    found = [_NUMBERS[name](number) for name, number in numbers.items() if name in _NUMBERS]
    lost = (batch.get("value") or [0])[0]
    found += [f"{lost} without a host"] if lost else []
    said = f": {', '.join(found)}" if found else ""
    return f"Policy {batch['policy']}{said} ({'; '.join(part for part in (how_good, batch['method']) if part)})"


def _n_plus_one(number: int) -> str:
    if not number:
        return "any one host may be lost"
    return f"N+1 is not kept, {number} would be without a place (the losses of each host added up)"


# What is said of each part of an objective, by its name (schedule/search/objectives.py).
_NUMBERS: dict[str, Callable[[int], str]] = {
    "N+1": _n_plus_one,
    "fewest hosts": lambda number: f"{number} {'host' if number == 1 else 'hosts'} in use",
    "hosts in use": lambda number: f"{number} {'host' if number == 1 else 'hosts'} in use",
    "spread": lambda number: f"no host more than {number / 10_000:.1f} % full",
    "fewest moves": lambda number: f"{number} placed otherwise than one by one would",
}


def moves_of(plan: Plan) -> str | None:
    """Return what holds of all moves together: "Moves: 3, no fewer will do; 13.5 GiB to copy. ..." """
    if not plan.moves:
        return None
    told = plan.moves
    more = f" ({told['steps']} with detours)" if told["steps"] > told["count"] else ""
    few = "no fewer will do" if told["fewest"] else f"fewer may do, but not fewer than {told['least']}"
    order = " one after the other, in the order of their numbers" if told["steps"] > 1 else ""
    hand = f"This version shows moves and makes none: they are made by hand{order}."
    return f"Moves: {told['count']}{more}, {few}; {told['copies_mib'] / 1024:.1f} GiB to copy. {hand}"


def rolling_of(plan: Plan) -> list[tuple[str, list[str]]]:
    """Return a title and the lines of each set that goes in waves: "wave 1 (canary): web-0 on kvm-1; ready within 9 s:
    port 22".
    """
    found = []
    for one in plan.rolling:
        count = len(one["waves"])
        waves = f"{count} wave{'' if count == 1 else 's'}"
        title = f"Rolling {one['set']}: {waves}, at most {one['max_down']} of {one['members']} down"
        title += f" ({len(one['down'])} more are down or unknown: {_few(one['down'])})" if one["down"] else ""
        title += f", {one['pause_s']} s between waves" if one["pause_s"] else ""
        again = f" (after its restart: {_few(one['again'])})" if one.get("again") else ""
        lines = [f"first: {_few(one['first'])} must be ready{again}: {one['ready']}"] if one["first"] else []
        for number, wave in enumerate(one["waves"], start=1):
            who = _few([f"{name} on {host}" for name, host in zip(wave["names"], wave["hosts"], strict=True)])
            kind = " (canary)" if wave["canary"] else ""
            lines.append(f"wave {number}{kind}: {who}; ready within {one['timeout_s']} s: {one['ready']}")
        found.append((clean(title), [clean(line) for line in lines]))
    return found


def waits_of(plan: Plan) -> list[str]:
    """Return the lines of those that are waited for: "Wave 1 ends when web-0 is ready, within 300 s: port 22"."""
    return [f"Wave {one['wave'] + 1} {wait_of(one)}" for one in plan.waits]


def wait_of(one: Mapping[str, Any]) -> str:
    """Return when a wave ends, for one of the plan's waits."""
    are = "is" if len(one["names"]) == 1 else "are"
    return clean(f"ends when {_few(one['names'])} {are} ready, within {one['timeout_s']} s: {one['ready']}")


def _few(names: Sequence[str], limit: int = 6) -> str:
    return ", ".join(names[:limit]) + (f" and {len(names) - limit} more" if len(names) > limit else "")


def verdict_of(plan: Plan) -> str | None:
    """Return what else must be said of the whole plan, if anything."""
    errors = sum(problem.severity == "error" for problem in plan.problems)
    if plan.what_if:
        lost = f" {errors} problem{'' if errors == 1 else 's'}." if errors else ""
        return f"What if: {'; '.join(clean(part) for part in plan.what_if)}.{lost} This is shown, never applied."
    if errors:
        word = "problem" if errors == 1 else "problems"
        return f"{errors} {word}: this plan can be shown, not applied."
    if plan.is_empty and not plan.changes and not plan.unknown:
        return "Nothing to do: the hosts hold what the fleet says."
    return None


def clean(text: str) -> str:
    """Return a text on one line without control characters: what hosts say may hold anything, escape codes too."""
    return "".join(letter if letter.isprintable() else "?" for letter in " ".join(str(text).split()))
