# SPDX-License-Identifier: GPL-3.0-or-later
"""What one host gets of a plan."""

from __future__ import annotations

import base64
from typing import Any

from builders import LAN, make_facts, make_fleet, make_instance, make_present, make_snapshot, make_user_data
from novalite.apply.slices import slice_for
from novalite.model.port import Port
from novalite.plan.build import reconcile
from novalite.plan.file import plan_to_dict

PORTS = (Port(LAN, fixed_ip="192.168.122.10"),)
OLD = make_present(make_instance("old", ports=PORTS))
OFF = make_present(make_instance("off"), power="shutoff")
FLEET = make_fleet(
    make_instance("off"),
    make_instance("new", ports=PORTS, host="kvm-2", user_data=make_user_data(b"{{ x }}"), power="shutoff"),
)


def a_plan() -> dict[str, Any]:
    return plan_to_dict(reconcile(FLEET, make_snapshot(make_facts("kvm-1", OLD), make_facts("kvm-2", OFF, images=[]))))


def test_the_first_slice_of_a_host() -> None:
    """Exactly the shape that module_utils/steps.py reads."""
    plan = a_plan()
    assert slice_for(plan, "kvm-1", 0) == {
        "format": "novalite.slice/1",
        "plan": plan["digest"],
        "project": "shop",
        "host": "kvm-1",
        "wave": 0,
        "last": True,
        "relied": {"host": None, "instances": {OLD["uuid"]: OLD["fingerprint"]}},
        "steps": [
            {
                "id": "s0001",
                "action": "trash",
                "name": "old",
                "uuid": OLD["uuid"],
                "disks": OLD["disks"],
                "why": "trashed",
                "keep_s": 7 * 86_400,
                "timeout_s": 0,
            }
        ],
    }


def test_a_later_slice_relies_on_nothing() -> None:
    """The host has changed those facts itself by then."""
    plan = a_plan()
    first, second = slice_for(plan, "kvm-2", 0), slice_for(plan, "kvm-2", 1)
    assert first is not None
    assert second is not None
    assert [step["action"] for step in first["steps"]] == ["image", "start"]
    assert first["relied"]["host"] is not None
    assert first["last"] is False
    assert (second["last"], second["relied"]) == (True, {"host": None, "instances": {}})
    (create,) = second["steps"]
    assert create.keys() == {"id", "action", "name", "spec", "power", "virt_type", "contents"}
    (content,) = create["contents"].values()
    assert base64.b64decode(content) == b"{{ x }}"
    assert create["power"] == "shutoff"


def test_an_image_step() -> None:
    """What it is, and where hosts fetch it themselves."""
    piece = slice_for(a_plan(), "kvm-2", 0)
    assert piece is not None
    assert piece["steps"][0]["image"] == {"sha256": "d" * 64, "format": "qcow2", "size_bytes": 1000, "url": None}


def test_nothing_to_do() -> None:
    """Another host, another wave."""
    assert slice_for(a_plan(), "kvm-9", 0) is None
    assert slice_for(a_plan(), "kvm-1", 1) is None
    assert slice_for(a_plan(), "kvm-1", 7) is None
