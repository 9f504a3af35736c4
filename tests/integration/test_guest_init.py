# SPDX-License-Identifier: GPL-3.0-or-later
"""A real Debian with the real cloud-init, from its config drive and from the metadata service alone, both at once.

When the apply ends, all that the fleet says is true in the guests, and one gets in by SSH with the host keys of their
birth: by ``novalite ssh``, and by Ansible with the inventory of this collection.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from integration.guest import observed
from integration.metadata_program import MetadataProgram

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from integration.command import Controller, Done

pytestmark = pytest.mark.libvirt

HOST = "kvm-1"
NASTY = b"{{ lookup('pipe', 'id') }} $(id) `id` \\\"' \t\x00\xff\xfe%s <x>&\r\n#cloud-config\n"
TEXT = "{% raw %}{{ 7*7 }}{% endraw %} \u00fc \U0001f980 $(id) 'a' \"b\" : # @x\n--- \n"
DEPLOY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIDHXdUrCjtAx+ch4jIIlB50u2UYFDGK5oZnlJwgI/6TM deploy"
BOOT_S = 900  # a loaded machine without kvm; 50 s where nobody else computes
CARD = {"drive": "52:54:00:0d:00:02", "served": "52:54:00:0e:00:02"}
LAST = {"drive": "50", "served": "51"}  # parts of their addresses
USER_DATA = f"""
      write_files:
        - {{path: /etc/nasty, encoding: b64, content: "{base64.b64encode(NASTY).decode()}", permissions: "0600"}}
        - {{path: /etc/text, content: {json.dumps(TEXT, ensure_ascii=False)}}}
      users: [default, {{name: deploy, ssh_authorized_keys: ["{DEPLOY}"]}}]
      runcmd:
        - echo "$(hostname) {{{{ ds }}}}" >/etc/ran
        - [sh, -c, "printf '%s' \\"$1\\" >/etc/argument", x, "a  b;$(id)"]
"""
FLEET = f"""
novalite: 1
project: shop
flavors: {{small: {{vcpus: 1, ram: 512MiB, disk: 2GiB}}}}
images:
  debian-12: {{source: images/debian-12.qcow2, properties: {{os_admin_user: debian}}}}
keypairs: {{ops: {{file: ops.pub}}}}
networks:
  lan: {{libvirt: default, cidr: @LAN@.0/24, gateway: @LAN@.1, dns: [@LAN@.1]}}
  back: {{bridge: br-back, subnets: [{{cidr: 10.9.0.0/24, dhcp: false}}]}}
defaults:
  flavor: small
  image: debian-12
  key: ops
  host: {HOST}
  wait_for: {{cloud_init: done, port: 22, agent: ping, timeout: {BOOT_S}s}}
instances:
"""
INSTANCE = """
  {name}:{more}
    hostname: {name}-host
    networks:
      - {{network: lan, fixed_ip: @LAN@.{last}}}
      - {{network: back, fixed_ip: 10.9.0.{last}, mac: "{mac}"}}
    user_data:{user_data}
"""

CHECK = """
import hashlib, json, os, pwd, subprocess
def read(path, mode="r"):
    with open(path, mode) as stream:
        return stream.read()
links = json.loads(subprocess.run(["ip", "-j", "address"], stdout=subprocess.PIPE).stdout)
routes = json.loads(subprocess.run(["ip", "-j", "route", "show", "default"], stdout=subprocess.PIPE).stdout)
print(json.dumps({
    "hostname": os.uname().nodename,
    "users": sorted(one.pw_name for one in pwd.getpwall() if one.pw_uid >= 1000 and one.pw_name != "nobody"),
    "keys": [read("/home/%s/.ssh/authorized_keys" % name).strip() for name in ("debian", "deploy")],
    "cards": {link["address"]: [one["local"] for one in link["addr_info"] if one["scope"] == "global"]
              for link in links if link["ifname"] != "lo"},
    "gateways": [route["gateway"] for route in routes],
    "nasty": [hashlib.sha256(read("/etc/nasty", "rb")).hexdigest(), oct(os.stat("/etc/nasty").st_mode & 0o777)],
    "text": hashlib.sha256(read("/etc/text", "rb")).hexdigest(),
    "ran": read("/etc/ran"),
    "argument": read("/etc/argument"),
    "result": json.loads(read("/run/cloud-init/result.json"))["v1"],
    "host_keys": sorted(name for name in os.listdir("/etc/ssh") if name.startswith("ssh_host_")),
}))
"""
PLAYBOOK = """
- hosts: novalite_instances
  become: true
  gather_facts: false
  tasks:
    - ansible.builtin.script: {cmd: check.py, executable: python3}
      register: told
    - ansible.builtin.copy: {content: "{{ told.stdout }}", dest: "told-{{ inventory_hostname }}.json"}
      delegate_to: localhost
      become: false
"""


def fleet(lan: str) -> str:
    """Return the fleet: one guest is the other, but for where it learns things. ``lan``: how addresses begin."""
    more = {"drive": "", "served": "\n    config_drive: none"}
    text = FLEET + "".join(
        INSTANCE.format(name=name, more=more[name], last=last, mac=CARD[name], user_data=USER_DATA.rstrip())
        for name, last in LAST.items()
    )
    return text.replace("@LAN@", lan)


@pytest.fixture
def lan(lab: Any) -> str:
    """How the addresses of libvirt's network on the host begin: each lab has its own."""
    lab.need_real()
    (link,) = json.loads(lab.run(HOST, ["ip", "-j", "-4", "address", "show", "virbr0"]))
    address = next(one["local"] for one in link["addr_info"] if not one["local"].startswith("169.254."))
    return str(address.rpartition(".")[0])


@pytest.fixture
def bridge(lab: Any, controller: Controller, lan: str) -> Iterator[None]:
    lab.run(HOST, ["sh", "-c", "ip link add br-back type bridge && ip link set br-back up"])
    yield
    lab.run(HOST, ["ip", "link", "del", "br-back"])


def prepare(controller: Controller, debian: Path, lan: str) -> None:
    """Put down what an operator has: image, key, fleet, and inventories of hosts and of guests."""
    image = controller.fleet / "images" / "debian-12.qcow2"
    try:
        os.link(os.path.realpath(debian), image)
    except OSError:  # another file system
        shutil.copyfile(debian, image)
    subprocess.run(
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "ops", "-f", str(controller.folder / "ops")],
        stdin=subprocess.DEVNULL,
        check=True,
    )
    shutil.copyfile(controller.folder / "ops.pub", controller.fleet / "ops.pub")
    hosts = json.loads(controller.inventory.read_text().partition("\n")[2])
    hosts["novalite_hosts"]["vars"] = {"novalite_ssh_jump": True}  # libvirt's NAT is behind its host
    controller.inventory = controller.folder / "hosts.yml"
    controller.inventory.write_text(json.dumps(hosts))
    guests = "plugin: novalite.compute.instances\ninventory: hosts.yml\nfleet: fleet\n"
    (controller.folder / "instances.novalite.yml").write_text(guests)
    (controller.folder / "check.py").write_text(CHECK)
    (controller.folder / "play.yml").write_text(PLAYBOOK)
    controller.declare(fleet(lan))


def ansible(controller: Controller, program: str, *words: str) -> Done:
    from integration.command import Done
    from novalite.resources import collections_root

    more = {"ANSIBLE_COLLECTIONS_PATH": str(collections_root()), "ANSIBLE_HOST_KEY_CHECKING": "True"}
    argv = [program, "-i", "instances.novalite.yml", "--private-key", "ops", "--timeout", "120", *words]
    done = subprocess.run(
        argv,
        cwd=controller.folder,
        env=controller.environment(ANSIBLE_NOCOLOR="1", **more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def test_all_of_it_is_true_in_a_real_guest(
    controller: Controller, lab: Any, lan: str, bridge: None, debian: Path
) -> None:
    prepare(controller, debian, lan)
    plan = controller.novalite("plan").out
    assert (
        "Wave 1 ends when drive, served are ready, within 900 s: cloud-init is done, port 22, its agent answers" in plan
    )
    program = MetadataProgram(lab, HOST)
    try:
        process = controller.start("apply", str(controller.fleet), "-i", str(controller.inventory), "--yes")
        out, err = process.communicate(timeout=BOOT_S + 120)
        serial = "".join(lab.serial(HOST, item["uuid"])[-3000:] for item in observed(controller).values())
        assert process.returncode == 0, out + err + serial + program.log()
    finally:
        program.stop()  # at rest a guest needs none
    items = observed(controller)
    for name in LAST:
        look_by_hand(controller, name, items[name])

    assert ansible(controller, "ansible", "all", "-m", "ping").out.count('"ping": "pong"') == len(LAST)
    ansible(controller, "ansible-playbook", "play.yml")
    for name in LAST:
        told = json.loads((controller.folder / f"told-{name}.json").read_text())
        look_inside(told, name, items[name], lan)
    assert controller.novalite("plan", "--detailed-exitcode", expect=None).status == 0


def look_by_hand(controller: Controller, name: str, item: dict[str, Any]) -> None:
    """The key of its birth is accepted by ssh, another one is refused by it."""
    place = ["-i", str(controller.inventory), "--identity", str(controller.folder / "ops")]
    inside = controller.run("ssh", name, *place, "hostname; whoami")
    assert inside.out.split() == [f"{name}-host", "debian"], inside.err
    line = controller.run("ssh", name, *place, "--json", "true").json["command"]
    key = item["state"]["host_key"]["ed25519"]
    other = (controller.folder / "ops.pub").read_text().split()[1]
    forged = [word.replace(key.split()[1], other) for word in line]
    assert forged != line
    done = subprocess.run(
        forged, env=controller.environment(), capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 255
    assert "Host key verification failed" in done.stderr


def look_inside(told: dict[str, Any], name: str, item: dict[str, Any], lan: str) -> None:
    """What the guest itself says is what the fleet says."""
    macs = [port["mac"] for port in item["spec"]["ports"]]
    assert macs[1] == CARD[name]
    source = {"drive": "DataSourceConfigDrive", "served": "DataSourceOpenStack"}[name]
    assert told["result"]["datasource"].startswith(source)
    assert told == {
        "hostname": f"{name}-host",
        "users": ["debian", "deploy"],
        "keys": [item["spec"]["keypair"]["public_key"].strip(), DEPLOY],
        "cards": {macs[0]: [f"{lan}.{LAST[name]}"], macs[1]: [f"10.9.0.{LAST[name]}"]},
        "gateways": [f"{lan}.1"],
        "nasty": [hashlib.sha256(NASTY).hexdigest(), "0o600"],
        "text": hashlib.sha256(TEXT.encode()).hexdigest(),
        "ran": f"{name}-host {{{{ ds }}}}\n",
        "argument": "a  b;$(id)",
        "result": {**told["result"], "errors": []},
        "host_keys": ["ssh_host_ed25519_key", "ssh_host_ed25519_key.pub"],
    }
