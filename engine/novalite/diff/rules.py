# SPDX-License-Identifier: GPL-3.0-or-later
"""What becomes of one instance name: an ordered table of rules, first match wins, each with its reason. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.fields import FieldClass
from novalite.diff.power import SHELVED, power_action
from novalite.diff.rescue import is_rescued_again, is_rescued_as_declared, is_unrescued
from novalite.model.change import Action, Change, FieldChange
from novalite.model.instance import DELETE, KEEP, TRASH, TRASH_DAYS
from novalite.shared import states

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.diff.index import Index
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance

BLOCKING = frozenset({FieldClass.REFUSED.value, FieldClass.REPLACE.value, FieldClass.NEVER.value})

_ADOPTED = "only our mark is written; the domain stays as it is"
_RELEASED = "it was adopted, so only our mark is taken away; domain and disks stay as they are"


@attrs.frozen(slots=True)
class Case:
    """All that a rule may look at: one name, who is wanted and who is there."""

    name: str
    desired: Instance | None
    holders: tuple[ObservedInstance, ...]
    index: Index
    fields: tuple[FieldChange, ...] = ()
    destroy: bool = False
    purge: bool = False  # what goes is deleted for good

    @property
    def is_protected(self) -> bool:
        """Tell whether host or fleet protects it, or a lock does: unprotecting takes a plan of its own."""
        wish = self.desired is not None and self.desired.protect
        return wish or any(item.protect for item in self.holders) or _lock(self) is not None


@attrs.frozen(slots=True)
class Rule:
    """``when`` decides, ``why`` tells: the reason is part of the result."""

    name: str
    when: Callable[[Case], bool]
    action: Action | Callable[[Case], Action]
    why: Callable[[Case], str]


def _blocking(case: Case) -> list[FieldChange]:
    return [change for change in case.fields if change.kind in BLOCKING]


def _is_reported(change: FieldChange) -> bool:
    return change.kind == FieldClass.REPORTED.value


def _has(case: Case, path: str) -> bool:
    return any(change.path == path for change in case.fields)


def _is_rebuild(case: Case) -> bool:
    return any(change.kind == FieldClass.REBUILD.value for change in case.fields)


def _why(case: Case) -> str:
    """Return the reasons of all fields, each once."""
    return "; ".join(dict.fromkeys(change.reason for change in case.fields))


def _why_rebuilt(case: Case) -> str:
    reasons = [change.reason for change in case.fields if change.kind == FieldClass.REBUILD.value]
    undone = case.holders[0].ignored
    ignored = f"; undone, though ignored: {', '.join(undone)}" if undone else ""
    return "; ".join(dict.fromkeys(reasons)) + "; UUID, MACs and addresses stay" + ignored


def _why_refused(case: Case) -> str:
    paths: dict[str, list[str]] = {}
    for change in _blocking(case):
        paths.setdefault(change.reason, []).append(change.path)
    return "; ".join(f"{', '.join(found)}: {reason}" for reason, found in paths.items())


def _why_conflict(case: Case) -> str:
    if case.name in case.index.rivals:
        return f"{case.index.rivals[case.name]} already claims the instance that moved.from names"
    if len(case.holders) > 1:
        places = ", ".join(f"{item.domain} on {item.host}" for item in case.holders)
        return f"more than one domain claims to be it: {places}"
    return f"its UUID lives on more than one host: {case.index.doubled[case.holders[0].uuid]}"


def _power_action(case: Case) -> Action:
    return power_action(case.fields[0].after, case.fields[0].before)


def _only_power(case: Case) -> bool:
    return _has(case, "power") and len(case.fields) == 1


def _only_restart(case: Case) -> bool:
    return len(case.fields) == 1 and case.fields[0].kind == FieldClass.RESTART.value


def _held(case: Case) -> str | None:
    if not case.holders or (case.holders[0].interrupted == "rebuild" and _wants_rebuild(case)):
        return None
    return case.holders[0].held_reason


def _wants_rebuild(case: Case) -> bool:
    """Tell whether the fleet's own wish ends a rebuild that was interrupted: it is done again."""
    return any(change.kind == Action.REBUILD.value for change in case.fields)


def _is_held(case: Case) -> bool:
    return _held(case) is not None and case.desired is not None


def _lock(case: Case) -> str | None:
    return next((item.lock_reason for item in case.holders if item.lock_reason is not None), None)


def _why_kept(case: Case) -> str:
    lock = _lock(case)
    if case.desired is None:
        return "not in the fleet" if lock is None else f"not in the fleet; locked: {lock}"
    return "protected: destroy leaves it alone" if lock is None else f"locked: {lock}"


def _is_locked(case: Case) -> bool:
    return _lock(case) is not None and not all(map(_is_reported, case.fields))


def _going(case: Case) -> Action:
    """Return how an instance goes away: as the mark on its host says, so that deleting YAML does not delete that."""
    said = case.holders[0].spec.get("on_delete") or TRASH
    return Action.DELETE if said == DELETE or (case.purge and said != KEEP) else Action.TRASH


def _why_going(case: Case) -> str:
    item = case.holders[0]
    why = "destroy" if case.destroy else "not in the fleet"
    if _going(case) is Action.TRASH:
        days = item.spec.get("trash_days") or TRASH_DAYS
        limit = f"can be restored for {days} day{'' if days == 1 else 's'}"
        why += "; its disks are kept" if item.spec.get("on_delete") == KEEP else f"; {limit}"
        why += ", without its saved memory" if item.power == states.SUSPENDED else ""
    return why


def _is_leaving(case: Case) -> bool:
    state = case.holders[0].state if case.holders else {}
    return bool((state.get("trashed") or {}).get("leaving"))


def _adoption(case: Case) -> str | None:
    """Return why it cannot be adopted, nothing where it can, None where it is not to be."""
    return None if case.holders else case.index.adoptable.get(case.name)


def _is_released(case: Case) -> bool:
    is_adopted = any(item.spec.get("adopted") for item in case.holders)
    return is_adopted and (case.destroy or case.desired is None) and _lock(case) is None


def _why_gone(case: Case) -> str:
    return "destroy" if case.destroy else "not in the fleet"


def _shelved(case: Case) -> Mapping[str, Any] | None:
    return case.holders[0].shelved if case.holders and case.desired is not None else None


def _is_shelved_as_declared(case: Case) -> bool:
    is_wanted = case.desired is not None and case.desired.power == SHELVED
    return is_wanted and _shelved(case) is not None and not case.fields


def _is_unshelved(case: Case) -> bool:
    """Tell whether it is on its way back, or the fleet shelved it and declares it running now."""
    shelved = _shelved(case) or {}
    is_wanted = case.desired is not None and case.desired.power == states.RUNNING and _lock(case) is None
    return bool(shelved.get("leaving") or (shelved.get("declared") and is_wanted))


RULES = (
    # Whatever else is true: which of two domains is the instance, only a person can say.
    Rule(
        "conflict",
        lambda case: (
            len(case.holders) > 1
            or case.name in case.index.rivals
            or any(item.uuid in case.index.doubled for item in case.holders)
        ),
        Action.CONFLICT,
        _why_conflict,
    ),
    # Absence needs a complete listing of every host: it may run on the one that does not answer.
    Rule(
        "unknown",
        lambda case: not case.holders and bool(case.index.missing_on),
        Action.UNKNOWN,
        lambda case: f"may live on {_some(case.index.missing_on)}, which did not answer",
    ),
    Rule("gone", lambda case: not case.holders and case.destroy, Action.KEEP, lambda _: "nothing to destroy"),
    # Letting go of it destroys nothing, so protection (against deletion) does not hold it; a lock does.
    Rule("release", _is_released, Action.RELEASE, lambda case: f"{_why_gone(case)}: {_RELEASED}"),
    # Protection is on the host too, so that deleting YAML does not delete protection.
    Rule(
        "orphan",
        lambda case: case.is_protected and (case.desired is None or case.destroy),
        Action.ORPHAN,
        _why_kept,
    ),
    Rule("destroy", lambda case: case.destroy, _going, _why_going),
    Rule("delete", lambda case: case.desired is None, _going, _why_going),
    # Somebody else made it: it is there as it was read, or it is nowhere.
    Rule("not adoptable", lambda case: bool(_adoption(case)), Action.REFUSED, lambda case: str(_adoption(case))),
    Rule("adopt", lambda case: _adoption(case) is not None, Action.ADOPT, lambda _: _ADOPTED),
    Rule("create", lambda case: not case.holders, Action.CREATE, lambda _: "on no host"),
    Rule("restore", _is_leaving, Action.RESTORE, lambda _: "finishes a restore that was interrupted"),
    # Who shelved it by declaration unshelves it by declaration; what a verb shelved is held.
    Rule("shelved", _is_shelved_as_declared, Action.KEEP, lambda _: "shelved as declared"),
    Rule("unshelve", _is_unshelved, Action.UNSHELVE, lambda _: "it is shelved, and declared running"),
    # So it is with a rescue; and what an apply was interrupted in is done again.
    Rule("rescued", is_rescued_as_declared, Action.KEEP, lambda _: "in rescue as declared"),
    Rule("rescue again", is_rescued_again, Action.RESCUE, lambda _: "its rescue was interrupted, and is declared"),
    Rule(
        "unrescue",
        is_unrescued,
        Action.UNRESCUE,
        lambda _: "in rescue as declared before; now it is declared otherwise",
    ),
    # Whoever began a rescue, a resize, ... ends it: a plan in between would undo half of it.
    Rule("held", _is_held, Action.HELD, lambda case: f"{_held(case)}: whoever began that ends it"),
    # Told, never in the way of anything: the rest of the fleet is planned and applied as if it were not there.
    Rule(
        "reported",
        lambda case: bool(case.fields) and all(map(_is_reported, case.fields)),
        Action.HELD,
        lambda case: case.fields[0].reason,
    ),
    Rule("locked", _is_locked, Action.REFUSED, lambda case: f"it is locked: {_lock(case)}"),
    # A silent replacement would lose the disk; half of a change is not what was reviewed.
    Rule("refused", lambda case: bool(_blocking(case)), Action.REFUSED, _why_refused),
    # It takes everything else along: the whole spec is made true.
    Rule("rebuild", _is_rebuild, Action.REBUILD, _why_rebuilt),
    Rule(
        "rename",
        lambda case: _has(case, "name"),
        Action.RENAME,
        lambda case: f"moved from {case.holders[0].name}; UUID, MACs and domain name stay",
    ),
    Rule("restart", _only_restart, Action.REBOOT, lambda case: case.fields[0].reason),
    Rule("power", _only_power, _power_action, lambda case: case.fields[0].reason),
    Rule(
        "update",
        lambda case: bool(case.fields),
        Action.UPDATE,
        _why,
    ),
    # Last, because it is what remains.
    Rule("keep", lambda _: True, Action.KEEP, lambda _: "as declared"),
)


def apply_rules(case: Case) -> Change:
    """Return what becomes of a name, by the first rule that matches."""
    rule = next(rule for rule in RULES if rule.when(case))
    action = rule.action if isinstance(rule.action, Action) else rule.action(case)
    observed = case.holders[0] if case.holders else None
    where = case.desired.where if case.desired is not None else None
    return Change(action, case.name, rule.why(case), case.desired, observed, case.fields, where)


def _some(names: tuple[str, ...], limit: int = 3) -> str:
    more = f" and {len(names) - limit} more" if len(names) > limit else ""
    return ", ".join(names[:limit]) + more
