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
    from novalite.model.content import Content, GuestFile, VendorTargets
    from novalite.model.flavor import Flavor
    from novalite.model.guest_link import GuestLink
    from novalite.model.hints import Hints
    from novalite.model.image import Image
    from novalite.model.keypair import Keypair
    from novalite.model.port import Port
    from novalite.model.rolling import Ready, Rolling
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
    user_data: Content | None = None
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
    wait_for: Ready | None = None  # what tells that it is up, where a plan makes or starts it; hosts never keep it
    on_delete: str = TRASH  # what becomes of it when it is no longer declared
    trash_days: int = TRASH_DAYS
    hostname: str | None = None  # None: its name
    config_drive: str | None = None  # None: ISO 9660
    files: tuple[GuestFile, ...] = ()
    vendor_data: Content | None = None
    vendor_targets: VendorTargets | None = None
    admin_pass: Content | None = None
    host_key: str | None = None  # None: its host makes one
    guest_links: tuple[GuestLink, ...] = ()
    adopt: Adoption | None = None  # somebody else made it: it is never created, and its image may be NO_IMAGE
    extra_xml: str | None = None  # what its domain has that nothing else says, as it was adopted
    hints: Hints = ()  # wishes for the choice of the host, obeyed at birth: hosts never know them
    secrets: Mapping[str, str] = attrs.field(factory=dict)  # of its contents: label -> fingerprint, if there is a key
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
        spec.update(self._initialisation())
        if self.adopt is not None:
            spec["adopted"] = self.adopt.to_spec(self.extra_xml)
        if claim:
            spec["claim"] = claim.to_spec()
        return spec

    def _initialisation(self) -> dict[str, object]:
        """Return what the spec says of the guest's first boot, where that is other than usual."""
        said: dict[str, object] = {
            "hostname": self.hostname,
            "config_drive": self.config_drive,
            "files": [file.to_spec() for file in self.files] or None,
            "user_data_parts": list(self.user_data.parts) or None if self.user_data else None,
            "vendor_data_sha256": self.vendor_data.sha256 if self.vendor_data else None,
            "vendor_targets": self.vendor_targets.to_spec() if self.vendor_targets else None,
            "admin_pass_sha256": self.admin_pass.sha256 if self.admin_pass else None,
            "host_key": self.host_key,
            "secrets": dict(self.secrets) or None,
            "guest_links": [link.to_spec() for link in self.guest_links] or None,
        }
        return {key: value for key, value in said.items() if value is not None}

    def contents(self) -> tuple[Content, ...]:
        """Return what the spec names by its digest only, and travels beside it."""
        alone = (self.user_data, self.vendor_data, self.admin_pass)
        return (*(one for one in alone if one is not None), *(file.content for file in self.files))
