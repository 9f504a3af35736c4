# SPDX-License-Identifier: GPL-3.0-or-later
"""Instance: one virtual machine we own, as a wish."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.model.adoption import Adoption
    from novalite.model.cdrom import CdromDrive
    from novalite.model.claim import Claim
    from novalite.model.flavor import Flavor
    from novalite.model.hints import Hints
    from novalite.model.image import Image
    from novalite.model.keypair import Keypair
    from novalite.model.port import Port
    from novalite.model.rolling import Rolling
    from novalite.model.server_group import ServerGroup
    from novalite.problem import Where


TRASH, DELETE, KEEP = "trash", "delete", "keep"  # values of on_delete
TRASH_DAYS = 7
CORRECT, REPORT = "correct", "report"  # what a plan does where somebody changed the power by hand
Parts = dict[int, dict[str, object]]  # id of a value that lives on -> its spec


def _part(noun: Flavor | Image | Keypair | ServerGroup, shared: Parts) -> dict[str, object]:
    known = shared.get(id(noun))
    if known is None:
        known = shared[id(noun)] = noun.to_spec()
    return known


@attrs.frozen(slots=True)
class UserData:
    """The exact bytes the guest will read, and their SHA-256 (all that a plan shows)."""

    content: bytes
    sha256: str


@attrs.frozen(slots=True)
class Instance:
    """What the fleet wants of one instance. ``host`` is a pin, not where it runs."""

    project: str
    name: str
    flavor: Flavor
    image: Image
    ports: tuple[Port, ...] = ()
    keypair: Keypair | None = None
    group: ServerGroup | None = None
    metadata: Mapping[str, str] = attrs.field(factory=dict)
    user_data: UserData | None = None
    power: str = "running"
    power_policy: str = CORRECT
    stop_timeout_s: int | None = None  # None: as Nova does (plan/power_off.py)
    protect: bool = False
    availability_zone: str | None = None
    host: str | None = None
    launch_index: int = 0
    moved_from: str | None = None
    cdrom: CdromDrive | None = None  # besides that of its config drive
    restart_token: str | None = None  # any text: where the mark says another, the instance is restarted
    rolling: Rolling | None = None  # of the entry it is of; its group may say one too
    on_delete: str = TRASH  # what becomes of it when it is no longer declared
    trash_days: int = TRASH_DAYS
    adopt: Adoption | None = None  # somebody else made it: it is never created, and its image may be NO_IMAGE
    extra_xml: str | None = None  # what its domain has that nothing else says, as it was adopted
    hints: Hints = ()  # wishes for the choice of the host, obeyed at birth: hosts never know them
    where: Where | None = attrs.field(default=None, eq=False)

    def to_spec(
        self,
        uuid: str,
        domain: str,
        macs: Sequence[str],
        shared: Parts | None = None,
        claim: Claim | None = None,
    ) -> dict[str, object]:
        """Return the instance spec (module_utils/arguments.py, SPEC) with the identity the planner chose.

        ``shared`` keeps what instances have in common, for a caller that has thousands of them and changes none.
        ``claim`` is what the scheduler gave it of its host (module_utils/claim.py); without one the spec has no such
        key, so that specs of plain instances stay what they were.
        """
        shared = {} if shared is None else shared
        spec: dict[str, object] = {
            "uuid": uuid,
            "project": self.project,
            "name": self.name,
            "domain": domain,
            "launch_index": self.launch_index,
            "availability_zone": self.availability_zone,
            "host": self.host,
            "flavor": _part(self.flavor, shared),
            "image": _part(self.image, shared),
            "keypair": _part(self.keypair, shared) if self.keypair else None,
            "ports": [port.to_spec(mac) for port, mac in zip(self.ports, macs, strict=True)],
            "group": _part(self.group, shared) if self.group else None,
            "metadata": dict(self.metadata),
            "user_data_sha256": self.user_data.sha256 if self.user_data else None,
            "protect": self.protect,
        }
        if self.cdrom is not None:
            spec["cdrom"] = self.cdrom.to_spec()
        if self.restart_token is not None:
            spec["restart_token"] = self.restart_token
        if self.on_delete != TRASH:
            spec["on_delete"] = self.on_delete
        if self.trash_days != TRASH_DAYS:
            spec["trash_days"] = self.trash_days
        if self.adopt is not None:
            spec["adopted"] = self.adopt.to_spec(self.extra_xml)
        if claim:
            spec["claim"] = claim.to_spec()
        return spec
