# SPDX-License-Identifier: GPL-3.0-or-later
"""Instances of a fleet: defaults under them, references resolved, counts written out. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

from novalite.model.cdrom import CdromDrive
from novalite.model.image import NO_IMAGE
from novalite.model.instance import Instance
from novalite.shared import names
from novalite.spec import ids
from novalite.spec.nouns.adopted import entry_of, read_adoption
from novalite.spec.nouns.birth import KEYS, BirthReader
from novalite.spec.nouns.guest_link import bonded_ports
from novalite.spec.nouns.hints import HintReader
from novalite.spec.nouns.port import PortReader
from novalite.spec.nouns.ready import build_wait_for
from novalite.spec.nouns.rolling import build_rolling, check_members
from novalite.spec.nouns.user_data import UserDataReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.model.flavor import Flavor
    from novalite.model.image import Image
    from novalite.model.keypair import Keypair
    from novalite.model.network import Network
    from novalite.model.server_group import ServerGroup
    from novalite.spec.context import Context
    from novalite.spec.sources import Path

# Keys that say the value itself.
_PLAIN = (
    "power",
    "power_policy",
    "protect",
    "availability_zone",
    "host",
    "restart_token",
    "on_delete",
    "trash_days",
)
_NAME_LENGTH = 63


@attrs.frozen
class Nouns:
    """What instances refer to, by name."""

    flavors: Mapping[str, Flavor]
    images: Mapping[str, Image]
    keypairs: Mapping[str, Keypair]
    networks: Mapping[str, Network]
    groups: Mapping[str, ServerGroup]


class InstanceReader:
    """Builds all instances of a fleet."""

    def __init__(self, context: Context, nouns: Nouns) -> None:
        self.context = context
        self.nouns = nouns
        self.defaults: dict[str, Any] = context.section("defaults")
        self.ports = PortReader(context, nouns.networks)
        self.user_data = UserDataReader(context)
        self.birth = BirthReader(context, self.ports.book, nouns.networks)
        self.hints = HintReader(context)
        self.adopted: dict[str, str] = {}  # UUID -> who it is
        self.fitting: dict[tuple[str, str], str] = {}
        self.built: dict[str, Instance] = {}

    def build(self) -> dict[str, Instance]:
        """Return the instances by final name, sorted; those with a problem are left out."""
        declared = self.context.section("instances")
        project = str(self.context.declared.value["project"])
        for name, entry in declared.items():
            fields = self.fields(name, entry)
            if fields is not None:
                self.expand(project, name, entry, fields, declared)
        return dict(sorted(self.built.items()))

    def fields(self, name: str, own: dict[str, Any]) -> dict[str, Any] | None:
        """Return the arguments that all instances of one entry share; None where a reference is missing."""
        entry = entry_of(self.context, name, own, self.defaults)
        flavor = self.find("flavor", "flavors", self.nouns.flavors, name, own, entry)
        image = self.image(name, own, entry)
        count = own.get("count")
        fields: dict[str, Any] = {"flavor": flavor, "image": image}
        if entry.get("networks"):
            bonded = bonded_ports(entry.get("guest_links"))
            fields["ports"] = self.ports.get(entry["networks"], self.path(name, own, "networks"), count, bonded)
        if entry.get("key") is not None:
            fields["keypair"] = self.find("key", "keypairs", self.nouns.keypairs, name, own, entry)
        if entry.get("group") is not None:
            fields["group"] = self.find("group", "server_groups", self.nouns.groups, name, own, entry)
        if "cdrom" in entry:
            fields["cdrom"] = self.drive(name, own, entry)
        fields |= self.told(name, own, entry, image)
        if entry.get("scheduler_hints"):
            path = self.path(name, own, "scheduler_hints")
            fields["hints"] = self.hints.get(entry["scheduler_hints"], path)
        if "metadata" in entry:
            fields["metadata"] = {**self.defaults.get("metadata", {}), **own.get("metadata", {})}
        if "stop_timeout" in entry:
            fields["stop_timeout_s"] = self.context.seconds(entry["stop_timeout"], self.path(name, own, "stop_timeout"))
        for key in _PLAIN:
            if entry.get(key) is not None:
                fields[key] = entry[key]
        fields["rolling"] = build_rolling(self.context, own, f"instance {name}", ("instances", name, "rolling"))
        check_members(self.context, fields, ("instances", name), own.get("count"))
        fields["wait_for"] = build_wait_for(
            self.context, fields, entry.get("wait_for"), self.path(name, own, "wait_for")
        )
        return None if flavor is None or image is None else {**fields, **self.origin(name, own, flavor, image)}

    def told(self, name: str, own: dict[str, Any], entry: dict[str, Any], image: Image | None) -> dict[str, Any]:
        """Return what the guest is told at first boot."""
        found: dict[str, Any] = {}
        if entry.get("user_data") is not None:
            found["user_data"] = self.user_data.get(entry["user_data"], self.path(name, own, "user_data"))
        if not KEYS.isdisjoint(entry):
            found |= self.birth.get(name, entry, image, lambda key: self.path(name, own, key))
        return found

    def origin(self, name: str, own: dict[str, Any], flavor: Flavor, image: Image) -> dict[str, Any]:
        """Return which domain it is, if somebody else made it; nothing for what is made from its image."""
        if "adopt" in own:
            adopt = read_adoption(self.context, name, own, self.adopted)
            return {"adopt": adopt, "extra_xml": own.get("extra_xml")}
        self.check_fit(flavor, image, name)
        return {}

    def image(self, name: str, own: dict[str, Any], entry: dict[str, Any]) -> Image | None:
        """Return the image; an adopted instance may have none."""
        if self.context.was_dropped("instances", name, "adopt"):
            return None
        if "adopt" in own and entry.get("image") is None:
            return NO_IMAGE
        found: Image | None = self.find("image", "images", self.nouns.images, name, own, entry)
        return found

    def drive(self, name: str, own: dict[str, Any], entry: dict[str, Any]) -> CdromDrive:
        """Return the CD-ROM drive, empty for null; a problem where the image is none that a drive reads."""
        if entry["cdrom"] is None:
            return CdromDrive()
        image: Image | None = self.find("cdrom", "images", self.nouns.images, name, own, entry)
        if image is not None and image.format != "raw":
            summary = f"image {image.name} is {image.format}, and a CD-ROM drive reads raw images (ISO 9660)"
            self.context.add(ids.NO_MEDIUM, summary, self.path(name, own, "cdrom"))
        return CdromDrive(image)

    def path(self, name: str, own: dict[str, Any], key: str) -> Path:
        """Return where a field was said: in the instance, or in the defaults."""
        return ("instances", name, key) if key in own else ("defaults", key)

    def find(
        self, key: str, section: str, known: Mapping[str, Any], name: str, own: dict[str, Any], entry: dict[str, Any]
    ) -> Any:
        """Return what a field refers to; a problem, and None, where it refers to nothing."""
        reference = entry.get(key)
        if reference is None and (
            self.context.was_dropped("instances", name, key) or self.context.was_dropped("defaults", key)
        ):
            return None
        if reference is None:
            help_text = f"say it here, or for all in defaults: {key}: NAME"
            self.context.add(ids.MISSING_KEY, f'"{key}" is missing', ("instances", name), of_key=True, help=help_text)
            return None
        found = known.get(reference)
        if found is None:
            self.context.check_reference(section, reference, self.path(name, own, key))
        return found

    def check_fit(self, flavor: Flavor, image: Image, name: str) -> None:
        """Note where an image needs more than a flavor gives; once for each pair."""
        pair = (flavor.name, image.name)
        if pair in self.fitting:
            return
        self.fitting[pair] = name
        virtual_gib = self.context.virtual_gib.get(image.name, 0)
        needs = (
            ("a disk of", image.min_disk_gib, flavor.disk_gib, "GiB"),
            ("a disk (it is one) of", virtual_gib, flavor.disk_gib, "GiB"),
            ("memory of", image.min_ram_mib, flavor.ram_mib, "MiB"),
        )
        for what, needed, given, unit in needs:
            if needed > given:
                summary = f"image {image.name} needs {what} {needed}{unit}, and flavor {flavor.name} has {given}{unit}"
                path = ("instances", name)
                own = self.context.section("instances")[name]
                where = (*path, "flavor") if "flavor" in own else path
                self.context.add(ids.IMAGE_TOO_BIG, summary, where, of_key="flavor" not in own)
                return

    def expand(
        self, project: str, name: str, entry: dict[str, Any], fields: dict[str, Any], declared: Mapping[str, Any]
    ) -> None:
        """Add the instance of an entry, or ``count`` of them."""
        where = self.context.declared.entry("instances", name)
        moved = entry["moved"]["from"] if "moved" in entry else None
        count = entry.get("count")
        if count is None:
            self.built[name] = Instance(project=project, name=name, moved_from=moved, where=where, **fields)
            return
        path = ("instances", name, "count")
        if count and len(longest := f"{name}-{count - 1}") > _NAME_LENGTH:
            summary = f"{longest} would have {len(longest)} characters, and {_NAME_LENGTH} are the most"
            self.context.add(ids.BAD_NAME, summary, path)
            return
        for index in range(count):
            numbered = f"{name}-{index}"
            if numbered in declared or numbered in self.built:
                other = self.context.declared.entry("instances", numbered)
                related = (("the other", other),) if numbered in declared else ()
                summary = f'count: {count} of "{name}" gives {numbered}, and there is one of that name'
                self.context.add(ids.COUNT_COLLISION, summary, path, related=related)
                continue
            before = f"{moved}-{index}" if moved else None
            self.built[numbered] = Instance(
                project=project, name=numbered, launch_index=index, moved_from=before, where=where, **fields
            )


def bad_names(context: Context) -> None:
    """Check every declared name again: they reach paths, XML and argument lists (the schema did it before)."""
    for section, entries in context.declared.value.items():
        if isinstance(entries, dict) and section not in ("defaults", "scheduler"):
            for name in entries:
                if not names.is_name(name):
                    context.add(ids.BAD_NAME, "not a name", (section, name), of_key=True)
