# SPDX-License-Identifier: GPL-3.0-or-later
"""Rolling: how many of a set of instances a plan may take down at once, and what tells that they are up again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.problem import Where

POWER, SERIAL, PORT, AGENT = READY_KINDS = ("power", "serial", "port", "agent")
READY_TIMEOUT_S = 300


@attrs.frozen(slots=True)
class Ready:
    """What is waited for: ``power`` running, ``serial`` says something (a regular expression), a TCP ``port`` is open,
    the ``agent`` in the guest answers. ``timeout_s``: how long.
    """

    kind: str = POWER
    value: str | int = "running"
    timeout_s: int = READY_TIMEOUT_S

    @property
    def text(self) -> str:
        """Return it in words: "port 22"."""
        words = {
            POWER: "it runs",
            SERIAL: f"serial /{self.value}/",
            PORT: f"port {self.value}",
            AGENT: "its agent answers",
        }
        return words[self.kind]

    def to_body(self) -> dict[str, object]:
        """Return it as a step carries it."""
        return {self.kind: self.value}


@attrs.frozen(slots=True)
class Rolling:
    """``of`` names the set: "server group web" or "instance web"; its members are those that carry this value."""

    of: str
    max_unavailable: int | str = 1  # a number, or a share such as "25%"
    canary: int = 0  # size of the first wave; 0: as any other
    ready: Ready = attrs.field(factory=Ready)
    pause_s: int = 0  # between waves: what was ready must still be
    where: Where | None = attrs.field(default=None, eq=False)

    def most_down(self, members: int) -> int:
        """Return how many of so many members may be down at once: a share is rounded down, and is at least one."""
        if isinstance(self.max_unavailable, int):
            return self.max_unavailable
        return max(1, members * int(self.max_unavailable.rstrip("%")) // 100)
