# SPDX-License-Identifier: GPL-3.0-or-later
"""Request: what one instance asks of a host. Needs no numpy. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from novalite.model.trait import traits_from_image

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.instance import Instance
    from novalite.model.server_group import ServerGroup


@attrs.frozen(slots=True, cache_hash=True)
class Shape:
    """The part of a request that many instances share, so that filters answer for it once. Hashable."""

    resources: tuple[tuple[str, int], ...]
    required: frozenset[str] = frozenset()
    forbidden: frozenset[str] = frozenset()
    zone: str | None = None
    host: str | None = None  # a pin
    networks: frozenset[tuple[str, str]] = frozenset()  # (kind, name on the host)
    extra_specs: tuple[tuple[str, str], ...] = ()
    amounts: Mapping[str, int] = attrs.field(init=False, eq=False, repr=False)

    @amounts.default
    def _amounts(self) -> dict[str, int]:
        return dict(self.resources)


@attrs.frozen(slots=True)
class Request:
    """One instance to place."""

    name: str
    shape: Shape
    group: ServerGroup | None = None


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
        extra_specs=tuple(sorted(flavor.extra_specs.items())),
    )
    return Request(instance.name, shape, instance.group)
