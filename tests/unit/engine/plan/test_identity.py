# SPDX-License-Identifier: GPL-3.0-or-later
"""Identities collide with nothing that was observed, and are the same for the same name for ever."""

from __future__ import annotations

from builders import LAN, make_facts, make_foreign, make_instance, make_present, make_snapshot
from novalite.model.port import Port
from novalite.plan.identity import Identities
from novalite.shared import names

WEB = make_instance("web")
FIRST = names.uuid_from_name("shop", "web")


def test_the_first_generation_where_nothing_is_in_the_way() -> None:
    """UUID, domain and MACs are derived from project and name."""
    who = Identities(make_snapshot(make_facts())).choose(WEB)
    assert (who.uuid, who.domain, who.macs) == (FIRST, "shop.web", (names.mac_from_uuid(FIRST, 0),))


def test_a_uuid_that_lives_under_another_name() -> None:
    """After a rename the name is free, its UUID is not."""
    facts = make_facts("kvm-1", make_present(WEB, name="web-old"))
    who = Identities(make_snapshot(facts)).choose(WEB)
    assert (who.uuid, who.domain) == (names.uuid_from_name("shop", "web", 2), "shop.web.2")


def test_foreign_domains_are_in_the_way_too() -> None:
    """By UUID or by domain name, on any host."""
    for foreign in (make_foreign("old", uuid=FIRST), make_foreign("shop.web")):
        snapshot = make_snapshot(make_facts("kvm-1"), make_facts("kvm-2", foreign=[foreign]))
        assert Identities(snapshot).choose(WEB).domain == "shop.web.2"


def test_macs_avoid_those_observed() -> None:
    """A derived MAC that somebody has is derived again."""
    mac = names.mac_from_uuid(FIRST, 0)
    other = make_present(make_instance("other", ports=(Port(LAN, mac=mac),)))
    assert Identities(make_snapshot(make_facts("kvm-1", other))).choose(WEB).macs == (names.mac_from_uuid(FIRST, 0, 1),)
    foreign = {**make_foreign(), "macs": [mac]}
    snapshot = make_snapshot(make_facts("kvm-1", foreign=[foreign]))
    assert Identities(snapshot).choose(WEB).macs == (names.mac_from_uuid(FIRST, 0, 1),)


def test_a_mac_of_the_fleets_own_choice_is_kept_and_told_if_taken() -> None:
    """It is never changed silently; one that is freed by the same plan is free."""
    mac = "52:54:00:00:00:01"
    wanted = make_instance("web", ports=(Port(LAN, mac=mac),))
    snapshot = make_snapshot(make_facts("kvm-1", make_present(make_instance("other", ports=(Port(LAN, mac=mac),)))))
    assert Identities(snapshot).choose(wanted).clashes == (mac,)
    gone = tuple(snapshot.instances())
    assert Identities(snapshot, gone).choose(wanted).clashes == ()
    assert Identities(snapshot, gone).choose(wanted).macs == (mac,)


def test_two_new_instances_do_not_collide_with_each_other() -> None:
    """What was chosen is taken."""
    identities = Identities(make_snapshot(make_facts()))
    assert identities.choose(WEB).uuid != identities.choose(WEB).uuid
