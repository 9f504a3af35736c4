# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite render``: the domain XML that an instance would get, and what it would be told; no host is needed."""

from __future__ import annotations

from pathlib import Path

import click

from novalite.cli import options
from novalite.errors import NovaliteError


@click.command("render", short_help="Write the domain XML and config drive an instance would get.")
@click.argument("name")
@options.fleet_argument
@click.option("-o", "--output", metavar="DIR", required=True, type=click.Path(file_okay=False), help="Where to write.")
@click.option(
    "--virt-type", type=click.Choice(["kvm", "qemu"]), default="kvm", show_default=True, help="As the host would say."
)
@click.option("--state-dir", default="/var/lib/novalite", show_default=True, help="As the host would say.")
@options.outside_option
@options.json_option
def command(
    name: str, fleet: str | None, output: str, virt_type: str, state_dir: str, allow_outside: bool, as_json: bool
) -> int:
    """Write what the instance NAME of FLEET would get: domain.xml and the files of its config drive.

    Without a drive they are those that the metadata service tells it, or Ignition's.

    For a first creation: an instance that lives already keeps its UUID and MACs.
    """
    import base64
    import os

    from novalite.cli.look import load_fleet
    from novalite.cli.terminal import show_written
    from novalite.shared import domain_build, names, secret_sources, seed, seed_kind, seed_tree

    declared = load_fleet(fleet, allow_outside=allow_outside)
    instance = declared.instances.get(name)
    if instance is None:
        import difflib

        near = difflib.get_close_matches(name, declared.instances, n=1)
        raise NovaliteError(
            f"the fleet has no instance {name!r}",
            proceed=f"novalite render {near[0]} -o {output}" if near else "novalite validate",
        )
    uuid = names.uuid_from_name(declared.project, name)
    macs = [port.mac or names.mac_from_uuid(uuid, index) for index, port in enumerate(instance.ports)]
    spec = instance.to_spec(uuid, names.domain_from_name(declared.project, name), macs)
    contents = {one.sha256: base64.b64encode(one.content).decode("ascii") for one in instance.contents()}
    labels = {
        token: f"secret {secret_sources.label(secret.to_reference())}" for token, secret in declared.secrets.items()
    }
    told = seed.seed_from(spec, contents, labels)
    drive = "config-drive/" if seed_kind.drive_format(spec) else ""
    tree = {drive + path: data for path, data in seed_tree.seed_tree(spec, told).items()}
    if seed_kind.asks_the_service(spec):
        tree |= {f"metadata/{path}": data for path, data in seed_tree.service_tree(spec, told).items()}
    tree["domain.xml"] = (domain_build.build_domain(spec, virt_type, state_dir) + "\n").encode("utf-8")
    for path, data in sorted(tree.items()):
        target = Path(output) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(target, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:  # may hold secrets
            file.write(data)
    show_written([str(Path(output) / path) for path in sorted(tree)], as_json=as_json)
    return 0
