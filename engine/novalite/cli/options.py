# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that several commands share, so that they are spelled and explained once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

fleet_argument = click.argument("fleet", required=False, metavar="[FLEET]", type=click.Path())
inventory_option = click.option(
    "-i",
    "--inventory",
    multiple=True,
    metavar="PATH",
    help="Ansible inventory with the group novalite_hosts.  [default: $NOVALITE_INVENTORY or hosts.yml]",
)
snapshot_option = click.option(
    "--snapshot", metavar="FILE", type=click.Path(), help="Read the hosts from this file; contact none."
)
forks_option = click.option(
    "--forks", type=click.IntRange(1, 1000), default=20, show_default=True, help="Hosts at the same time."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
markdown_option = click.option("--markdown", "as_markdown", is_flag=True, help="Print a card for a pull request.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
outside_option = click.option("--allow-outside", is_flag=True, help="Let the fleet refer to files outside its folder.")
max_destroy_option = click.option(
    "--max-destroy", type=click.IntRange(0), metavar="N", help="How many instances may be deleted or trashed."
)
purge_option = click.option("--purge", is_flag=True, help="Delete for good what would go into the trash.")
max_down_option = click.option(
    "--max-down",
    type=click.IntRange(0),
    metavar="N",
    help="How many instances that run may be powered off, paused, restarted, rebuilt or deleted in all.",
)
max_disruption_option = click.option(
    "--max-disruption",
    type=click.Choice(("none", "hot", "restart", "rebuild")),
    default="restart",
    metavar="COST",
    help="The most that a change may cost: none, hot, restart or rebuild.  [default: restart]",
)
vault_password_option = click.option(
    "--vault-password-file",
    metavar="FILE",
    type=click.Path(),
    help="Password of the vaults that secrets are in, or a program that prints it.",
)
settle_option = click.option("--settle", is_flag=True, help="Reboot those that are pending a restart.")
assume_empty_option = click.option(
    "--assume-empty",
    multiple=True,
    metavar="HOST",
    help="You assert that this unknown host holds nothing of the fleet. Repeatable.",
)


lock_wait_option = click.option(
    "--lock-wait",
    type=click.IntRange(0, 3600),
    default=30,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a host on which somebody else works.",
)


# For the commands with the most options: their help fits a screen.
WIDE = {"terminal_width": 100}


def planning_options(function: F) -> F:
    """Add what every command that makes a plan takes."""
    for option in (outside_option, assume_empty_option, max_destroy_option, forks_option, inventory_option):
        function = option(function)
    return function
