# SPDX-License-Identifier: GPL-3.0-or-later
"""Request: what one instance asks of a host. Needs no numpy. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.guest_topology import hardware_wishes
from novalite.model.trait import traits_from_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.instance import Instance
    from novalite.model.numa import GuestTopology
    from novalite.model.pci import PciRequest
    from novalite.model.server_group import ServerGroup

Pairs = tuple[tuple[str, str], ...]


@attrs.frozen(slots=True)
class Group:
    """A suffixed request group (``resources_GPU:VGPU=1``): one provider gives all of it, and has the traits."""

    suffix: str
    resources: tuple[tuple[str, int], ...] = ()
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    any_of: tuple[frozenset[str], ...] = ()  # of each set at least one


@attrs.frozen(slots=True, cache_hash=True)
class Shape:
    """The part of a request that many instances share, so that filters answer for it once. Hashable.

    ``resources``, ``required``, ``forbidden`` and ``any_of`` are the unsuffixed group: the host with all that is in it.
    """

    resources: tuple[tuple[str, int], ...] = ()
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    any_of: tuple[frozenset[str], ...] = ()  # of each set at least one
    root_required: frozenset[str] = frozenset()  # of the host itself, whatever gives the resources
    root_forbidden: frozenset[str] = frozenset()
    groups: tuple[Group, ...] = ()
    group_policy: str = "none"  # isolate: no two groups on the same provider
    same_subtree: tuple[frozenset[str], ...] = ()  # suffixes whose providers share an ancestor among themselves
    member_of: tuple[frozenset[str], ...] = ()  # names of aggregates: of each set the host is in at least one
    not_member_of: frozenset[str] = frozenset()  # ... and in none of these
    zone: str | None = None
    host: str | None = None  # a pin
    networks: frozenset[tuple[str, str]] = frozenset()  # (kind, name on the host)
    flavor: str = ""
    extra_specs: Pairs = ()
    image: str = ""  # name
    image_sha256: str = ""
    image_properties: Pairs = ()
    project: str = ""
    hints: tuple[tuple[str, tuple[str, ...]], ...] = ()  # scheduler hints, by name; always lists
    topology: GuestTopology | None = None
    pci: tuple[PciRequest, ...] = ()
    amounts: Mapping[str, int] = attrs.field(init=False, eq=False, repr=False)

    @amounts.default
    def _amounts(self) -> dict[str, int]:
        return dict(self.resources)

    @property
    def specs(self) -> dict[str, str]:
        """Return the extra specs as a mapping."""
        return dict(self.extra_specs)

    @property
    def properties(self) -> dict[str, str]:
        """Return the image properties as a mapping."""
        return dict(self.image_properties)

    def hint(self, name: str) -> tuple[str, ...]:
        """Return what a scheduler hint says; nothing where it is not given."""
        return dict(self.hints).get(name, ())


@attrs.frozen(slots=True)
class Request:
    """One instance to place. ``uuid`` is the instance's own, where it exists already; ``cell`` is the one it leaves."""

    name: str
    shape: Shape
    group: ServerGroup | None = None
    uuid: str = ""
    cell: str | None = None


def requests_from_instances(instances: Iterable[Instance]) -> list[Request]:
    """Return what each instance asks of a host; equal shapes are one object."""
    shapes: dict[Shape, Shape] = {}
    found = []
    for instance in instances:
        request = request_from_instance(instance)
        shape = shapes.setdefault(request.shape, request.shape)
        found.append(Request(request.name, shape, request.group))
    return found


def request_from_instance(instance: Instance) -> Request:
    """Return what an instance asks of a host."""
    flavor, image = instance.flavor, instance.image
    shape = Shape(
        resources=tuple(sorted(flavor.resources().items())),
        required=flavor.required_traits() | traits_from_image(image.properties),
        forbidden=flavor.forbidden_traits(),
        zone=instance.availability_zone,
        host=instance.host,
        networks=frozenset((port.network.kind, port.network.source) for port in instance.ports),
        flavor=flavor.name,
        extra_specs=tuple(sorted(flavor.extra_specs.items())),
        image=image.name,
        image_sha256=image.sha256,
        image_properties=tuple(sorted(image.properties.items())),
        project=instance.project,
        **hardware_wishes(flavor, image),
    )
    return Request(instance.name, shape, instance.group)
