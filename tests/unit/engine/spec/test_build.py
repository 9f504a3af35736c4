# SPDX-License-Identifier: GPL-3.0-or-later
"""Documents to fleets, without a disk."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from novalite.schedule.options import Metrics, Options, options_from_mapping
from novalite.schedule.request import requests_from_instances
from novalite.spec import ids
from novalite.spec.build import build_fleet, document_fingerprint
from novalite.spec.files import ImageFile, Refusal
from novalite.spec.merge import declared_from_texts
from novalite.spec.validate import validate

if TYPE_CHECKING:
    from novalite.model.fleet import Fleet
    from novalite.problem import Problem

BASE = """\
novalite: 1
project: shop
flavors: {small: {vcpus: 1, ram: 512MiB, disk: 4GiB}, big: {vcpus: 2, ram: 1GiB, disk: 8GiB}}
images: {disk: {source: disk.raw}}
networks: {lan: {libvirt: default, cidr: 10.0.0.0/24}, wan: {bridge: br0}}
server_groups: {web: {policy: anti-affinity}}
"""


@attrs.frozen
class Memory:
    """Files that are a dictionary."""

    contents: dict[str, bytes] = attrs.field(factory=lambda: {"disk.raw": b"\0" * 512})

    def read(self, beside: str, reference: str) -> bytes | Refusal:
        return self.contents.get(reference, Refusal(ids.UNREADABLE, f"{reference} is not there"))

    def place(self, beside: str, reference: str) -> str | Refusal:
        return f"/fleet/{reference}"

    def image(self, beside: str, reference: str) -> ImageFile | Refusal:
        content = self.read(beside, reference)
        if isinstance(content, Refusal):
            return content
        return ImageFile(f"/fleet/{reference}", len(content), hashlib.sha256(content).hexdigest(), content[:512])


def build(text: str, files: Memory | None = None) -> tuple[Fleet, list[Problem]]:
    declared, problems = declared_from_texts([("fleet.yml", text)])
    assert problems + validate(declared) == []
    return build_fleet(declared, files or Memory(), document_fingerprint(declared))


def fleet_of(text: str, files: Memory | None = None) -> Fleet:
    fleet, problems = build(BASE + text, files)
    assert problems == []
    return fleet


def test_defaults_lie_under_every_instance() -> None:
    fleet = fleet_of(
        "defaults: {flavor: small, image: disk, networks: [lan], metadata: {a: '1', b: '1'},"
        " power: shutoff, group: web}\n"
        "instances:\n  one: {}\n"
        "  two: {flavor: big, networks: [wan, lan], metadata: {b: '2'}, power: running, group: null}\n"
    )
    one, two = fleet.instances.values()
    assert (one.flavor.name, one.metadata, one.power) == ("small", {"a": "1", "b": "1"}, "shutoff")
    assert (two.flavor.name, two.metadata, two.power) == ("big", {"a": "1", "b": "2"}, "running")
    assert [port.network.name for port in two.ports] == ["wan", "lan"]
    assert one.group is not None
    assert two.group is None


def test_a_count_is_written_out_with_numbers() -> None:
    fleet = fleet_of(
        "instances:\n  web: {flavor: small, image: disk, count: 3}\n  none: {flavor: small, image: disk, count: 0}\n"
    )
    assert {name: instance.launch_index for name, instance in fleet.instances.items()} == {
        "web-0": 0,
        "web-1": 1,
        "web-2": 2,
    }
    assert {instance.where.line for instance in fleet.instances.values() if instance.where} == {8}


def test_instances_share_what_they_refer_to() -> None:
    fleet = fleet_of("instances:\n  web: {flavor: small, image: disk, networks: [lan], count: 2}\n")
    first, second = fleet.instances.values()
    assert first.flavor is second.flavor
    assert first.ports is second.ports


def test_instances_are_sorted_whatever_the_order() -> None:
    fleet = fleet_of(
        "instances:\n  b: {flavor: small, image: disk}\n  a-1: {flavor: small, image: disk}\n"
        "  a: {flavor: small, image: disk, count: 1}\n"
    )
    assert list(fleet.instances) == ["a-0", "a-1", "b"]


def test_ports_with_addresses() -> None:
    fleet = fleet_of(
        "instances:\n  web:\n    flavor: small\n    image: disk\n"
        "    networks: [wan, {network: lan, fixed_ip: 10.0.0.9, mac: 52:54:00:12:34:56}]\n"
    )
    _, port = fleet.instances["web"].ports
    assert (port.network.cidr, port.fixed_ip, port.mac) == ("10.0.0.0/24", "10.0.0.9", "52:54:00:12:34:56")


def test_ipv6_is_written_the_short_way() -> None:
    fleet, problems = build(
        BASE.replace("wan: {bridge: br0}", "wan: {bridge: br0, cidr: '2001:db8::/64', gateway: '2001:db8:0::1'}")
        + "instances:\n  web: {flavor: small, image: disk, networks: [{network: wan, fixed_ip: '2001:db8:0:0::f'}]}\n"
    )
    assert problems == []
    port = fleet.instances["web"].ports[0]
    assert (port.fixed_ip, port.network.gateway) == ("2001:db8::f", "2001:db8::1")


def test_moved_with_a_count_means_each() -> None:
    fleet = fleet_of("instances:\n  web: {flavor: small, image: disk, count: 2, moved: {from: old}}\n")
    assert [instance.moved_from for instance in fleet.instances.values()] == ["old-0", "old-1"]


def test_user_data_in_its_three_forms() -> None:
    text = "#!/bin/sh\n{{ lookup('pipe', 'id') }} $(reboot) <x>&amp;\n"
    files = Memory({"disk.raw": b"\0" * 512, "web.sh": b"#!/bin/sh\n\xff\x00binary"})
    fleet = fleet_of(
        f"instances:\n  a: {{flavor: small, image: disk, user_data: {json.dumps(text)}}}\n"
        "  b: {flavor: small, image: disk, user_data: {file: web.sh, type: other}}\n"
        "  c: {flavor: small, image: disk, user_data: {runcmd: [[a, b]], packages: [x]}}\n"
        "  d: {flavor: small, image: disk, user_data: {packages: [x], runcmd: [[a, b]]}}\n",
        files,
    )
    contents = [instance.user_data.content for instance in fleet.instances.values() if instance.user_data]
    assert contents[:2] == [text.encode(), b"#!/bin/sh\n\xff\x00binary"]
    assert contents[2] == contents[3] == b"#cloud-config\npackages:\n- x\nruncmd:\n- - a\n  - b\n"


@pytest.mark.parametrize(("size", "fits"), [(49_149, True), (49_152, False)])
def test_user_data_is_measured_as_base64(size: int, fits: bool) -> None:
    files = Memory({"disk.raw": b"\0" * 512, "u": b"#!/bin/sh\n" + b"x" * (size - 10)})
    _, problems = build(BASE + "instances:\n  a: {flavor: small, image: disk, user_data: {file: u}}\n", files)
    assert ([problem.id for problem in problems] == []) is fits


def test_the_digest_and_format_of_an_image_come_from_the_file() -> None:
    image = fleet_of("instances:\n  a: {flavor: small, image: disk}\n").instances["a"].image
    assert (image.format, image.size_bytes) == ("raw", 512)
    assert image.sha256 == hashlib.sha256(b"\0" * 512).hexdigest()
    assert image.source == "/fleet/disk.raw"


def test_an_image_behind_a_url_is_not_looked_at() -> None:
    fleet, problems = build(
        BASE.replace("disk.raw", "'http://example.org/a.qcow2?x=1'").replace("?x=1'", f"', sha256: {'ab' * 32}")
        + "instances:\n  a: {flavor: small, image: disk}\n"
    )
    assert problems == []
    image = fleet.instances["a"].image
    assert (image.is_remote, image.format, image.size_bytes) == (True, "qcow2", None)


def test_a_noun_with_a_problem_is_not_also_missing() -> None:
    _, problems = build(BASE.replace("disk.raw", "gone.raw") + "instances:\n  a: {flavor: small, image: disk}\n")
    assert [problem.id for problem in problems] == [ids.UNREADABLE]


def test_a_problem_of_the_defaults_is_told_once() -> None:
    instances = "".join(f"  i{number}: {{flavor: small, image: disk}}\n" for number in range(5))
    _, problems = build(BASE + "defaults: {group: wob}\ninstances:\n" + instances)
    assert {(problem.id, problem.where.line if problem.where else 0) for problem in problems} == {(ids.DANGLING, 7)}


def test_everything_together_has_a_spec() -> None:
    fleet = fleet_of(
        "instances:\n  a: {flavor: small, image: disk, networks: [lan], group: web, host: kvm-1, protect: true}\n"
    )
    spec = fleet.instances["a"].to_spec("uuid", "shop.a", ["52:54:00:00:00:01"])
    json.dumps(spec)
    assert spec["host"] == "kvm-1"
    assert spec["protect"] is True


NAMES = st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True)


@given(st.dictionaries(NAMES, st.integers(0, 4) | st.none(), max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_instances_never_matters(counts: dict[str, int | None], random: object) -> None:
    lines = [
        f"  {name}: {{flavor: small, image: disk{'' if count is None else f', count: {count}'}}}\n"
        for name, count in counts.items()
    ]
    shuffled = lines[:]
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    (one, problems), (two, others) = (build(BASE + "instances:\n" + "".join(some)) for some in (lines, shuffled))
    assert {problem.summary for problem in problems} == {problem.summary for problem in others} or problems
    assert bool(problems) == bool(others)
    if not problems:
        assert one == two
        assert list(one.instances) == list(two.instances)
        expected = {name for name, count in counts.items() if count is None}
        expected |= {f"{name}-{index}" for name, count in counts.items() for index in range(count or 0)}
        assert set(one.instances) == expected


HINTED = """
scheduler: {policy: pack, enabled_filters: [ComputeFilter, SameHostFilter, DifferentHostFilter, JsonFilter]}
defaults: {flavor: small, image: disk, scheduler_hints: {different_host: [db]}}
instances:
  db: {scheduler_hints: null}
  own: {scheduler_hints: {same_host: [db, web-1], query: [">=", $free_ram_mb, 1024]}}
  web: {count: 2}
"""


def test_hints_replace_those_of_the_defaults_and_null_takes_them_back() -> None:
    fleet = fleet_of(HINTED)
    assert {name: dict(instance.hints) for name, instance in fleet.instances.items()} == {
        "db": {},
        "own": {"same_host": ("db", "web-1"), "query": ('[">=","$free_ram_mb",1024]',)},
        "web-0": {"different_host": ("db",)},
        "web-1": {"different_host": ("db",)},
    }


def test_a_query_is_the_same_as_a_list_and_as_text() -> None:
    one, other = (fleet_of(HINTED.replace('[">=", $free_ram_mb, 1024]', text)) for text in (
        "['>=', '$free_ram_mb', 1024]", """'[">=","$free_ram_mb",1024]'"""
    ))  # fmt: skip
    assert one.instances["own"].hints == other.instances["own"].hints


def test_instances_with_equal_hints_share_one_shape() -> None:
    requests = requests_from_instances(fleet_of(HINTED).instances.values())
    shapes = {request.name: request.shape for request in requests}
    assert shapes["web-0"] is shapes["web-1"]
    assert shapes["web-0"].hint("different_host") == ("db",)
    assert len({id(shape) for shape in shapes.values()}) == 3


def test_options_of_the_scheduler() -> None:
    said = """
scheduler:
  policy: fast
  enabled_filters: [ComputeFilter, MetricsFilter, IsolatedHostsFilter, RamFilter]
  ram_weight_multiplier: -2
  isolated_images: [disk]
  metrics: {weight_setting: {net: 2, cpu: 1.5}, required: false}
"""
    fleet, problems = build(BASE + said)
    assert [problem.id for problem in problems] == [ids.REMOVED_RULE]
    options = options_from_mapping(fleet.scheduler)
    assert options == Options(
        policy="fast",
        enabled_filters=("ComputeFilter", "MetricsFilter", "IsolatedHostsFilter"),
        ram_weight_multiplier=-2,
        isolated_images=frozenset({"disk"}),
        metrics=Metrics(weight_setting=(("cpu", 1.5), ("net", 2.0)), required=False),
    )


def test_without_a_word_the_options_are_the_defaults() -> None:
    assert options_from_mapping(fleet_of("").scheduler) == Options()
