# SPDX-License-Identifier: GPL-3.0-or-later
"""Server group: instances that belong together or apart."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from novalite.model.rolling import Rolling
    from novalite.problem import Where

AFFINITY = "affinity"
ANTI_AFFINITY = "anti-affinity"
SOFT_AFFINITY = "soft-affinity"
SOFT_ANTI_AFFINITY = "soft-anti-affinity"
POLICIES = (AFFINITY, ANTI_AFFINITY, SOFT_AFFINITY, SOFT_ANTI_AFFINITY)


@attrs.frozen(slots=True)
class ServerGroup:
    """``max_server_per_host`` counts for anti-affinity only (Nova's rule of the same name)."""

    name: str
    policy: str
    max_server_per_host: int = 1
    rolling: Rolling | None = None
    where: Where | None = attrs.field(default=None, eq=False)

    def to_spec(self) -> dict[str, object]:
        """Return the group as an instance spec carries it."""
        return {"name": self.name, "policy": self.policy, "max_server_per_host": self.max_server_per_host}
