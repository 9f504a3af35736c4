# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest change by which an instance would fit, on generated worlds: applied it schedules, and no less would."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import attrs
from hypothesis import given, settings
from hypothesis import strategies as st

from novalite.model.aggregate import Aggregate
from novalite.model.placement import Placement, Unplaced
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.schedule import filters
from novalite.schedule.host import Host
from novalite.schedule.relax import advise
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import select
from novalite.schedule.table import HostTable

if TYPE_CHECKING:
    from novalite.model.relaxation import Advice

LAN = frozenset({("libvirt", "lan")})
SSD = Aggregate("ssd", (), {"disk": "ssd"})
APART = ServerGroup("apart", "anti-affinity")
SHAPE = Shape(resources=(("MEMORY_MB", 4096), ("VCPU", 2)), networks=LAN)


def make_host(name: str = "kvm-1", *, ram: int = 8192, vcpus: int = 8, **rest: Any) -> Host:
    inventories = {"MEMORY_MB": Inventory(ram), "VCPU": Inventory(vcpus), **rest.pop("inventories", {})}
    return Host(name, inventories=inventories, **{"networks": LAN, "zone": "az1", **rest})


TRAITS = st.frozensets(st.sampled_from(["CUSTOM_A", "CUSTOM_B"]))
ZONES = st.sampled_from([None, "az1", "az2"])
GROUPS = st.none() | st.sampled_from([APART, ServerGroup("near", "affinity"), ServerGroup("pairs", "anti-affinity", 2)])


def hosts_named(name: str) -> st.SearchStrategy[Host]:
    return st.builds(
        make_host,
        st.just(name),
        ram=st.sampled_from([1000, 2048, 5000]),
        vcpus=st.integers(1, 4),
        traits=TRAITS,
        zone=ZONES,
        enabled=st.booleans(),
        networks=st.sampled_from([LAN, frozenset()]),
    )


def requests_named(name: str) -> st.SearchStrategy[Request]:
    return st.builds(
        Request,
        st.just(name),
        st.builds(
            Shape,
            resources=st.sampled_from([(("MEMORY_MB", 2000), ("VCPU", 1)), (("MEMORY_MB", 4096), ("VCPU", 3))]),
            required=TRAITS,
            zone=ZONES,
            host=st.sampled_from([None, None, "kvm-1"]),
            networks=st.just(LAN),
            extra_specs=st.sampled_from([(), (), (("disk", "ssd"),)]),
        ),
        GROUPS,
    )


WORLDS = st.tuples(
    st.tuples(*[hosts_named(f"kvm-{number}") for number in range(3)]),
    st.tuples(*[requests_named(f"web-{number}") for number in range(4)]),
)


def carried_out(hosts: list[Host], request: Request, advice: Advice) -> tuple[list[Host], list[Aggregate], Request]:
    """Do what the advice says, in the words of the fleet and of the hosts' variables."""
    aggregates = [attrs.evolve(SSD, hosts=("kvm-0",))]
    for change in advice.changes:
        shape = request.shape
        on = next(host for host in hosts if host.name == advice.host)
        changed: dict[str, Any] = {
            "amount": {"resources": tuple({**dict(shape.resources), change.subject: change.fits}.items())},
            "trait": {"required": shape.required - {change.subject}},
            "zone": {"zone": change.fits},
            "pin": {"host": None},
            "extra_spec": {"extra_specs": ()},
        }.get(change.kind, {})
        if change.kind == "group_limit":
            request = request._replace(group=attrs.evolve(request.group, max_server_per_host=change.fits))
        elif change.kind == "group":
            request = request._replace(group=None)
        elif change.kind == "aggregate":
            aggregates = [attrs.evolve(SSD, hosts=("kvm-0", advice.host))]
        elif change.kind in ("enable", "network"):
            better = {"enabled": True} if change.kind == "enable" else {"networks": on.networks | LAN}
            hosts = [attrs.evolve(host, **better) if host is on else host for host in hosts]
        else:
            assert changed, change
            request = request._replace(shape=attrs.evolve(shape, **changed))
    return hosts, aggregates, request


@settings(max_examples=150, deadline=None)
@given(WORLDS)
def test_the_relaxation_applied_schedules(world: tuple[tuple[Host, ...], tuple[Request, ...]]) -> None:
    """The first instance without a host is placed once the advice is carried out, on the host that it names."""
    hosts, requests = list(world[0]), list(world[1])
    table = HostTable(hosts, aggregates=[attrs.evolve(SSD, hosts=("kvm-0",))])
    placed = select(table, requests)
    index = next((index for index, result in enumerate(placed) if isinstance(result, Unplaced)), None)
    if index is None:
        return
    result = placed[index]
    assert isinstance(result, Unplaced)
    assert result.advice is not None
    before = HostTable(hosts, aggregates=[attrs.evolve(SSD, hosts=("kvm-0",))])
    select(before, requests[:index])
    more, aggregates, request = carried_out(hosts, requests[index], result.advice)
    pinned = request._replace(shape=attrs.evolve(request.shape, host=result.advice.host))
    after = HostTable(more, aggregates=aggregates)
    for done in requests[:index]:
        booked = next(each for each in placed if each.name == done.name)
        assert isinstance(booked, Placement)
        after.book(done, after.rows[booked.host])
    assert isinstance(select(after, [pinned])[0], Placement), result.advice.text


@settings(max_examples=150, deadline=None)
@given(WORLDS)
def test_no_smaller_set_suffices(world: tuple[tuple[Host, ...], tuple[Request, ...]]) -> None:
    """Leaving any one change out leaves the instance without that host, and no host refuses by fewer rules."""
    hosts, request = list(world[0]), world[1][0]
    table = HostTable(hosts, aggregates=[attrs.evolve(SSD, hosts=("kvm-0",))])
    found = advise(table, request)
    refusals = [
        {rule.NAME for rule in filters.applying(table, request) if not rule.mask(table, request)[row]} - {"UnitsFilter"}
        for row in range(len(hosts))
    ]
    if not all(refusals):
        assert found is None or not found.changes
        return
    assert found is not None
    assert len({change.rule for change in found.changes}) <= min(
        sum(max(_changes(table, request, row, name), 1) for name in names) for row, names in enumerate(refusals)
    )
    for fewer in combinations(found.changes, len(found.changes) - 1):
        more, aggregates, lesser = carried_out(hosts, request, attrs.evolve(found, changes=fewer))
        again = HostTable(more, aggregates=aggregates)
        left = filters.applying(again, lesser)
        assert not all(rule.mask(again, lesser)[again.rows[found.host]] for rule in left)


def _changes(table: HostTable, request: Request, row: int, name: str) -> int:
    """Return how many changes a refusing rule needs: a trait each, anything else one."""
    return len(request.shape.required - table.hosts[row].traits) if name == "TraitsFilter" else 1
