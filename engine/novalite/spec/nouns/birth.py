# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest is told at first boot besides user data: hostname, drive, files, vendor data, password, links. Pure."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.content import Content, GuestFile, VendorTargets
from novalite.spec import ids
from novalite.spec.nouns.guest_file import build_files
from novalite.spec.nouns.guest_link import GuestLinkReader
from novalite.spec.nouns.vendor_data import build_vendor_data, build_vendor_targets
from novalite.spec.secrets import token

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from novalite.model.image import Image
    from novalite.model.network import Network
    from novalite.spec.context import Context
    from novalite.spec.nouns.address import AddressBook
    from novalite.spec.sources import Path

KEYS = frozenset(
    (
        "hostname",
        "config_drive",
        "files",
        "vendor_data",
        "vendor_data_targets",
        "vendor_data_fatal",
        "admin_pass",
        "host_key",
        "guest_links",
    )
)
_DRIVES = {True: None, "iso9660": None, False: "none"}  # what is other than usual says itself
_NONE = "none"
# Source: cloudinit/sources/DataSourceConfigDrive.py (DataSourceOpenStack.py reads files and writes none);
# nova/virt/libvirt/driver.py (the password goes into the drive's meta data only).
_ON_DRIVES = {
    "files": "cloud-init writes files from a config drive only",
    "admin_pass": "admin_pass is told on a config drive only",
}
# What has no place in another kind of seed. Source: cloudinit/sources/DataSourceNoCloud.py; Ignition reads one file.
_UNTOLD = {
    "nocloud": ("files", "admin_pass"),
    "ignition": ("files", "admin_pass", "vendor_data", "vendor_data_targets", "guest_links"),
}


@attrs.define
class BirthReader:
    """Reads what is said of first boots; what many instances have from the defaults, once."""

    context: Context
    book: AddressBook
    networks: Mapping[str, Network]
    contents: dict[Path, Any] = attrs.field(factory=dict)
    told: set[tuple[str, Path]] = attrs.field(factory=set)  # of problems that many instances may have

    def digests(self) -> list[str]:
        """Return the digests of what was read from files and texts."""
        found = {
            one.sha256 if isinstance(one, Content) else one.content.sha256
            for held in self.contents.values()
            for one in (held if isinstance(held, tuple) else (held,))
            if isinstance(one, (Content, GuestFile))
        }
        return sorted(found)

    def get(
        self, name: str, entry: Mapping[str, Any], image: Image | None, path: Callable[[str], Path]
    ) -> dict[str, Any]:
        """Return arguments of an instance; ``path`` tells where a key was said."""
        said = {key: value for key, value in entry.items() if key in KEYS and value is not None}
        count = entry.get("count")
        found: dict[str, Any] = {}
        if "hostname" in said:
            found["hostname"] = said["hostname"]
            if count is not None and count > 1:
                summary = f"hostname is for one instance, and this is {count} of them"
                self.context.add(ids.ADDRESS_WITH_COUNT, summary, path("hostname"), of_key=True)
        found["config_drive"] = _DRIVES.get(said.get("config_drive", True), said.get("config_drive"))
        self._check_drive(found["config_drive"], said, image, path)
        self._check_seed(said, image, path)
        found["host_key"] = said.get("host_key")
        found["files"] = self._once("files", said, path, lambda value, at: build_files(self.context, value, at)) or ()
        vendor = self._once("vendor_data", said, path, lambda value, at: build_vendor_data(self.context, value, at))
        found["vendor_data"] = vendor
        found["vendor_targets"] = self._targets(said, path)
        found["admin_pass"] = self._once("admin_pass", said, path, self._password)
        if "guest_links" in said and not self.context.was_dropped("instances", name, "networks"):
            items, here = entry.get("networks") or (), path("guest_links")
            reader = GuestLinkReader(self.context, self.book, self.networks, items, here, count)
            found["guest_links"] = reader.get(said["guest_links"])
        return {key: value for key, value in found.items() if value}

    def _once(
        self, key: str, said: Mapping[str, Any], path: Callable[[str], Path], read: Callable[[Any, Path], Any]
    ) -> Any:
        """Return what one place says, read once however many instances have it."""
        if key not in said:
            return None
        here = path(key)
        if here not in self.contents:
            self.contents[here] = read(said[key], here)
        return self.contents[here]

    def _targets(self, said: Mapping[str, Any], path: Callable[[str], Path]) -> Any:
        fatal = said.get("vendor_data_fatal", False)
        if fatal and not said.get("vendor_data_targets"):
            summary = "vendor_data_fatal has no effect without vendor_data_targets"
            self._tell(ids.NO_EFFECT, summary, path("vendor_data_fatal"), of_key=True, severity="warning")
        targets = self._once(
            "vendor_data_targets", said, path, lambda value, at: build_vendor_targets(self.context, value, at)
        )
        return VendorTargets(targets, fatal) if targets else None

    def _tell(self, problem_id: str, summary: str, path: Path, **more: Any) -> None:
        """Note a problem once, however many instances have it from the defaults."""
        if (summary, path) not in self.told:
            self.told.add((summary, path))
            self.context.add(problem_id, summary, path, **more)

    def _check_seed(self, said: Mapping[str, Any], image: Image | None, path: Callable[[str], Path]) -> None:
        """Warn of what is never told to a guest that reads another kind of seed."""
        kind = image.properties.get("novalite_seed", "") if image is not None else ""
        for key in _UNTOLD.get(kind, ()):
            if said.get(key) and image is not None:
                summary = f"image {image.name} says novalite_seed: {kind}, which has no place for {key}"
                self._tell(ids.NO_EFFECT, summary, path(key), of_key=True, severity="warning")

    def _password(self, value: Any, path: Path) -> Content | None:
        if isinstance(value, str):
            help_text = "say where it is: {secret: {env: NAME}}"
            self.context.add(ids.WRITTEN_OUT, "a password is not written into a fleet", path, help=help_text)
            return None
        content = token(self.context, value, path).encode("utf-8")
        return Content(content, hashlib.sha256(content).hexdigest())

    def _check_drive(
        self, drive: str | None, said: Mapping[str, Any], image: Image | None, path: Callable[[str], Path]
    ) -> None:
        """Check that who has no config drive needs none."""
        if drive != _NONE:
            return
        properties = image.properties if image is not None else {}
        if properties.get("img_config_drive") == "mandatory":
            summary = f"image {image.name} says img_config_drive: mandatory" if image else ""
            self._tell(ids.NEEDS_DRIVE, summary, path("config_drive"), help="take config_drive: none away")
        if properties.get("novalite_seed") == "nocloud":
            summary = f"image {image.name} says novalite_seed: nocloud, which is on a drive" if image else ""
            self._tell(ids.NEEDS_DRIVE, summary, path("config_drive"), help="take config_drive: none away")
        for key, why in _ON_DRIVES.items():
            if key in said:
                summary = f"{why}, and this instance has none"
                self._tell(ids.NO_EFFECT, summary, path(key), of_key=True, severity="warning")
