# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs: what an operator can ask of one instance beside what its fleet declares. A table; each is a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.change import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

_OFF_ARGUMENTS = ("timeout_s",)

# Those that need the words of a fleet, each with a command and a plan of its own: name -> its line in the help.
ACTS = {
    "resize": "Give an instance another flavor, to be confirmed or reverted.",
    "rescue": "Boot instances from a rescue image, their own disks attached as they were.",
    "rebuild": "Make root disk and config drive anew; everything else stays.",
}


@attrs.frozen(slots=True)
class Verb:
    """One row: the command's name, the kind of step it is, its line in the help, the arguments that its step carries
    besides the UUID, and what it costs the guest (PlannedChange.disruption).
    """

    name: str
    action: Action
    help: str
    carries: tuple[str, ...] = ()
    disruption: str = "none"

    def transition(self, arguments: Mapping[str, Any]) -> str:
        """Return the row of Nova's table of legal transitions (transitions.py) that it goes by."""
        return f"hard_{self.name}" if arguments.get("hard") else self.name


VERBS = {
    verb.name: verb
    for verb in (
        Verb("start", Action.START, "Start instances that are shut off."),
        Verb(
            "stop",
            Action.STOP,
            "Shut instances down; take their power away where a guest does not react.",
            _OFF_ARGUMENTS,
            "restart",
        ),
        Verb("reboot", Action.REBOOT, "Restart instances, with a new QEMU process.", ("timeout_s", "hard"), "restart"),
        Verb("pause", Action.PAUSE, "Stop the CPUs of instances; their memory stays on the host.", (), "restart"),
        Verb("unpause", Action.UNPAUSE, "Let paused instances run."),
        Verb(
            "suspend",
            Action.SUSPEND,
            "Write the memory of instances to a file of their host, and power them off.",
            (),
            "restart",
        ),
        Verb("resume", Action.RESUME, "Let suspended instances go on where they were."),
        Verb("shelve", Action.SHELVE, "Power instances off until they are unshelved.", _OFF_ARGUMENTS, "restart"),
        Verb("offload", Action.OFFLOAD, "Keep of shelved instances only the disks, which need no image then."),
        Verb("unshelve", Action.UNSHELVE, "Let shelved instances run again, offloaded or not."),
        Verb("restore", Action.RESTORE, "Bring instances back from the trash, as they were."),
        Verb("purge", Action.DELETE, "Delete instances in the trash for good, before its deadline.", (), "destroy"),
        Verb("lock", Action.LOCK, "Refuse everything but looking and unlocking, with a reason.", ("reason",)),
        Verb("unlock", Action.UNLOCK, "Take a lock away."),
        Verb(
            "unrescue",
            Action.UNRESCUE,
            "Boot instances in rescue from their own disks again.",
            _OFF_ARGUMENTS,
            "restart",
        ),
        Verb("confirm", Action.CONFIRM, "Keep instances as a resize made them; the way back ends."),
        Verb(
            "revert", Action.REVERT, "Put instances back to what they were before a resize.", _OFF_ARGUMENTS, "rebuild"
        ),
    )
}
