# SPDX-License-Identifier: GPL-3.0-or-later
"""Batch: one table and what is known of the kinds of requests met so far, so that the next of a kind costs little.

Two ways to place a request, with the same result to the last bit:

* in a view (view.py), where all that booking changes is room, counters, a hard group, and weighers with an ``at``;
* weighed from nothing, where anything else has a say (topologies, devices, providers, soft groups, ...).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs
import numpy as np

from novalite.model.placement import Placement, Unplaced
from novalite.model.server_group import ANTI_AFFINITY
from novalite.schedule import filters, weighers
from novalite.schedule.columns import Columns, matrix
from novalite.schedule.crowd import Crowd
from novalite.schedule.numa.hardware import claim_of
from novalite.schedule.reason import Choice, short_reason
from novalite.schedule.refusal import unplaced
from novalite.schedule.view import View
from novalite.schedule.weigh import best_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from novalite.schedule.filters import Filter
    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Integers, Mask, Reals

# Filters that a view answers: by room and counters (columns.py), or by a crowd (crowd.py).
_BY_ROOM = frozenset({"CoreFilter", "RamFilter", "DiskFilter", "ResourcesFilter"})
_BY_GROUP = frozenset({"ServerGroupAntiAffinityFilter"})


@attrs.define(slots=True)
class Recipe:
    """How requests of one shape and policy are placed; without a view they are weighed from nothing."""

    mask: Mask
    by_usage: tuple[Filter, ...]
    weighers: tuple[weighers.Weigher, ...]
    limits: list[tuple[str, Integers]] = attrs.field(factory=list)  # counters of the table that must stay below
    by_room: bool = False  # all that booking changes is room, counters, and a hard anti-affinity group
    view: View | None = None
    needs: list[float] = attrs.field(factory=list)
    roomy: int = -1  # as long as the least room became less so often, no host of the view can be short of room


@attrs.define(slots=True)
class Batch:
    """Places one request after the other, and books each."""

    table: HostTable
    use_views: bool = True  # without: slower, and the same
    _recipes: dict[tuple[int, str | None], tuple[Shape, Recipe]] = attrs.field(factory=dict)
    _masks: dict[Shape, Mask] = attrs.field(factory=dict)
    _known_limits: dict[str, tuple[str, Integers]] = attrs.field(factory=dict)
    _answers: dict[tuple[int, object], Mask | None] = attrs.field(factory=dict)
    _columns: dict[tuple[object, ...], Columns] = attrs.field(factory=dict)
    _views: dict[tuple[int, bytes], View] = attrs.field(factory=dict)
    _crowds: dict[str, Crowd] = attrs.field(factory=dict)

    def place_all(self, requests: Iterable[Request]) -> list[Placement | Unplaced]:
        """Choose a host for each, one after the other, and book it."""
        return [self.place(request) for request in requests]

    def place(self, request: Request) -> Placement | Unplaced:
        """Choose a host for one instance and book it."""
        choice = self.choose(request)
        table = self.table
        if choice is None:
            return unplaced(table, request)
        reason = short_reason(table, request, choice)
        self.book(request, choice.row)
        runner_up = None if choice.runner_up is None else table.names[choice.runner_up]
        claim = claim_of(table, request, choice.row)
        host = table.names[choice.row]
        return Placement(request.name, host, reason, choice.weight, runner_up, choice.considered, claim)

    def choose(self, request: Request) -> Choice | None:
        """Return the best host for one instance now; None where no host passes."""
        recipe = self.recipe(request)
        if recipe.view is not None:
            return self._choose_in_view(recipe.view, recipe, request)
        passed = recipe.mask
        for rule in recipe.by_usage:
            passed = passed & rule.mask(self.table, request)
        rows = np.flatnonzero(passed)
        return best_of(self.table, request, rows) if rows.size else None

    def book(self, request: Request, row: int) -> None:
        """Book, and keep what is known in step."""
        self.table.book(request, row)
        for columns in self._columns.values():
            columns.refresh(row)
        group = request.group
        if group is not None and group.policy == ANTI_AFFINITY and group.name in self._crowds:
            self._crowds[group.name].add(self.table, request, row)

    # ---- in a view --------------------------------------------------------------------------------------------------

    def _choose_in_view(self, view: View, recipe: Recipe, request: Request) -> Choice | None:
        if not view.size:
            return None
        view.sync()
        left_out = self._left_out(view, recipe, request)
        count = view.size - (0 if left_out is None else left_out.size)
        if count == 0:
            return None
        crowd = self._crowds.get(request.group.name) if request.group is not None else None
        if crowd is not None and not crowd.rows:
            crowd = None
        if count == 1 or (left_out is not None and not view.bounds_hold_without(left_out)):
            passed = np.ones(view.size, dtype=np.bool_)
            if left_out is not None:
                passed[left_out] = False
            choice = best_of(self.table, request, view.rows[passed])
            choice.crowd = crowd
            return choice
        best, weight, second, next_weight = view.best_two(left_out)
        row = int(view.rows[best])
        words = () if crowd is not None else view.best_at(row)
        return Choice(row, count, weight, int(view.rows[second]), next_weight, words, crowd)

    def _left_out(self, view: View, recipe: Recipe, request: Request) -> Integers | None:
        """Return the positions of a view that do not pass now."""
        short = None
        if recipe.roomy != view.columns.tightened:
            if view.is_roomy(recipe.needs):
                recipe.roomy = view.columns.tightened
            else:
                short = view.short_of(recipe.needs)
        group = request.group
        if group is None or group.policy != ANTI_AFFINITY:
            return short
        crowd = self._crowds.get(group.name)
        if crowd is None:
            crowd = self._crowds[group.name] = Crowd(self.table, request)
        full = crowd.positions(view)
        if short is None:
            return full if full.size else None
        return np.union1d(short, full)

    # ---- recipes ----------------------------------------------------------------------------------------------------

    def recipe(self, request: Request) -> Recipe:
        """Return how requests of this shape and policy are placed."""
        key = (id(request.shape), None if request.group is None else request.group.policy)
        known = self._recipes.get(key)
        if known is None or known[0] is not request.shape:
            known = self._recipes[key] = (request.shape, self._new_recipe(request))
        return known[1]

    def _new_recipe(self, request: Request) -> Recipe:
        table, shape = self.table, request.shape
        mask = self._masks.get(shape)
        if mask is None:
            mask = self._masks[shape] = self._static_mask(request)
        by_usage = tuple(filters.applying(table, request, filters.BY_USAGE))
        recipe = Recipe(mask, by_usage, tuple(weighers.active(table, request)))
        others = [rule for rule in by_usage if rule.NAME not in _BY_ROOM | _BY_GROUP]
        counted = [rule for rule in others if getattr(rule, "limits", None) is not None]
        recipe.limits = [self._limits(rule) for rule in counted]
        # What is shared changes for many hosts at once; views and heaps look again only at the one that was booked.
        recipe.by_room = len(counted) == len(others) and not table.providers.serving
        own = any(getattr(weigher, "BY_REQUEST", False) for weigher in recipe.weighers)
        if not self.use_views or not recipe.by_room or own:
            return recipe
        columns = self._columns_for(request, recipe)
        recipe.needs = columns.needs(request)
        name = (id(columns), mask.tobytes())
        view = self._views.get(name)
        if view is None:
            view = self._views[name] = View(columns, mask, self._factors(columns))
        recipe.view = view
        return recipe

    def _limits(self, rule: Filter) -> tuple[str, Integers]:
        known = self._known_limits.get(rule.NAME)
        if known is None:
            known = self._known_limits[rule.NAME] = (rule.COUNTER, rule.limits(self.table))  # type: ignore[attr-defined]
        return known

    def _static_mask(self, request: Request) -> Mask:
        """Return the hosts that pass what no booking changes; what rules look at alike is asked once."""
        mask = np.ones(len(self.table), dtype=np.bool_)
        for rule in filters.applying(self.table, request, filters.BY_SHAPE):
            about = getattr(rule, "about", None)
            if about is None:
                mask &= rule.mask(self.table, request)
                continue
            key = (id(rule), about(request))
            if key not in self._answers:
                answer = rule.mask(self.table, request)
                self._answers[key] = None if answer.all() else answer
            known = self._answers[key]
            if known is not None:
                mask &= known
        return mask

    def _factors(self, columns: Columns) -> Reals:
        factors = [weighers.multiplier(self.table, weigher) for weigher in columns.weighers]
        return matrix(factors, len(self.table))

    def _columns_for(self, request: Request, recipe: Recipe) -> Columns:
        usual = ("VCPU", "MEMORY_MB", "DISK_GB")
        classes = usual + tuple(name for name, _ in request.shape.resources if name not in usual)
        limits = tuple(recipe.limits)
        name = (classes, tuple(id(limit) for _, limit in limits), tuple(weigher.NAME for weigher in recipe.weighers))
        columns = self._columns.get(name)
        if columns is None:
            columns = self._columns[name] = Columns(self.table, request, recipe.weighers, classes, limits)
        return columns
