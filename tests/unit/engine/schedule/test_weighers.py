# SPDX-License-Identifier: GPL-3.0-or-later
"""Nova's arithmetic of weights, with the awkward cases."""

from __future__ import annotations

import numpy as np
import pytest

from builders import make_foreign, make_host
from novalite.model.server_group import ServerGroup
from novalite.schedule import weighers
from novalite.schedule.request import Request, Shape
from novalite.schedule.select import best_of, weigh
from novalite.schedule.table import HostTable
from novalite.schedule.weighers.normalise import normalise

PLAIN = Request("web-0", Shape(()))
FOREIGN = make_foreign(VCPU=2, MEMORY_MB=1000, DISK_GB=10)


@pytest.mark.parametrize(
    ("values", "minval", "expected"),
    [
        ([1.0, 2.0, 3.0], None, [0.0, 0.5, 1.0]),
        ([5.0, 5.0], None, [0.0, 0.0]),
        ([5.0, 5.0], 0.0, [1.0, 1.0]),  # the low bound is fixed at 0: equal hosts get 1 each
        ([0.0, 0.0], 0.0, [0.0, 0.0]),
        ([-4.0, 2.0, 4.0], 0.0, [0.0, 0.5, 1.0]),  # an overcommitted host counts as full, not as worse than full
        ([-4.0, -2.0], 0.0, [0.0, 0.0]),
        ([-2.0, -1.0, 0.0], None, [0.0, 0.5, 1.0]),
    ],
)
def test_normalise(values: list[float], minval: float | None, expected: list[float]) -> None:
    """Clamped, then between the bounds; equal bounds give 0."""
    assert normalise(np.array(values), minval).tolist() == expected


ROWS = [
    # RAM: total - reserved - used, without overcommit
    ("RAMWeigher", None, {}, [8704 - 512 - 1000, 8704 - 512]),
    # CPU: total x ratio - used; Nova does not subtract the reserve
    ("CPUWeigher", None, {}, [4 * 4.0 - 2, 16.0]),
    ("DiskWeigher", None, {}, [90 * 1024.0, 100 * 1024.0]),
    ("ServerGroupSoftAffinityWeigher", "soft-affinity", {"g": {"kvm-1": 2}}, [2.0, 0.0]),
    ("ServerGroupSoftAntiAffinityWeigher", "soft-anti-affinity", {"g": {"kvm-1": 2}}, [-2.0, 0.0]),
]


@pytest.mark.parametrize(("name", "policy", "members", "expected"), ROWS)
def test_raw_value(name: str, policy: str | None, members: dict[str, dict[str, int]], expected: list[float]) -> None:
    """Each weigher's raw value on a host with a foreign domain and on an empty one."""
    hosts = HostTable([make_host("kvm-1", foreign=[FOREIGN]), make_host("kvm-2")], members=members)
    asked = Request("web-0", Shape(()), ServerGroup("g", policy) if policy else None)
    weigher = next(weigher for weigher in weighers.ALL if name == weigher.NAME)
    assert weigher.applies(hosts, asked)
    assert weigher.raw(hosts, asked).tolist() == expected


def test_every_weigher_has_a_row() -> None:
    """A weigher that is added without a row fails here."""
    assert {weigher.NAME for weigher in weighers.ALL} == {row[0] for row in ROWS}


def test_group_weighers_have_nothing_to_say_without_their_policy() -> None:
    """Hard policies are filters."""
    for policy in ("affinity", "anti-affinity"):
        asked = Request("web-0", Shape(()), ServerGroup("g", policy))
        names = [weigher.NAME for weigher in weighers.ALL if weigher.applies(HostTable([]), asked)]
        assert names == ["RAMWeigher", "CPUWeigher", "DiskWeigher"]


def test_low_and_high_are_those_of_the_hosts_that_passed() -> None:
    """A huge host that was filtered out does not flatten the others."""
    hosts = HostTable(
        [
            make_host("a", memory_mib=512 + 100),
            make_host("b", memory_mib=512 + 200),
            make_host("huge", memory_mib=10**6),
        ]
    )
    _, parts = weigh(hosts, PLAIN, np.array([0, 1]))
    assert parts[0][1].tolist() == [0.5, 1.0]


def test_a_single_host_is_not_weighed() -> None:
    """As in Nova: its weight is 0."""
    choice = best_of(HostTable([make_host("a")]), PLAIN, np.array([0]))
    assert (choice.row, choice.weight, choice.runner_up) == (0, 0.0, None)


def test_ties_go_to_the_first_name_in_natural_order() -> None:
    """kvm-2 comes before kvm-10, in whatever order the hosts are given."""
    hosts = HostTable([make_host("kvm-10"), make_host("kvm-2")])
    choice = best_of(hosts, PLAIN, np.array([0, 1]))
    assert hosts.names[choice.row] == "kvm-2"
