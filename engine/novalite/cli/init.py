# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite init``: a small fleet that works."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from novalite.cli import options
from novalite.errors import NovaliteError

FLEET = """\
# A fleet: which instances should exist. Say `novalite plan`, read, then `novalite apply`.
novalite: 1
project: {project}

flavors:
  speck: {{vcpus: 1, ram: 64MiB, disk: 1GiB}}

images:
  # A boot sector that only halts: enough to see the whole way. Replace it by a cloud image:
  #   debian-12: {{source: images/debian-12-genericcloud-amd64.qcow2}}
  halt: {{source: images/halt.raw}}

server_groups:
  apart: {{policy: soft-anti-affinity}}

instances:
  web:
    count: 2                      # web-0 and web-1
    flavor: speck
    image: halt
    group: apart
    metadata: {{role: web}}
    # networks: [lan]             # with, at the top:  networks: {{lan: {{libvirt: default}}}}
    # user_data: {{file: files/web.cloud-config}}
"""
HOSTS = """\
# An Ansible inventory. Hosts of the group novalite_hosts run libvirt; a key for SSH is all they need from here.
novalite_hosts:
  hosts:
    localhost:
      ansible_connection: local
      ansible_python_interpreter: /usr/bin/python3   # the one that has python3-libvirt
    # kvm-1: {ansible_host: 192.0.2.11, ansible_user: root}
  vars:
    novalite_uri: qemu:///system
"""
IGNORED = "*.json\n"


def halt_image() -> bytes:
    """Return a disk of one MiB whose boot sector prints nothing and halts: cli; hlt; jump back."""
    sector = b"\xfa\xf4\xeb\xfd".ljust(510, b"\0") + b"\x55\xaa"
    return sector.ljust(1024 * 1024, b"\0")


@click.command("init", short_help="Write a small fleet that works.")
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@options.json_option
def command(folder: str, as_json: bool) -> int:
    """Write a small fleet that works and an inventory into the folder DIR; nothing there is overwritten."""
    from novalite.cli.terminal import show_written
    from novalite.shared import names

    top = Path(folder)
    project = top.resolve().name.lower().replace("_", "-").replace(".", "-")
    files: dict[str, bytes] = {
        "fleet/fleet.yml": FLEET.format(project=project if names.is_name(project) else "shop").encode(),
        "fleet/images/halt.raw": halt_image(),
        "hosts.yml": HOSTS.encode(),
        ".gitignore": IGNORED.encode(),
    }
    taken = [name for name in files if (top / name).exists()]
    if taken:
        raise NovaliteError(f"{top / taken[0]} exists; nothing was written", proceed="novalite init ANOTHER-DIR")
    try:
        for name, content in files.items():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            (top / name).write_bytes(content)
    except OSError as error:
        raise NovaliteError(f"cannot write {error.filename}: {error.strerror}", proceed="novalite init DIR") from error
    show_written([str(top / name) for name in files], as_json=as_json)
    if not as_json:
        enter = "" if top.resolve() == Path.cwd() else f"cd {shlex.quote(folder)} && "
        click.echo(f"next: {enter}novalite validate && novalite doctor && novalite plan")
    return 0
