# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite console``: a person at a guest's serial port, by ssh to its host and virsh there."""

from __future__ import annotations

import click

from novalite.cli import options


@click.command("console", short_help="Attach to a guest's serial port.")
@click.argument("name")
@options.inventory_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Of this project, where several have one of that name.")
@click.option("--force", is_flag=True, help="Take the port from whoever is attached to it.")
@options.json_option
def command(name: str, inventory: tuple[str, ...], forks: int, project: str | None, force: bool, as_json: bool) -> int:
    """Attach this terminal to the first serial port of the instance NAME; Ctrl-] ends it.

    ssh goes where the Ansible inventory says. Without a terminal, the command that would be run is printed.
    """
    import os
    import shlex
    import sys

    from novalite.cli.host_ssh import command_on, host_variables
    from novalite.cli.look import inventories
    from novalite.cli.terminal import show_json
    from novalite.errors import NovaliteError
    from novalite.observe.one import ask_one
    from novalite.shared import states

    sources = inventories(inventory)
    answer = ask_one("console_log", sources, name, project=project, forks=forks, lines=1)
    if states.is_off(answer.said["power"]):
        raise NovaliteError(
            f"{name} is {answer.said['power']}: nobody is at its serial port", proceed=f"novalite start {name}"
        )
    variables = host_variables(sources, answer.host)
    uri = str(variables.get("novalite_uri") or "qemu:///system")
    words = ["virsh", "--connect", uri, "console", answer.said["uuid"], *(["--force"] if force else [])]
    line = command_on(answer.host, variables, words)
    if as_json:
        show_json({"format": "novalite.console/1", "host": answer.host, "uuid": answer.said["uuid"], "command": line})
        return 0
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        click.echo(shlex.join(line))
        return 0
    click.echo(f"{shlex.join(line)}   (Ctrl-] ends it)", err=True)
    try:
        os.execvp(line[0], line)  # noqa: S606 (no shell: the words are the inventory's)
    except OSError as error:
        raise NovaliteError(f"{line[0]}: {error.strerror}", proceed=shlex.join(line)) from error
