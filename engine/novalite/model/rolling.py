# SPDX-License-Identifier: GPL-3.0-or-later
"""What tells that an instance is up. Rolling: how many of a set of instances a plan may take down at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.problem import Where

POWER, CLOUD_INIT, SERIAL, PORT, AGENT = READY_KINDS = ("power", "cloud_init", "serial", "port", "agent")
READY_TIMEOUT_S = 300
_RUNS = ((POWER, "running"),)


@attrs.frozen(slots=True)
class Ready:
    """What is waited for, all of it: ``power`` running, ``cloud_init`` done, ``serial`` says something (a regular
    expression), a TCP ``port`` is open, the ``agent`` in the guest answers. ``timeout_s``: how long.
    """

    checks: tuple[tuple[str, str | int], ...] = _RUNS  # (kind, value), in the order of READY_KINDS
    timeout_s: int = READY_TIMEOUT_S

    @property
    def is_power(self) -> bool:
        """Tell whether only its power is looked at."""
        return self.checks == _RUNS

    def get(self, kind: str) -> str | int | None:
        """Return what one kind of check waits for, or None where it is none of these."""
        return dict(self.checks).get(kind)

    @property
    def text(self) -> str:
        """Return it in words: "cloud-init is done, port 22"."""
        words = {
            POWER: "it runs",
            CLOUD_INIT: "cloud-init is done",
            SERIAL: f"serial /{self.get(SERIAL)}/",
            PORT: f"port {self.get(PORT)}",
            AGENT: "its agent answers",
        }
        return ", ".join(words[kind] for kind, _value in self.checks)

    def to_body(self) -> dict[str, object]:
        """Return it as a step carries it."""
        return dict(self.checks)


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
