# SPDX-License-Identifier: GPL-3.0-or-later
"""Every seed of the golden set, read from its drive by the data sources of the real cloud-init."""

from __future__ import annotations

import base64
import email
import fcntl
import json
from typing import TYPE_CHECKING, Any

import pytest

from ansible_collections.novalite.compute.plugins.module_utils import vendor_data
from ansible_collections.novalite.compute.plugins.module_utils.meta_data import random_seed
from guest_init import cards, cloud_init, drives
from guest_init.seed_cases import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from guest_init.seed_cases import Case

KINDS = {"config-drive": cards.CONFIG_DRIVE, "nocloud": cards.NOCLOUD}
OLD = "20.4"  # no vendor_data2.json; all cards of a bond have its MAC; name servers beside DHCP only by netplan
Answers = dict[str, dict[str, dict[str, Any]]]  # version -> kind -> case -> what it read


@pytest.fixture(scope="session")
def answers(common_folder: Path) -> Answers:
    kept = common_folder / "cloud_init.json"
    with (common_folder / "cloud_init.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_text(json.dumps(read_all(common_folder / "seeds")))
        return dict(json.loads(kept.read_text()))


def read_all(folder: Path) -> Answers:
    """Unpack each drive as a guest would see it, and ask each version of cloud-init."""
    asked = []
    for case in CASES:
        macs = {port["mac"]: f"eth{index}" for index, port in enumerate(case.spec["ports"])}
        for kind in KINDS:
            there = folder / kind / str(CASES.index(case))
            drives.unpack(case, kind, there)
            asked.append({"kind": kind, "folder": str(there), "macs": macs})
    found: Answers = {}
    for version, release in cloud_init.releases().items():
        said = iter(cloud_init.ask(release, {"seeds": asked})["seeds"])
        found[version] = {kind: {} for kind in KINDS}
        for case in CASES:
            for kind in KINDS:
                found[version][kind][case.name] = next(said)
    return found


def of(case: Case, answers: Answers) -> list[tuple[str, str, dict[str, Any]]]:
    return [(version, kind, rows[case.name]) for version, said in answers.items() for kind, rows in said.items()]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_instance_and_its_contents(case, answers):
    spec = case.spec
    for version, kind, said in of(case, answers):
        where = (version, kind)
        assert said["instance_id"] == spec["uuid"], where
        assert said["hostname"] == spec.get("hostname", spec["name"]).partition(".")[0], where
        assert said["keys"] == ([spec["keypair"]["public_key"]] if spec["keypair"] else []), where
        assert said["zone"] == spec["availability_zone"], where
        assert base64.b64decode(said["user_data"] or "") == (case.seed.user_data or b""), where
        seed = base64.b64decode(said["random_seed"])
        assert (seed if kind == "nocloud" else base64.b64encode(seed)) == random_seed(spec, case.seed).encode(), where
        if kind == "config-drive":
            written = {path: base64.b64decode(data) for path, data in said["files"].items()}
            assert written == dict(case.seed.files), where


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_network(case, answers):
    for version, kind, said in of(case, answers):
        expected = KINDS[kind].get(case.name, [])
        if version.startswith(OLD) and kind == "config-drive" and case.name == "bond and VLAN":
            expected = [line.replace("00:02 None in bond0", "00:01 None in bond0") for line in expected]
        if version.startswith(OLD) and kind == "nocloud":
            said["cards"], expected = ([line for line in it if "dns" not in line] for it in (said["cards"], expected))
        assert said["cards"] == expected, (version, kind)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_vendor_data_is_what_it_runs(case, answers):
    """In their order: the host's part, what is declared, what services said."""
    for version, kind, said in of(case, answers):
        expected = vendor_data.all_parts(case.seed)
        if kind == "config-drive" and version.startswith(OLD):
            expected = expected[: len(expected) - len(vendor_data.service_parts(case.seed))]
        assert texts(said["vendor_data"]) + said["vendor_data2"] == expected, (version, kind)


def texts(parts: list[str]) -> list[str]:
    """Return the parts of a MIME message, or the texts themselves."""
    if not parts or not parts[0].startswith("Content-Type: multipart/"):
        return parts
    return [str(part.get_payload()) for part in email.message_from_string(parts[0]).get_payload()]


def test_there_is_more_than_one_version_where_the_archive_has_them(answers):
    assert len(answers) >= (3 if cloud_init.is_debian() else 1)
