# SPDX-License-Identifier: GPL-3.0-or-later
"""What changes of what a guest is told at first boot, in few words."""

from __future__ import annotations

from typing import Any

import pytest

from novalite.model.change import FieldChange
from novalite.model.subnet import Subnet
from novalite.plan.birth_words import birth_text

V4, V6 = Subnet("10.0.0.0/24"), Subnet("2001:db8::/64", ipv6="slaac")


def subnets(*subnets: Subnet, ips: tuple[str, ...] = ()) -> list[dict[str, object]]:
    return [one.to_spec(ips) for one in subnets]


ROWS: list[tuple[str, Any, Any, str | None]] = [
    ("files", None, [{"path": "/a", "sha256": "1"}], "files +/a"),
    ("files", [{"path": "/a", "sha256": "1"}], None, "files -/a"),
    ("files", [{"path": "/a", "sha256": "1"}, {"path": "/b", "sha256": "2"}],
     [{"path": "/a", "sha256": "3"}, {"path": "/b", "sha256": "2"}], "files /a"),
    ("guest_links", [{"name": "bond0", "ports": [0]}], [{"name": "bond0", "ports": [0, 1]}, {"name": "x"}],
     "guest links bond0, +x"),
    ("vendor_targets", None, {"targets": [{"name": "a", "url": "http://a"}]}, "vendor targets none -> a"),
    ("ports[1].subnets", subnets(V4), subnets(V4, ips=("10.0.0.5",)),
     "ports[1] dhcp in 10.0.0.0/24 -> 10.0.0.5 in 10.0.0.0/24"),
    ("ports[0].subnets", subnets(V4), subnets(V4, V6), "ports[0] none -> slaac in 2001:db8::/64"),
    ("ports[0].subnets", None, subnets(V4), "ports[0] none -> dhcp in 10.0.0.0/24"),
    ("ports[0].subnets", subnets(V4), subnets(Subnet("10.0.0.0/24", dns=("10.0.0.2",))), "ports[0] dns of 10.0.0.0/24"),
    ("ports[0].subnets", "damaged", subnets(V4), None),
    ("files", [7], None, None),
    ("hostname", "a", "b", None),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after", "said"), ROWS)
def test_only_what_differs_is_said(path: str, before: Any, after: Any, said: str | None) -> None:
    assert birth_text(FieldChange(path, before, after, "rebuild")) == said
