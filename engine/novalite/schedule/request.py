# SPDX-License-Identifier: GPL-3.0-or-later
"""Request: what one instance asks of a host. Needs no numpy. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import attrs

from novalite.model.flavor import Flavor
from novalite.model.guest_topology import hardware_wishes
from novalite.schedule.ask import Group, ask_from

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Mapping

    from novalite.model.instance import Instance
    from novalite.model.numa import GuestTopology
    from novalite.model.pci import PciRequest
    from novalite.model.server_group import ServerGroup
    from novalite.schedule.prefilters import Context

__all__ = ["Group", "Request", "Shape", "request_from_instance", "requests_from_instances"]

# What a flavor's spec says; requests for devices are not looked up again.
_SAID = frozenset(field.name for field in attrs.fields(Flavor)) - {"pci"}

Pairs = tuple[tuple[str, str], ...]


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
    image_format: str = ""  # qcow2, raw
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


class Request(NamedTuple):
    """One instance to place. ``uuid`` is the instance's own, where it exists already; ``cell`` is the one it leaves.

    A tuple, as they are made by the hundred thousand.
    """

    name: str
    shape: Shape
    group: ServerGroup | None = None
    uuid: str = ""
    cell: str | None = None


def requests_from_instances(instances: Iterable[Instance], context: Context | None = None) -> list[Request]:
    """Return what each instance asks of a host, after the pre-filters; equal shapes are one object.

    A shape is made once for instances that share flavor, image, networks, zone, pin and project; ``context`` is what
    pre-filters look at (Nova's defaults without one).
    """
    held = list(instances)  # keys are the ids of what they hold
    made: dict[Hashable, Shape] = {}
    same: dict[Shape, Shape] = {}
    kinds: dict[tuple[int, int], dict[str, Any]] = {}
    found = []
    for instance in held:
        ports = instance.ports
        key = (
            id(instance.flavor),
            id(instance.image),
            id(ports[0].network) if len(ports) == 1 else tuple([id(port.network) for port in ports]),
            instance.availability_zone,
            instance.host,
            instance.project,
            instance.hints,
        )
        shape = made.get(key)
        if shape is None:
            kind = kinds.get(key[:2])
            if kind is None:
                kind = kinds[key[:2]] = _of_kind(instance)
            shape = _filtered(_own(instance, kind), context)
            shape = made[key] = same.setdefault(shape, shape)
        found.append(Request(instance.name, shape, instance.group))
    return found


def request_from_instance(instance: Instance, context: Context | None = None) -> Request:
    """Return what an instance asks of a host, after the pre-filters."""
    return Request(instance.name, shape_from_instance(instance, context), instance.group)


def shape_from_instance(instance: Instance, context: Context | None = None) -> Shape:
    """Return the part of an instance's request that others like it share, after the pre-filters."""
    return _filtered(bare_shape(instance), context)


def bare_shape(instance: Instance) -> Shape:
    """Return what flavor, image and the instance itself ask, before any pre-filter."""
    return _own(instance, _of_kind(instance))


def _of_kind(instance: Instance) -> dict[str, Any]:
    """Return the fields of a shape that flavor and image alone decide."""
    flavor, image = instance.flavor, instance.image
    return {
        **_asked(flavor, image.properties),
        "flavor": flavor.name,
        "extra_specs": tuple(sorted(flavor.extra_specs.items())),
        "image": image.name,
        "image_sha256": image.sha256,
        "image_format": image.format,
        "image_properties": tuple(sorted(image.properties.items())),
        **hardware_wishes(flavor, image),
    }


def _own(instance: Instance, kind: Mapping[str, Any]) -> Shape:
    """Return the shape of an instance, with what it says itself."""
    return Shape(
        **kind,
        zone=instance.availability_zone,
        host=instance.host,
        networks=frozenset([(port.network.kind, port.network.source) for port in instance.ports]),
        project=instance.project,
        hints=instance.hints,
    )


def _filtered(shape: Shape, context: Context | None) -> Shape:
    from novalite.schedule import prefilters  # a plan without new instances starts without them

    return prefilters.run(shape, context or prefilters.Context())


def shape_from_spec(spec: Mapping[str, Any]) -> Shape:
    """Return what an instance that lives asked of providers, by its spec: resources, traits and groups, no more."""
    said = spec["flavor"]
    flavor = Flavor(**{name: said[name] for name in _SAID if name in said})
    return Shape(**_asked(flavor, spec["image"].get("properties") or {}))


def _asked(flavor: Flavor, properties: Mapping[str, str]) -> dict[str, Any]:
    asked = ask_from(flavor, properties)
    return {
        "resources": asked.own.resources,
        "required": asked.own.required,
        "forbidden": asked.own.forbidden,
        "any_of": asked.own.any_of,
        "groups": asked.groups,
        "group_policy": asked.group_policy,
        "same_subtree": asked.same_subtree,
    }
