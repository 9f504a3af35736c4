# SPDX-License-Identifier: GPL-3.0-or-later
"""A valid document -> Fleet. Pure: files are an argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.model.fleet import Fleet
from novalite.shared import canonical
from novalite.spec.context import Context
from novalite.spec.contradictions import find_contradictions
from novalite.spec.nouns.aggregate import build_aggregates
from novalite.spec.nouns.drift_ignore import build_drift_ignores
from novalite.spec.nouns.flavor import build_flavors, speaks_of_hardware
from novalite.spec.nouns.goal import build_goals
from novalite.spec.nouns.hints import check_neighbours
from novalite.spec.nouns.image import build_images
from novalite.spec.nouns.instance import InstanceReader, Nouns, bad_names
from novalite.spec.nouns.keypair import build_keypairs
from novalite.spec.nouns.network import build_networks
from novalite.spec.nouns.pci_alias import build_pci_aliases
from novalite.spec.nouns.scheduler import build_scheduler
from novalite.spec.nouns.server_group import build_server_groups
from novalite.spec.nouns.sharing_provider import build_sharing_providers
from novalite.spec.places import places_of
from novalite.spec.seed.instance_rules import check_seeds

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from novalite.model.instance import Instance
    from novalite.problem import Problem
    from novalite.spec.files import Files
    from novalite.spec.sources import Declared


def build_fleet(declared: Declared, files: Files, meaning: str) -> tuple[Fleet, list[Problem]]:
    """Return the fleet that a valid document declares, and what only looking across it shows to be wrong.

    ``meaning`` is the fingerprint of the document (``document_fingerprint``). The fleet holds what could be built: it
    is complete only where no problem is an error.
    """
    context = Context(declared, files)
    bad_names(context)
    aliases = build_pci_aliases(context)
    nouns = Nouns(
        flavors=build_flavors(context, aliases),
        images=build_images(context),
        keypairs=build_keypairs(context),
        networks=build_networks(context),
        groups=build_server_groups(context),
    )
    aggregates = build_aggregates(context)
    sharing = build_sharing_providers(context)
    goals = build_goals(context, aggregates)
    scheduler = build_scheduler(context)
    if any("extra_specs" in entry or "properties" in entry for entry in _asking(context)):
        from novalite.spec.nouns.demand import check_demands  # most fleets ask nothing, and start faster without it

        check_demands(context)
    reader = InstanceReader(context, nouns)
    instances = reader.build()
    _check_across(context, instances, reader)
    if speaks_of_hardware(nouns.flavors.values(), nouns.images.values()):
        from novalite.spec.consistency.check import check_consistency

        check_consistency(context, nouns.flavors, nouns.images, reader.fitting)
    # The document names files; what they held belongs to the meaning, where they lie does not.
    named = {
        "document": meaning,
        "images": {name: image.sha256 for name, image in nouns.images.items()},
        "keypairs": {name: keypair.public_key for name, keypair in nouns.keypairs.items()},
        "user_data": sorted({data.sha256 for data in reader.user_data.known.values() if data is not None}),
    }
    contents = reader.birth.digests()
    if contents:
        named["contents"] = contents
    project = str(declared.value["project"])
    fleet = Fleet(
        project,
        instances,
        aggregates,
        canonical.fingerprint(named),
        flavors=nouns.flavors,
        images=nouns.images,
        networks=nouns.networks,
        sharing_providers=sharing,
        goals=goals,
        drift_ignores=build_drift_ignores(context, instances),
        pci_aliases=aliases,
        scheduler=scheduler,
        secrets=context.secrets,
        place=places_of(declared.sources),
    )
    return fleet, context.problems


def _check_across(context: Context, instances: Mapping[str, Instance], reader: InstanceReader) -> None:
    """Note what only looking at several things together shows to be wrong."""
    find_contradictions(context, instances)
    check_seeds(context, instances, reader.user_data.seen)
    check_neighbours(context, instances)


def _asking(context: Context) -> Iterator[Mapping[str, Any]]:
    """Yield what may ask something of hosts."""
    for section in ("flavors", "images"):
        yield from (entry for _, entry, _ in context.entries(section))


def document_fingerprint(declared: Declared) -> str:
    """Return the fingerprint of what is declared, whatever the order of files and keys."""
    return canonical.fingerprint(declared.value)
