# SPDX-License-Identifier: GPL-3.0-or-later
"""Every field of the language that can change, changed once on real QEMU, running and off: what the plan said is what
is there, the next plan is empty, and what waits for a power cycle is settled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from integration.direct import Direct

if TYPE_CHECKING:
    from integration.command import Controller
    from novalite.model.plan import Plan

pytestmark = pytest.mark.libvirt

HEAD = """novalite: 1
project: shop
images:
  bootsector: {{source: images/bootsector.qcow2, {image}}}
  heartbeat: {{source: images/bootsector-heartbeat.qcow2}}
  tools: {{source: images/tools.iso, format: raw}}
  tiny: {{source: images/tiny.qcow2}}
networks:
  lan: {{libvirt: default}}
  same: {{bridge: virbr0}}
  told: {{libvirt: default, cidr: 192.168.122.0/24, gateway: 192.168.122.1, dns: [192.168.122.1], mtu: 1400}}
  dual: {{libvirt: default, subnets: [{{cidr: 192.168.122.0/24, dns: [192.168.122.1]}}, {{cidr: "2001:db8::/64"}}]}}
keypairs:
  ops: {{public_key: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f ops"}}
server_groups:
  near: {{policy: soft-affinity}}
defaults: {{image: bootsector, networks: [lan], stop_timeout: 1s}}
flavors:
  speck: {{vcpus: 1, ram: 64MiB, disk: 1GiB, max_vcpus: 2, max_ram: 96MiB}}
  plain: {{vcpus: 1, ram: 64MiB, disk: 1GiB}}
  tiny: {{vcpus: 1, ram: 160MiB, disk: 1GiB, swap: 16MiB, max_ram: 192MiB}}
  {flavors}
instances:
"""
# One instance each, in two power states: what its lines say before and after; and what the change costs one that runs.
KINDS: dict[str, tuple[str, str, str]] = {
    "mark": (
        "flavor: speck",
        "flavor: named, metadata: {role: web}, group: near, protect: true, on_delete: keep, trash_days: 2, TAGGED",
        "none",
    ),
    "hot": (
        "flavor: speck, cdrom: null, host: kvm-1",
        "flavor: warm, cdrom: tools, host: kvm-1, networks: [{network: same, link: down, port_security: true}, lan]",
        "hot",
    ),
    "cold": ("flavor: plain, host: kvm-2", "flavor: cold, cdrom: tools, host: kvm-2", "pending"),
    "less": ("flavor: speck", "flavor: less, image: bootsector", "pending"),
    "token": ("flavor: speck", "flavor: speck, restart_token: again", "restart"),
    "made": (
        "flavor: speck",
        "flavor: speck, image: heartbeat, key: ops, user_data: '#!/true', networks: [{network: told, fixed_ip: IP}]",
        "rebuild",
    ),
    "born": ("flavor: speck", "flavor: speck, config_drive: vfat, BORN", "rebuild"),
    "bare": ("flavor: speck", "flavor: speck, config_drive: none", "rebuild"),
}
LONG = {
    "TAGGED": "networks: [{network: lan, tag: front}]",
    "BORN": """hostname: www, host_key: none, files: {/etc/motd: hello}, vendor_data: {a: b},
      vendor_data_targets: [{name: x, url: "http://127.0.0.1:9/"}], networks: [{network: dual, fixed_ips: [IP, IP6]}],
      guest_links: {vlan7: {vlan: 7, on: 0, dhcp: true}}""",
}
FLAVORS = """\
named: {vcpus: 1, ram: 64MiB, disk: 1GiB, max_vcpus: 2, max_ram: 96MiB, extra_specs: {"quota:cpu_limit": "1"}}
  warm: {vcpus: 2, ram: 64MiB, disk: 2GiB, max_vcpus: 2, max_ram: 96MiB,
         extra_specs: {"quota:disk_read_iops_sec": "100"}}
  cold: {vcpus: 2, ram: 128MiB, disk: 1GiB, swap: 16MiB, max_vcpus: 2, max_ram: 160MiB,
         extra_specs: {"hw:boot_menu": "true"}}
  less: {vcpus: 1, ram: 64MiB, disk: 1GiB, max_ram: 96MiB}
"""
# Where no guest is asked to let go of anything: one that runs Linux does.
LINUX = 'image: tiny, metadata: {heartbeat: "1"}'
GUEST = (f"flavor: tiny, {LINUX}, networks: [lan, lan]", f"flavor: thin, {LINUX}, networks: [lan]")
THIN = "thin: {vcpus: 1, ram: 128MiB, disk: 1GiB, max_ram: 192MiB}"
POWERS = ("running", "shutoff")


def kinds_of(power: str) -> dict[str, tuple[str, str, str]]:
    """Return the kinds in a power state: to have less, and a token, are of those that run."""
    return {kind: texts for kind, texts in KINDS.items() if power == "running" or kind not in ("less", "token")}


def fleet(after: bool) -> str:
    lines = []
    for power in POWERS:
        for number, (kind, texts) in enumerate(kinds_of(power).items()):
            text = texts[1 if after else 0]
            for word, long in LONG.items():
                text = text.replace(word, long)
            text = text.replace("IP6", f'"2001:db8::{number + 1}:{POWERS.index(power)}"')
            text = text.replace("IP", f"192.168.122.{20 + number + 100 * POWERS.index(power)}")
            lines.append(f"  {kind}-{power}: {{{text}, power: {power}}}")
    lines.append(f"  guest: {{{GUEST[1 if after else 0]}}}")
    image = "properties: {os_distro: none}" if after else "min_disk: 1GiB"
    return HEAD.format(image=image, flavors=f"{FLAVORS}  {THIN}") + "\n".join(lines) + "\n"


def lines_of(plan: Plan) -> dict[str, Any]:
    return {line.name: line for line in plan.changes}


def test_every_field(controller: Controller, lab: Any) -> None:
    """Two applies and a settling, with all of it at once."""
    (controller.fleet / "images" / "tools.iso").write_bytes(b"tools".ljust(65536, b"\0"))
    controller.declare(fleet(after=False))
    direct = Direct(lab, controller.fleet)
    assert direct.apply() == []
    assert not direct.plan().changes
    guest = next(item for item in direct.observe().instances() if item.name == "guest")
    lab.wait_serial(guest.host, guest.uuid, "heartbeat=1 ", 60)
    controller.declare(fleet(after=True))
    plan = direct.plan(max_disruption="rebuild")
    said = lines_of(plan)
    for kind, (_, _, cost) in KINDS.items():
        assert said[f"{kind}-running"].disruption == cost, said[f"{kind}-running"].reason
        assert kind in ("less", "token") or said[f"{kind}-shutoff"].disruption in ("none", "rebuild")
    assert said["guest"].disruption == "hot"
    assert direct.carry_out(plan) == []
    there = {item.name: item for item in direct.observe().instances()}
    waiting = {name for name, item in there.items() if item.pending}
    assert waiting == {name for name, line in said.items() if line.disruption == "pending"}, there
    assert not any(item.drift for item in there.values())
    again = direct.plan()
    assert again.is_empty
    assert {line.action for line in again.changes} == {"pending"}
    assert direct.apply(settle_pending=True) == []
    assert not any(item.pending for item in direct.observe().instances())
    assert not direct.plan(settle_pending=True).changes
