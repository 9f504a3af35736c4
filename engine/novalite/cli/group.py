# SPDX-License-Identifier: GPL-3.0-or-later
"""The root command: imports only the command that is used, so that help is quick."""

from __future__ import annotations

import importlib

import click

from novalite import __version__
from novalite.model.verb import ACTS, VERBS

# What else is asked of one instance, by its name.
_MORE_ACTIONS = {
    "log": "Show what a guest said on its serial port.",
    "console": "Attach to a guest's serial port.",
    "ssh": "Go into a guest by SSH; its host key is known.",
    "diagnostics": "Show QEMU's counters of a guest, and what its agent tells.",
    "password": "Set a user's password in a guest, by its agent.",
    "snapshot": "Copy an instance's disks: in place, or as an image.",
    "backup": "Back a root disk up on its host, and keep the newest N.",
    "dump": "Write a guest's memory to a file of its host.",
}

# Name -> the line in the help; each lives in the file of its name (``command``). In the order people meet them.
COMMANDS = {
    "init": "Write a small fleet that works.",
    "doctor": "Check this machine and the hosts; say what mends them.",
    "validate": "Check a fleet; no host is contacted.",
    "plan": "Show what would change.",
    "show": "Show a plan file.",
    "apply": "Make a fleet, or a reviewed plan, true.",
    "destroy": "Move every instance of a fleet's project into the trash.",
    "observe": "Ask the hosts what they hold.",
    "adopt": "Write a fleet for domains that somebody else made.",
    "list": "List the instances on the hosts.",
    "get": "Show everything known of one instance.",
    "status": "Show hosts, instances, drift and what is unknown.",
    "drift": "Show what differs from what was applied; it cannot change anything.",
    "explain": "Say why an instance goes where it goes, or what an error id means.",
    "capacity": "Say how many more of each flavor fit, now and after a loss.",
    "survive": "Prove or refute what the fleet declares to survive.",
    "history": "Show what was applied, by whom, and how it ended.",
    "render": "Write the domain XML and config drive an instance would get.",
    "host": "Look at hosts.",
    **{name: verb.help for name, verb in VERBS.items()},
    **ACTS,
    **_MORE_ACTIONS,
}
_ACTIONS = (*VERBS, *ACTS, *_MORE_ACTIONS)


class LazyGroup(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        """Return the commands' names."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return a command, or None; a unique beginning is not enough (scripts outlive new commands)."""
        if cmd_name not in COMMANDS:
            return None
        command = importlib.import_module(f"novalite.cli.{cmd_name}").command
        assert isinstance(command, click.Command)  # noqa: S101
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does it, with a did-you-mean."""
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            import difflib

            near = difflib.get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """Write the table of commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, text in COMMANDS.items() if name not in _ACTIONS])
        with formatter.section("Actions on instances, by name"):
            formatter.write_text(", ".join(_ACTIONS))


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(cls=LazyGroup, context_settings=SETTINGS, invoke_without_command=True)
@click.version_option(__version__, "--version", message="novalite %(version)s")
@click.pass_context
def cli(ctx: click.Context) -> None:
    """OpenStack Nova without a control plane: declare instances, review a plan, apply it.

    Exit status: 0 done or nothing to do, 1 usage or internal error, 2 changes present (with
    --detailed-exitcode), 3 invalid or refused, 4 conflict (stale plan, lock), 5 applied in part,
    6 hosts unknown, 130 interrupted.
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())
