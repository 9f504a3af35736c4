# SPDX-License-Identifier: GPL-3.0-or-later
"""reconcile(fleet, snapshot) -> Plan: the only composer. Same input, same bytes: no files, clock or randomness."""

from __future__ import annotations

import base64
from collections import Counter
from typing import TYPE_CHECKING, Any

import attrs

from novalite.diff.classify import Classified, classify
from novalite.model.change import GOING, Action, Change
from novalite.model.natural import natural_key
from novalite.model.placement import Explanation, Placement
from novalite.model.plan import Plan, PlannedChange
from novalite.plan import guards
from novalite.plan.adopt import describe_adopt, draft_of_adopt
from novalite.plan.costs import RESTART
from novalite.plan.describe import describe, describe_create
from novalite.plan.draft import (
    Draft,
    drafts_of_change,
    drafts_of_create,
    drafts_of_delivery,
    facts_of_images,
    images_of,
)
from novalite.plan.grow import check_growth
from novalite.plan.identity import Identities
from novalite.plan.leftovers import describe_leftover, draft_of_leftover, find_leftovers
from novalite.plan.macs import problems_of_macs
from novalite.plan.moves import Settling, settle
from novalite.plan.moves_told import problems_of_core
from novalite.plan.order import order
from novalite.plan.pending import describe_pending, is_about_pending, with_pending
from novalite.plan.place import explain_new, explain_placed, explain_present, place
from novalite.plan.purge import Cleaning, clean_shelves, problems_of_names
from novalite.plan.relied import relied_on
from novalite.plan.rolling import in_waves, told
from novalite.plan.rolling_sets import sets_of_plan
from novalite.plan.secrets import secrets_of
from novalite.plan.wait import told as waits_told
from novalite.plan.wait import with_waits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from novalite.model.fleet import Fleet
    from novalite.model.image import Image
    from novalite.model.observed import ObservedHost
    from novalite.model.snapshot import Snapshot
    from novalite.problem import Problem


def reconcile(
    fleet: Fleet,
    snapshot: Snapshot,
    *,
    destroy: bool = False,
    purge: bool = False,
    assume_empty: Iterable[str] = (),
    max_destroy: int | None = None,
    max_down: int | None = None,
    max_disruption: str = RESTART,
    settle_pending: bool = False,
    explain: bool = False,
) -> Plan:
    """Return what is to be done so that the hosts hold what the fleet says (or, to destroy, nothing of its project).

    What goes away is moved into the trash, unless ``purge`` or its mark says otherwise; to destroy and purge, the trash
    goes too. With ``explain`` each new instance's placement holds its whole matrix (of many, the rows that tell most).
    Refusals, conflicts and instances without a host are problems of the plan, not exceptions: it can still be shown.
    """
    assumed = tuple(sorted(set(assume_empty)))
    found = classify(fleet, snapshot, destroy=destroy, purge=purge, assume_empty=assumed)
    classified = check_growth(fleet, snapshot, found)
    work = _work(fleet, snapshot, classified, explain=explain)
    settling = Settling() if destroy else settle(fleet, snapshot, classified)
    classified = settling.of_changes(classified)
    whole = classified if destroy else with_pending(fleet, classified, settle=settle_pending)
    costs = _change(work, snapshot, whole.changes, settle_pending)
    work.lines.update(settling.lines)
    work.problems += _problems(settling, classified)
    work.problems += problems_of_macs(whole.changes, snapshot, work.drafts)
    cleaning = _clean(fleet, snapshot, work, everything=destroy and purge)
    going = _going(classified, cleaning)
    work.problems += guards.guards(fleet, snapshot, going, destroy=destroy, assume_empty=assumed, limit=max_destroy)
    work.problems += guards.problems_of_costs(whole.changes, costs, max_down, max_disruption)
    work.problems += guards.problems_of_shared(fleet, snapshot, _placed(work))
    sets = sets_of_plan(fleet, whole, costs)
    work.problems += filter(None, (one.problem() for one in sets))
    contents = _contents(work.created)
    waves = order(with_waits(fleet, snapshot, in_waves(sets, work.drafts)))
    return Plan(
        project=fleet.project,
        fleet=fleet.fingerprint,
        changes=(*(work.lines[name] for name in sorted(work.lines, key=natural_key)), *cleaning.lines),
        waves=waves,
        relied=relied_on(snapshot, waves),
        images=facts_of_images(work.images),
        contents=contents,
        secrets=secrets_of(fleet, contents),
        unknown={name: lost.reason for name, lost in snapshot.unknown.items()},
        hosts=len(snapshot.hosts) + len(snapshot.unknown),
        problems=tuple(work.problems),
        assumed_empty=tuple(name for name in assumed if name in snapshot.unknown),
        kept=classified.kept - len(work.lines.keys() - {change.name for change in classified.changes}),
        batch=work.batch,
        moves=settling.figures,
        rolling=told(sets, waves),
        waits=waits_told(fleet, waves, sets),
        goals=_goals(fleet, snapshot, classified, work),
    )


def _clean(fleet: Fleet, snapshot: Snapshot, work: _Work, *, everything: bool) -> Cleaning:
    """Return what interrupted applies and deadlines leave to do, and add its steps; all else of the plan is known."""
    leftovers = list(find_leftovers(fleet.project, snapshot, work.drafts))
    shelves = clean_shelves(fleet.project, snapshot, everything=everything)
    work.drafts += [*(draft_of_leftover(item) for item in leftovers), *shelves.drafts]
    work.problems += problems_of_names(work.created, snapshot)
    return attrs.evolve(shelves, lines=(*(describe_leftover(item) for item in leftovers), *shelves.lines))


def _going(classified: Classified, cleaning: Cleaning) -> guards.Going:
    """Return how many instances go away, and how."""
    counts = Counter(change.action for change in classified.changes)
    return guards.Going(counts[Action.DELETE], counts[Action.TRASH], cleaning.purged, counts[Action.RELEASE])


def _problems(settling: Settling, classified: Classified) -> list[Problem]:
    """Return what is wrong with changes and with where instances live."""
    untold = [change for change in classified.changes if change.name not in settling.told]
    return [*settling.problems, *guards.problems_of_changes(untold)]


def _explain(fleet: Fleet, snapshot: Snapshot, classified: Classified, work: _Work) -> None:
    """Add to each line of a new instance why it goes there, or nowhere."""
    wanted = [
        change.desired for change in classified.changes if change.action is Action.CREATE and change.desired is not None
    ]
    chosen = {name: line.host for name, line in work.lines.items() if line.host is not None}
    for name, explanation in explain_placed(fleet, snapshot, classified, wanted, chosen).items():
        line = work.lines[name]
        placement = {**line.placement, "explanation": explanation.to_document()}
        work.lines[name] = attrs.evolve(line, placement=placement)


def _goals(fleet: Fleet, snapshot: Snapshot, classified: Classified, work: _Work) -> tuple[Mapping[str, Any], ...]:
    """Return what the plan makes of what the fleet declares to survive."""
    if not fleet.goals:
        return ()
    from novalite.plan.ask import goals_of_plan

    return goals_of_plan(fleet, snapshot, classified, _placed(work))


def _placed(work: _Work) -> dict[str, str]:
    """Return the host of each new instance that has one."""
    return {name: line.host for name, line in work.lines.items() if line.action == "create" and line.host is not None}


def explain_instance(
    fleet: Fleet, snapshot: Snapshot, name: str, *, assume_empty: Iterable[str] = ()
) -> Explanation | None:
    """Return the whole scheduling matrix of one declared instance; None if it is neither new nor found on a host."""
    if name not in fleet.instances:
        return None
    classified = classify(fleet, snapshot, assume_empty=assume_empty)
    creates = [change.desired for change in classified.changes if change.action is Action.CREATE and change.desired]
    if any(desired.name == name for desired in creates):
        return explain_new(fleet, snapshot, classified, creates, name)
    return explain_present(fleet, snapshot, classified, name)


@attrs.define(slots=True)
class _Work:
    """What a plan is gathered from."""

    lines: dict[str, PlannedChange] = attrs.field(factory=dict)
    drafts: list[Draft] = attrs.field(factory=list)
    problems: list[Problem] = attrs.field(factory=list)
    created: list[Change] = attrs.field(factory=list)  # and rebuilt: what is made of an image and of contents
    images: list[Image] = attrs.field(factory=list)
    delivered: set[tuple[str, str]] = attrs.field(factory=set)  # (host, digest)
    batch: Mapping[str, Any] = attrs.field(factory=dict)


def _work(fleet: Fleet, snapshot: Snapshot, classified: Classified, *, explain: bool = False) -> _Work:
    """Return the part of the plan that makes new instances."""
    work = _Work()
    creates = [change for change in classified.changes if change.action is Action.CREATE]
    if not creates:
        return work
    gone = tuple(change.observed for change in classified.changes if change.action is Action.DELETE and change.observed)
    identities = Identities(snapshot, gone)
    whole = place(fleet, snapshot, classified, [change.desired for change in creates if change.desired])
    results = {result.name: result for result in whole.results}
    work.batch = attrs.asdict(whole.figures) if whole.figures is not None else {}
    parts: dict[int, object] = {}
    contended = any(change.action in (*GOING, Action.RENAME) for change in classified.changes)
    for change in creates:
        desired, result = change.desired, results[change.name]
        assert desired is not None  # noqa: S101 (only what is declared is created)
        who = identities.choose(desired)
        work.lines[change.name] = describe_create(change, result, who)
        work.problems += guards.problems_of_identity(change, who)
        if not isinstance(result, Placement):
            work.problems.append(guards.problem_of_unplaced(change, result, snapshot))
            continue
        host = snapshot.hosts[result.host]
        work.created.append(change)
        work.drafts += drafts_of_create(desired, result, who, host, parts, contended=contended)
        _add_images(work, change, host)
    work.problems += problems_of_core(fleet, whole.core)
    if explain:
        _explain(fleet, snapshot, classified, work)
    return work


def _change(work: _Work, snapshot: Snapshot, changes: Iterable[Change], settle: bool) -> dict[str, str]:
    """Add what becomes of instances that exist, or may; return what it costs each (its disruption)."""
    for change in changes:
        if change.action is not Action.CREATE:
            describing = _DESCRIBING.get(change.action) or (describe_pending if is_about_pending(change) else None)
            work.lines[change.name] = describing(change) if describing else describe(change, settle=settle)
            _add_steps(work, snapshot, change, settle)
    return {name: line.disruption for name, line in work.lines.items()}


_DESCRIBING = {Action.ADOPT: describe_adopt}


def _add_steps(work: _Work, snapshot: Snapshot, change: Change, settle: bool) -> None:
    """Add the steps of a change to an instance that exists, with the images that its host needs for it."""
    if change.action is Action.ADOPT:
        work.drafts.append(draft_of_adopt(change, snapshot))
        return
    host = snapshot.hosts.get(change.observed.host) if change.observed else None
    work.drafts += drafts_of_change(change, host, settle=settle)
    if change.action is Action.REBUILD:
        work.created.append(change)
    if host is not None:
        _add_images(work, change, host)


def _add_images(work: _Work, change: Change, host: ObservedHost) -> None:
    for image in images_of(change):
        work.images.append(image)
        if (host.name, image.sha256) not in work.delivered:
            work.delivered.add((host.name, image.sha256))
            work.drafts += drafts_of_delivery(image, host)


def _contents(created: Iterable[Change]) -> dict[str, str]:
    """Return what travels beside the specs of new instances, and of rebuilt ones, as base64, by digest."""
    found = {one.sha256: one.content for change in created if change.desired for one in change.desired.contents()}
    return {digest: base64.b64encode(content).decode("ascii") for digest, content in sorted(found.items())}
