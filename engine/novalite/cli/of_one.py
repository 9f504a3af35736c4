# SPDX-License-Identifier: GPL-3.0-or-later
"""What the commands share that do one thing to one instance: finding it, its options, fetching what its host made."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

import click

from novalite.cli import options
from novalite.errors import NovaliteError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from novalite.cli.sources import Planning
    from novalite.model.observed import ObservedInstance
    from novalite.model.snapshot import Snapshot

    F = TypeVar("F", bound=Callable[..., Any])

_FILE = re.compile(r"(images|instances/[0-9a-f-]{36}|backups/[0-9a-f-]{36})/[a-z0-9][a-z0-9.-]*")


def options_of_one(function: F) -> F:
    """Add NAME and what every command takes that makes a plan for one instance."""
    project = click.option("--project", metavar="NAME", help="Of this project.")
    for option in (options.json_option, options.yes_option, options.lock_wait_option, project, options.forks_option):
        function = option(function)
    return click.argument("name")(options.inventory_option(function))


def planning_of(said: dict[str, Any]) -> Planning:
    """Return how to plan, from what ``options_of_one`` gave."""
    from novalite.cli.sources import Planning

    return Planning(said["inventory"], said["forks"], quiet=said["as_json"], lock_wait_s=said["lock_wait"])


def find_one(planning: Planning, name: str, project: str | None) -> tuple[Snapshot, ObservedInstance]:
    """Return what the hosts hold, and the instance in it."""
    from novalite.cli.find import find_each
    from novalite.cli.look import observe

    seen = observe(planning)
    (item,) = find_each(seen, [name], project)
    return seen, item


def fetch(inventory: Sequence[str], host: str, file: str, target: Path) -> None:
    """Bring a file of a host's state dir here, 0600. Raises: NovaliteError where that fails."""
    from novalite import playbook
    from novalite.cli.look import inventories

    folder = target.parent.resolve()
    part = folder / f".{target.name}.part"
    if _FILE.fullmatch(file) is None or any(mark in str(part) for mark in ("{{", "{%", "{#")):
        raise NovaliteError(f"cannot fetch {file} to {target}", proceed="name another file")
    variables: dict[str, str | int | bool] = {"file": file, "to": str(part)}
    try:
        ran = playbook.run("fetch", inventories(inventory), variables=variables, limit=[host])
        event = ran.last(host)
        if event is None or event.state != "ok":
            said = (event.message if event else "") or ran.message
            raise NovaliteError(f"{file} of {host} could not be fetched: {said}", proceed="novalite doctor")
        part.chmod(0o600)
        part.replace(target)
    except OSError as error:
        raise NovaliteError(f"cannot write {target}: {error.strerror or error}", proceed="name another file") from error
    finally:
        part.unlink(missing_ok=True)
