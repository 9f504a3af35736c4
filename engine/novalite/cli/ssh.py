# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite ssh``: into a guest, whose address, user and host key are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from novalite.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.model.observed import ObservedInstance


@click.command("ssh", short_help="Go into a guest by SSH; its host key is known.")
@click.argument("name")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[COMMAND]...")
@options.inventory_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Of this project, where several have one of that name.")
@click.option("-l", "--user", metavar="USER", help="As whom.  [default: the image's os_admin_user]")
@click.option("-p", "--port", type=click.IntRange(1, 65535), metavar="PORT", help="Where its SSH server listens.")
@click.option("--identity", metavar="FILE", type=click.Path(), help="Your private key.")
@click.option("--address", metavar="ADDRESS", help="Which of its addresses, or another.")
@options.json_option
def command(
    name: str,
    words: tuple[str, ...],
    inventory: tuple[str, ...],
    forks: int,
    project: str | None,
    user: str | None,
    port: int | None,
    identity: str | None,
    address: str | None,
    as_json: bool,
) -> int:
    """Run ssh into the instance NAME, with a COMMAND or without.

    ssh accepts the host key that the guest was given at birth, and no other. Where none is known (an old or adopted
    instance, host_key: none) that is said, and your own known hosts decide. With the host variable novalite_ssh_jump
    it goes through the instance's host.
    """
    import os
    import shlex

    from novalite.cli.find import find_each
    from novalite.cli.host_ssh import host_variables
    from novalite.cli.look import inventories, observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import note, show_json
    from novalite.errors import NovaliteError
    from novalite.shared import guest_ssh

    sources = inventories(inventory)
    (item,) = find_each(observe(Planning(tuple(sources), forks, quiet=True)), [name], project)
    goal = _goal(item, address)
    variables = host_variables(sources, item.host)
    pins = guest_ssh.pin_options(item.uuid, dict(item.state))
    jump = guest_ssh.jump_options(item.host, variables) if guest_ssh.is_through_host(variables) else []
    said = (("-l", user or guest_ssh.user_of(dict(item.spec))), ("-p", port), ("-i", identity))
    own = [part for option, value in said if value for part in (option, str(value))]
    line = ["ssh", *pins, *jump, *own, "--", goal, *words]
    if as_json:
        show_json(
            {"format": "novalite.ssh/1", "host": item.host, "uuid": item.uuid, "pinned": bool(pins), "command": line}
        )
        return 0
    if not pins:
        note(f"{name}: its SSH host key is not known here; your own known hosts decide")
    try:
        os.execvp(line[0], line)  # noqa: S606 (no shell)
    except OSError as error:
        raise NovaliteError(f"{line[0]}: {error.strerror}", proceed=shlex.join(line)) from error


def _goal(item: ObservedInstance, address: str | None) -> str:
    """Return where to connect to. Raises: NovaliteError where it is off, or has no address that anybody knows."""
    from novalite.errors import NovaliteError
    from novalite.shared import guest_ssh, states

    if states.is_off(item.power):
        raise NovaliteError(f"{item.name} is {item.power}: nobody answers", proceed=f"novalite start {item.name}")
    found = address or _first([*guest_ssh.own_addresses(dict(item.spec)), *item.addresses])
    if found is None:
        summary = f"{item.name} has no address: none is declared, and its MACs have no lease"
        raise NovaliteError(summary, proceed=f"novalite ssh {item.name} --address ADDRESS")
    return found


def _first(addresses: Sequence[str]) -> str | None:
    """Return the first that is an address: what a guest says of itself may be anything."""
    import ipaddress

    for text in addresses:
        try:
            found = ipaddress.ip_address(text)
        except ValueError:
            continue
        if "%" not in text and not (found.is_loopback or found.is_link_local or found.is_multicast):
            return str(found)
    return None
