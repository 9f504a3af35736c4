# SPDX-License-Identifier: GPL-3.0-or-later
"""Change: one difference between what is wanted and what is there, as a result with a reason."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from novalite.model.instance import Instance
    from novalite.model.observed import ObservedInstance
    from novalite.problem import Where


class Action(Enum):
    """What becomes of one instance; the value is how the plan file says it."""

    CREATE = "create"
    UPDATE = "update"  # fields change: in place, hot, or from the next power cycle on
    RENAME = "rename"
    START = "start"
    STOP = "stop"
    PAUSE = "pause"
    UNPAUSE = "unpause"
    SUSPEND = "suspend"
    RESUME = "resume"
    REBOOT = "reboot"
    LOCK = "lock"
    UNLOCK = "unlock"
    RESCUE = "rescue"
    UNRESCUE = "unrescue"
    REBUILD = "rebuild"
    RESIZE = "resize"
    CONFIRM = "confirm"
    REVERT = "revert"
    SHELVE = "shelve"
    OFFLOAD = "offload"
    UNSHELVE = "unshelve"
    SNAPSHOT = "snapshot"
    PASSWORD = "password"  # noqa: S105 (a kind of step)
    DUMP = "dump"
    TRASH = "trash"
    RESTORE = "restore"
    ADOPT = "adopt"
    RELEASE = "release"  # the way back of adopt: our mark goes, everything else stays
    MOVE = "move"  # must live elsewhere; this version tells it and does not do it
    DELETE = "delete"
    PENDING = "pending"  # as declared from its next power cycle on: said, and nothing is done
    KEEP = "keep"  # nothing to do: the usual outcome
    HELD = "held"  # whoever began an action on it (rescue, resize, ...) ends it; a plan of the fleet waits
    ORPHAN = "orphan"  # ours, no longer declared, kept because it is protected
    REFUSED = "refused"  # differs in a way this version cannot make true in place
    UNKNOWN = "unknown"  # may live on a host that did not answer
    CONFLICT = "conflict"  # two domains claim to be it

    @property
    def symbol(self) -> str:
        """Return the one character that draws it."""
        return _SYMBOLS[self]


_SYMBOLS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.RENAME: "~",
    Action.START: "^",
    Action.STOP: "v",
    Action.PAUSE: "v",
    Action.UNPAUSE: "^",
    Action.SUSPEND: "v",
    Action.RESUME: "^",
    Action.REBOOT: "~",
    Action.LOCK: "!",
    Action.UNLOCK: "!",
    Action.RESCUE: "~",
    Action.UNRESCUE: "^",
    Action.REBUILD: "~",
    Action.RESIZE: "~",
    Action.CONFIRM: "=",
    Action.REVERT: "~",
    Action.SHELVE: "v",
    Action.OFFLOAD: "v",
    Action.UNSHELVE: "^",
    Action.SNAPSHOT: "=",
    Action.PASSWORD: "~",
    Action.DUMP: "=",
    Action.TRASH: "-",
    Action.RESTORE: "+",
    Action.ADOPT: "+",
    Action.RELEASE: "-",
    Action.MOVE: ">",
    Action.DELETE: "-",
    Action.PENDING: "=",
    Action.KEEP: "=",
    Action.HELD: "!",
    Action.ORPHAN: "!",
    Action.REFUSED: "x",
    Action.UNKNOWN: "?",
    Action.CONFLICT: "x",
}


# Those that change the power state alone; each is a kind of step of the same name.
POWER_ACTIONS = (
    Action.START,
    Action.STOP,
    Action.PAUSE,
    Action.UNPAUSE,
    Action.SUSPEND,
    Action.RESUME,
    Action.REBOOT,
)

# An instance that goes away.
GOING = (Action.DELETE, Action.TRASH)

# What verbs and lines of a fleet do besides: counted where it is done.
SELDOM_ACTIONS = (
    Action.LOCK,
    Action.UNLOCK,
    Action.RESCUE,
    Action.UNRESCUE,
    Action.REBUILD,
    Action.RESIZE,
    Action.CONFIRM,
    Action.REVERT,
    Action.SHELVE,
    Action.OFFLOAD,
    Action.UNSHELVE,
    Action.SNAPSHOT,
    Action.PASSWORD,
    Action.DUMP,
    Action.TRASH,
    Action.RESTORE,
    Action.ADOPT,
    Action.RELEASE,
)


@attrs.frozen(slots=True)
class FieldChange:
    """One field's before and after, and the class of the change (diff/fields.py)."""

    path: str
    before: Any
    after: Any
    kind: str
    reason: str = ""
    by_hand: bool = False  # ``before`` was made on the host by hand; it is put back


@attrs.frozen(slots=True)
class Change:
    """``desired`` is None for what is no longer declared, ``observed`` for what is not there (or not known)."""

    action: Action
    name: str
    reason: str
    desired: Instance | None = None
    observed: ObservedInstance | None = None
    fields: tuple[FieldChange, ...] = ()
    where: Where | None = attrs.field(default=None, eq=False)
