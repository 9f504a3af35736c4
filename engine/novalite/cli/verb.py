# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands that do one thing to instances that exist: ``novalite stop web-0``. Each is a plan of one step each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from novalite.cli import options
from novalite.model.verb import VERBS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot
    from novalite.plan.rolling import RollingSet


_TIMEOUT = click.option(
    "--timeout",
    "timeout_s",
    type=click.IntRange(0, 86_400),
    default=60,
    show_default=True,
    metavar="SECONDS",
    help="How long a guest may take to power itself off; 0: its power is taken away at once.",
)
_HARD = click.option("--hard", is_flag=True, help="Take its power away instead of asking the guest.")
_ROLLING = click.option(
    "--rolling", is_flag=True, help="Go in waves as the sets of the fleet say; those of no set one at a time."
)
_FLEET = click.option(
    "--fleet",
    metavar="FLEET",
    type=click.Path(),
    help="The fleet whose sets --rolling goes by.  [default: ./fleet or ./fleet.yml, where there is one]",
)
_REASON = click.option("--reason", metavar="TEXT", required=True, help="Why; whoever is refused reads it.")
# The options of a verb are the arguments of its step (model/verb.py, ``carries``).
_MORE: dict[str, tuple[Callable[..., Any], ...]] = {
    "stop": (_TIMEOUT,),
    "reboot": (_TIMEOUT, _HARD, _ROLLING, _FLEET),
    "lock": (_REASON,),
    "restore": (options.assume_empty_option,),
    "shelve": (_TIMEOUT,),
    "revert": (_TIMEOUT,),
    "unrescue": (_TIMEOUT,),
}


def rolling_sets(
    seen: Snapshot, held: Sequence[ObservedInstance], arguments: Mapping[str, Any]
) -> Sequence[RollingSet]:
    """Return the sets of these instances by the fleet that is named, or that is here."""
    from pathlib import Path

    from novalite.cli.look import load_fleet
    from novalite.plan.rolling_sets import sets_of_verb

    given = arguments.get("fleet")
    is_here = given is not None or any(Path(name).exists() for name in ("fleet", "fleet.yml"))
    return sets_of_verb(load_fleet(given) if is_here else None, seen, held)


def verb_command(name: str) -> click.Command:
    """Return the command of one verb."""
    verb = VERBS[name]

    def run(
        names: tuple[str, ...],
        inventory: tuple[str, ...],
        forks: int,
        project: str | None,
        lock_wait: int,
        yes: bool,
        as_json: bool,
        **arguments: Any,
    ) -> int:
        from novalite.cli.carry_out import apply_made
        from novalite.cli.find import find_each
        from novalite.cli.look import observe
        from novalite.cli.sources import Planning
        from novalite.plan.purge import plan_purge
        from novalite.plan.restore import plan_restore, plan_unshelve
        from novalite.plan.verb import plan_verb

        planning = Planning(inventory, forks, quiet=as_json, lock_wait_s=lock_wait)
        seen = observe(planning)
        held = find_each(seen, names, project, trash=name in ("restore", "purge"))
        on_shelf = {"restore": plan_restore, "unshelve": plan_unshelve, "purge": plan_purge}.get(name)
        if on_shelf is not None:
            plan = on_shelf(seen, held, verb, arguments)
        else:
            sets = rolling_sets(seen, held, arguments) if arguments.get("rolling") else ()
            plan = plan_verb(seen, held, verb, arguments, sets)
        return apply_made(plan, planning, yes=yes, as_json=as_json)

    run.__doc__ = f"""{verb.help}

    NAMES are those of instances (or project.name, or UUIDs). The plan is shown and a terminal is asked, unless
    --yes. Where it is not possible in an instance's state, nothing is done, and the states in which it would be are
    told. What the fleet declares stays as it is: the next apply goes by that.
    """
    command: Callable[..., Any] = run
    for option in (options.json_option, options.yes_option, options.lock_wait_option, *_MORE.get(name, ())):
        command = option(command)
    command = click.option("--project", metavar="NAME", help="Of this project.")(command)
    command = options.inventory_option(options.forks_option(command))
    command = click.argument("names", nargs=-1, required=True, metavar="NAME...")(command)
    return click.command(name, short_help=verb.help)(command)
