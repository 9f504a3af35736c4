# SPDX-License-Identifier: GPL-3.0-or-later
"""The arithmetic that values carry, and that they cannot be changed."""

from __future__ import annotations

import attrs
import pytest

from novalite.model.content import Content
from novalite.model.flavor import Flavor
from novalite.model.image import Image
from novalite.model.instance import Instance
from novalite.model.keypair import Keypair
from novalite.model.network import Network
from novalite.model.port import Port
from novalite.model.resource import Inventory
from novalite.model.server_group import ServerGroup
from novalite.shared import arguments

FLAVOR = Flavor("db", 4, 8192, 40, 20, 513, {"trait:A": "required", "trait:B": "forbidden", "x": "required"})
IMAGE = Image("disk", "/images/disk.raw", "ab" * 32, "raw", 512)
INSTANCE = Instance(
    project="shop",
    name="db",
    flavor=FLAVOR,
    image=IMAGE,
    ports=(Port(Network("lan", "bridge", "br0", "10.0.0.0/24", "10.0.0.1", ("1.1.1.1",), 1500), "10.0.0.9"),),
    keypair=Keypair("ops", "ssh-ed25519 AAAA"),
    group=ServerGroup("g", "affinity"),
    user_data=Content(b"secret", "cd" * 32),
)


def test_a_flavor_asks_for_disk_with_swap_rounded_up() -> None:
    assert FLAVOR.resources() == {"VCPU": 4, "MEMORY_MB": 8192, "DISK_GB": 61}


def test_amounts_of_zero_are_not_asked_for() -> None:
    assert Flavor("a", 1, 512, 0).resources() == {"VCPU": 1, "MEMORY_MB": 512}


@pytest.mark.parametrize(
    ("source", "remote"), [("https://a/b", True), ("http://a/b", True), ("/a/https://b", False), ("/a", False)]
)
def test_an_image_is_remote_by_its_scheme(source: str, remote: bool) -> None:
    assert attrs.evolve(IMAGE, source=source).is_remote is remote


# Keys that are left out where the fleet says nothing, so that earlier marks stay what they are.
ONLY_WHERE_SAID = {
    "adopted",
    "cdrom",
    "claim",
    "link",
    "max_ram_mib",
    "max_vcpus",
    "on_delete",
    "restart_token",
    "trash_days",
    *arguments._SELDOM,
    *arguments._MAY_BE_MISSING["ports"],
}


def test_a_spec_has_the_shape_that_hosts_expect() -> None:
    spec = INSTANCE.to_spec("uuid", "shop.db", ["52:54:00:00:00:01"])
    shapes = [(spec, arguments.SPEC), (spec["flavor"], arguments.FLAVOR), (spec["image"], arguments.IMAGE)]
    shapes += [(spec["ports"][0], arguments.PORT), (spec["group"], arguments.GROUP)]  # type: ignore[index]
    shapes += [(spec["keypair"], arguments.KEYPAIR)]
    for value, shape in shapes:
        assert set(value) == set(shape) - ONLY_WHERE_SAID  # type: ignore[call-overload]


def test_a_spec_holds_neither_user_data_nor_where_an_image_came_from() -> None:
    text = repr(INSTANCE.to_spec("uuid", "shop.db", ["52:54:00:00:00:01"]))
    assert "secret" not in text
    assert "/images" not in text


def test_each_port_needs_its_mac() -> None:
    with pytest.raises(ValueError, match="zip"):
        INSTANCE.to_spec("uuid", "shop.db", [])


def test_the_place_in_a_file_is_not_part_of_an_instance() -> None:
    from novalite.problem import Where

    assert attrs.evolve(INSTANCE, where=Where("a.yml", 3)) == INSTANCE


def test_values_are_frozen() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        INSTANCE.name = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("used", "amount", "fits"),
    [(0, 30, True), (0, 31, False), (29, 1, True), (30, 1, False), (0, 0, False), (0, 3, True)],
)
def test_an_inventory_fits_as_placement_counts(used: int, amount: int, fits: bool) -> None:
    assert Inventory(total=22, reserved=2, allocation_ratio=1.5).fits(used, amount) is fits


def test_capacity_is_not_rounded() -> None:
    inventory = Inventory(total=5, allocation_ratio=1.5)
    assert inventory.capacity == 7.5
    assert inventory.fits(0, 7)
    assert not inventory.fits(0, 8)


@pytest.mark.parametrize(("amount", "fits"), [(2, False), (4, True), (6, False), (8, True), (12, False)])
def test_steps_and_limits_of_an_inventory(amount: int, fits: bool) -> None:
    assert Inventory(total=100, min_unit=4, max_unit=8, step_size=4).fits(0, amount) is fits
