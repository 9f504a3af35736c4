# SPDX-License-Identifier: GPL-3.0-or-later
"""``novalite adopt``: write the lines that take domains of a host, made by somebody else, under our care."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from novalite.cli import options
from novalite.errors import NovaliteError, ObserveIncomplete

if TYPE_CHECKING:
    from collections.abc import Sequence

    from novalite.adopt.propose import Proposal
    from novalite.cli.sources import Planning
    from novalite.model.fleet import Fleet
    from novalite.model.observed import ForeignDomain
    from novalite.model.plan import Plan
    from novalite.model.snapshot import Snapshot


@click.command("adopt", short_help="Write a fleet for domains that somebody else made.")
@click.argument("host", metavar="HOST")
@click.argument("domains", nargs=-1, metavar="[DOMAIN]...")
@options.inventory_option
@options.forks_option
@click.option("--project", metavar="NAME", help="Owner of the instances, where FOLDER holds no fleet yet.")
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    type=click.Path(file_okay=False),
    default="fleet",
    show_default=True,
    help="The fleet that the lines are added to, in a file of their own.",
)
@options.json_option
def command(
    host: str,
    domains: tuple[str, ...],
    inventory: tuple[str, ...],
    forks: int,
    project: str | None,
    output: str,
    as_json: bool,
) -> int:
    """Read domains of HOST that somebody else made (all of them, or each DOMAIN by name or UUID) and write the lines
    of a fleet that take them under novalite's care. Nothing is changed on the host.

    The plan of the new fleet is shown: it must hold nothing but "N to adopt". What the language cannot say is kept in
    extra_xml and listed. `novalite apply` then writes our mark into the domains, and nothing else.
    """
    from novalite.adopt.collect import read_domains
    from novalite.adopt.propose import propose
    from novalite.cli.look import inventories, observe
    from novalite.cli.sources import Planning
    from novalite.cli.terminal import show_json
    from novalite.plan.build import reconcile

    planning = Planning(inventory, forks, quiet=as_json)
    folder = Path(output)
    fleet = _existing(folder)
    owner = owner_of(fleet, project, folder)
    seen = observe(planning)
    chosen, refused = choose_domains(seen, host, domains)
    read = []
    if chosen:
        uuids = [one.uuid for one in chosen]
        read = list(read_domains(inventories(inventory), host, uuids, fleet.images.values() if fleet else ()))
    taken = [item.name for item in seen.instances() if item.project == owner]
    proposal = propose(host, read, fleet, taken)
    proposal.skipped += refused
    if not proposal.adopted:
        if as_json:
            show_json(_document(proposal, None, None))
        else:
            _tell(proposal)
            click.echo(f"Nothing to adopt on {host}.")
        return 0
    path, new = write_fleet(proposal, folder, host, None if fleet else owner)
    plan = reconcile(new, seen)
    if as_json:
        show_json(_document(proposal, path, plan))
    else:
        _tell(proposal)
        _show(plan, path, planning)
    unknown = {name: lost.reason for name, lost in seen.unknown.items()}
    if unknown and not as_json:
        raise ObserveIncomplete(unknown)
    return 6 if unknown else 3 if plan.is_errored else 0


def _existing(folder: Path) -> Fleet | None:
    from novalite.cli.look import load_fleet

    return load_fleet(str(folder)) if folder.is_dir() and any(folder.glob("*.yml")) else None


def owner_of(fleet: Fleet | None, said: str | None, folder: Path) -> str:
    """Return whose the instances are. Raises: NovaliteError where nobody said it, or somebody else."""
    from novalite.cli.terminal import command_line
    from novalite.shared import names

    if fleet is not None:
        if said not in (None, fleet.project):
            raise NovaliteError(f"the fleet in {folder} is that of {fleet.project}, not of {said}")
        return fleet.project
    if said is None:
        raise NovaliteError(
            f"there is no fleet in {folder} yet: whose are the domains?",
            proceed=command_line(add=["--project", "NAME"]),
        )
    if not names.is_name(said):
        raise NovaliteError(f"{said!r} is not a name: lower-case letters, digits and hyphens, a letter first")
    return said


def choose_domains(
    seen: Snapshot, host: str, wanted: Sequence[str]
) -> tuple[list[ForeignDomain], list[tuple[str, str]]]:
    """Return the foreign domains that are meant, and (domain, why not) of those that nobody should take."""
    there = seen.hosts.get(host)
    if there is None and host in seen.unknown:
        raise ObserveIncomplete({host: seen.unknown[host].reason})
    if there is None:
        known = ", ".join(sorted(seen.hosts)) or "none"
        raise NovaliteError(f"{host} is not among the hosts ({known})", proceed="novalite observe")
    for name in wanted:
        if not any(name in (one.domain, one.uuid) for one in there.foreign):
            ours = next((item for item in there.instances if name in (item.domain, item.uuid)), None)
            others = ", ".join(one.domain for one in there.foreign) or "none"
            why = f"no such domain (those that somebody else made: {others})"
            why = f"it is the instance {ours.project}.{ours.name} already" if ours else why
            raise NovaliteError(f"{name} on {host}: {why}", proceed="novalite list")
    meant = [one for one in there.foreign if not wanted or {one.domain, one.uuid} & set(wanted)]
    return [one for one in meant if not one.reason], [(one.domain, one.reason) for one in meant if one.reason]


def write_fleet(proposal: Proposal, folder: Path, host: str, project: str | None) -> tuple[Path, Fleet]:
    """Write the file, and return it with the fleet that it makes; what cannot be read again does not stay."""
    from novalite.adopt.names import free_name, legal_name
    from novalite.adopt.write import fleet_text
    from novalite.cli.look import load_fleet

    taken = {path.stem for path in folder.glob("*.yml")}
    path = folder / f"{free_name('adopted-' + legal_name(host, 'host'), taken)}.yml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(fleet_text(proposal, host, project), encoding="utf-8")
    except OSError as error:
        raise NovaliteError(f"cannot write {path}: {error.strerror}") from error
    try:
        return path, load_fleet(str(folder))
    except BaseException:
        path.unlink()
        raise


def _tell(proposal: Proposal) -> None:
    from novalite.render.adopt import adopt_lines

    for line in adopt_lines(proposal.adopted, proposal.skipped):
        click.echo(line)


def _show(plan: Plan, path: Path, planning: Planning) -> None:
    from novalite.cli.drawing import show_plan
    from novalite.cli.plan_files import stored
    from novalite.cli.terminal import note

    show_plan(stored(plan))
    note(f"written to {path}; nothing was changed on any host")
    others = sum(change.action != "adopt" for change in plan.changes)
    if others:
        note(f"besides what is adopted, the plan of this fleet has {others} more changes")
    words = " ".join(f"-i {source}" for source in planning.inventory)
    if not plan.is_errored:
        note(f"to mark the domains, and change nothing else: novalite apply {path.parent} {words}".rstrip())


def _document(proposal: Proposal, path: Path | None, plan: Plan | None) -> dict[str, object]:
    import attrs

    from novalite.plan.file import summary

    return {
        "file": None if path is None else str(path),
        "adopted": [attrs.asdict(one) for one in proposal.adopted],
        "skipped": [{"domain": domain, "reason": reason} for domain, reason in proposal.skipped],
        "summary": None if plan is None else summary(plan),
    }
