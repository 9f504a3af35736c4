# SPDX-License-Identifier: GPL-3.0-or-later
"""What a guest's flavor and image make together, and where it is told that they do not go together.

That every rule is Nova's: tests/nova/test_hardware.py. What each says: tests/corpus/bad/hardware_*.
"""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from novalite.model.cpu_list import cpus_from_text, mask_from_text
from novalite.model.guest_topology import guest_topology, hardware_wishes, page_size_from_text
from novalite.model.pci import PciRequest
from novalite.spec import ids
from novalite.spec.consistency.check import RULES
from novalite.spec.load import load_fleet

from builders import DEBIAN, make_flavor  # isort: skip

if TYPE_CHECKING:
    from pathlib import Path

    from novalite.problem import Problem

CPU_LISTS = [("0-3,^2,6", {0, 1, 3, 6}), (" 1 , 2 ", {1, 2}), ("", set()), ("5,", {5}), ("0-4,^1-3", {0, 4})]


@pytest.mark.parametrize(("text", "cpus"), CPU_LISTS)
def test_cpu_lists(text: str, cpus: set[int]) -> None:
    assert cpus_from_text(text) == cpus


@pytest.mark.parametrize("text", ["a", "1-", "-1", "3-1", "^", "1-2-3", "0-99999999999", "²"])
def test_no_cpu_lists(text: str) -> None:
    with pytest.raises(ValueError, match="neither a CPU number nor a range"):
        cpus_from_text(text)


def test_a_mask_that_begins_with_a_caret_is_all_the_others() -> None:
    assert mask_from_text("^0-1", 4) == {2, 3}
    assert mask_from_text("0-1", 4) == {0, 1}


SIZES = [("2048", "2048"), ("2MB", "2048"), ("2MiB", "2048"), ("1GB", "1048576"), ("4kB", "4"), ("any", "any")]


@pytest.mark.parametrize(("text", "size"), SIZES)
def test_page_sizes(text: str, size: str) -> None:
    assert page_size_from_text(text) == size


@pytest.mark.parametrize("text", ["", "0", "2 MB", "huge", "-1", "1.5GB"])
def test_no_page_sizes(text: str) -> None:
    with pytest.raises(ValueError, match="is not small, large, any or a size"):
        page_size_from_text(text)


# specs without "hw:", properties without "hw_" -> each cell: shared CPUs, pinned CPUs, MiB, page size, thread policy
TOPOLOGIES: list[tuple[dict[str, str], dict[str, str], Any]] = [
    ({}, {}, None),
    ({"cpu_policy": "shared"}, {}, None),
    ({"pmem": " , "}, {}, None),
    ({"pmem": "16GB"}, {}, [({0, 1, 2, 3}, set(), 1024, None, None)]),
    ({"cpu_policy": "dedicated"}, {}, [(set(), {0, 1, 2, 3}, 1024, None, None)]),
    ({}, {"cpu_policy": "dedicated"}, [(set(), {0, 1, 2, 3}, 1024, None, None)]),
    ({"cpu_policy": "dedicated"}, {"cpu_policy": "shared"}, [(set(), {0, 1, 2, 3}, 1024, None, None)]),
    ({"cpu_policy": "mixed", "cpu_dedicated_mask": "^0"}, {}, [({0}, {1, 2, 3}, 1024, None, None)]),
    (
        {"cpu_policy": "mixed", "cpu_realtime": "1", "cpu_realtime_mask": "1"},
        {"cpu_realtime_mask": "2-3"},
        [({0, 1}, {2, 3}, 1024, None, None)],
    ),
    (
        {"cpu_policy": "dedicated", "cpu_thread_policy": "prefer"},
        {"cpu_thread_policy": "isolate"},
        [(set(), {0, 1, 2, 3}, 1024, None, "prefer")],
    ),
    ({"mem_page_size": "large"}, {"mem_page_size": "1GB"}, [({0, 1, 2, 3}, set(), 1024, "1048576", None)]),
    (
        {"numa_nodes": "2"},
        {},
        [({0, 1}, set(), 512, None, None), ({2, 3}, set(), 512, None, None)],
    ),
    (
        {"numa_nodes": "2", "numa_cpus.0": "0", "numa_cpus.1": "1-3", "numa_mem.0": "24", "numa_mem.1": "1000"},
        {},
        [({0}, set(), 24, None, None), ({1, 2, 3}, set(), 1000, None, None)],
    ),
]


@pytest.mark.parametrize(("specs", "properties", "expected"), TOPOLOGIES, ids=str)
def test_topologies(specs: dict[str, str], properties: dict[str, str], expected: Any) -> None:
    made = guest_topology(
        4, 1024, {f"hw:{key}": value for key, value in specs.items()}, {f"hw_{key}": v for key, v in properties.items()}
    )
    if expected is None:
        assert made is None
        return
    assert made is not None
    got = [(cell.cpus, cell.pcpus, cell.memory_mib, cell.page_size, cell.thread_policy) for cell in made.cells]
    assert got == expected


TRAITS = [("required", "require"), ("forbidden", "isolate")]


@pytest.mark.parametrize(("said", "policy"), TRAITS)
def test_a_trait_is_a_thread_policy(said: str, policy: str) -> None:
    made = guest_topology(2, 512, {"resources:PCPU": "2", "trait:HW_CPU_HYPERTHREADING": said}, {})
    assert made is not None
    assert made.cpu_policy == "dedicated"
    assert made.cells[0].thread_policy == policy


def test_a_stated_affinity_goes_before_the_alias() -> None:
    request = PciRequest("gpu", 1, ((("vendor_id", "10de"),),), "legacy")
    specs = {"hw:pci_numa_affinity_policy": "required"}
    assert hardware_wishes(make_flavor(pci=(request,)), DEBIAN)["pci"][0].numa_policy == "legacy"
    assert hardware_wishes(make_flavor(pci=(request,), extra_specs=specs), DEBIAN)["pci"][0].numa_policy == "required"


def test_rules_have_names_of_their_own() -> None:
    names = [rule.name for rule in RULES]
    assert len(names) == len(set(names))


FLEET = """\
novalite: 1
project: shop
flavors:
  a:
    vcpus: 2
    ram: 1GiB
    disk: 4GiB
    extra_specs:
      hw:cpu_policy: shared
images:
  disk:
    source: disk.raw
    properties:
      hw_cpu_policy: dedicated
instances:
  one: {flavor: a, image: disk, count: 100}
  two: {flavor: a, image: disk}
"""


def told(folder: Path, text: str) -> list[Problem]:
    (folder / "disk.raw").write_bytes(b"x" * 512)
    (folder / "fleet.yml").write_text(text)
    return load_fleet(folder / "fleet.yml")[1]


def test_a_pair_is_told_once_with_both_places(tmp_path: Path) -> None:
    [problem] = told(tmp_path, FLEET)
    assert problem.id == ids.CPU_POLICY
    assert problem.where is not None
    assert (problem.where.line, [(label, where.line) for label, where in problem.related]) == (
        9,
        [("the image says", 14)],
    )
    assert problem.help


def test_a_pair_that_nobody_uses_may_disagree(tmp_path: Path) -> None:
    assert not told(tmp_path, FLEET[: FLEET.index("instances:")])


def test_fleets_without_hardware_do_not_pay_for_it(tmp_path: Path) -> None:
    """The rules and the tables are not imported, nor is numpy."""
    (tmp_path / "disk.raw").write_bytes(b"x" * 512)
    plain = FLEET.replace("hw:cpu_policy", "bare").replace("    properties:\n      hw_cpu_policy: dedicated\n", "")
    (tmp_path / "fleet.yml").write_text(plain)
    code = (
        "import sys; from pathlib import Path; from novalite.spec.load import load_fleet\n"
        "fleet, problems = load_fleet(Path(sys.argv[1]))\n"
        "assert fleet is not None and not problems, problems\n"
        "print([name for name in sys.modules if 'consistency' in name or name == 'numpy'])\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "fleet.yml")]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
