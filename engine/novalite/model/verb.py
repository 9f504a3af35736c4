# SPDX-License-Identifier: GPL-3.0-or-later
"""Verbs: what an operator can ask of one instance beside what its fleet declares. A table; each is a command."""

from __future__ import annotations

import attrs

from novalite.model.change import Action


@attrs.frozen(slots=True)
class Verb:
    """One row: the command's name, the kind of step it is, and its line in the help."""

    name: str
    action: Action
    help: str

    def transition(self, *, hard: bool = False) -> str:
        """Return the row of Nova's table of legal transitions (transitions.py) that it goes by, gently or ``hard``."""
        return f"hard_{self.name}" if hard else self.name


VERBS = {
    verb.name: verb
    for verb in (
        Verb("start", Action.START, "Start instances that are shut off."),
        Verb("stop", Action.STOP, "Shut instances down; take their power away where a guest does not react."),
        Verb("reboot", Action.REBOOT, "Restart instances, with a new QEMU process."),
        Verb("pause", Action.PAUSE, "Stop the CPUs of instances; their memory stays on the host."),
        Verb("unpause", Action.UNPAUSE, "Let paused instances run."),
        Verb("suspend", Action.SUSPEND, "Write the memory of instances to a file of their host, and power them off."),
        Verb("resume", Action.RESUME, "Let suspended instances go on where they were."),
    )
}
