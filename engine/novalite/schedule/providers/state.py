# SPDX-License-Identifier: GPL-3.0-or-later
"""The provider trees of a host table: what is used of each provider, and booking.

Hosts without providers of their own are plain: what is used of them stands in the table's columns alone. Of the
classes that any other provider offers (``classes``) usage is kept here, and the columns of the hosts concerned are sums
over the tree (``columns.py``). A provider that is shared is there once, whatever the number of hosts it serves: what
one of them takes, all of them see.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from novalite.model.natural import natural_key
from novalite.schedule.providers import search
from novalite.schedule.providers.columns import write_row
from novalite.schedule.providers.demand import Demand, demand_of
from novalite.schedule.providers.grants import Take, assignment_of, forced, takes_of
from novalite.schedule.providers.layout import Layout, layout_of
from novalite.schedule.providers.tree import ROOT, Tree, Usage, names_of, tree_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from novalite.model.provider import SharingProvider
    from novalite.schedule.providers.assignment import Assignment
    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable, Integers, Mask, Resource


class Providers:
    """All that a table knows of providers other than its hosts."""

    def __init__(self, table: HostTable, sharing: Iterable[SharingProvider] = ()) -> None:
        """Look at the table's hosts; the sharing providers serve those of their aggregates."""
        self.table = table
        self.sharing = sorted(sharing, key=lambda provider: natural_key(provider.name))
        self.serving: dict[int, tuple[int, ...]] = {}  # row -> numbers of the sharing providers that serve it
        self.served = [self._rows_served(number) for number in range(len(self.sharing))]
        self.rows = sorted({row for row, host in enumerate(table.hosts) if host.providers} | set(self.serving))
        self._trees: dict[int, Tree] = {}
        self._same: dict[Tree, Tree] = {}
        self.classes = frozenset[str]().union(*(self.tree(row).classes() for row in self.rows))
        self._usage: dict[int, Usage] = {row: self._usage_said(row) for row in self.rows}  # all but what is shared
        self._shared = [dict(provider.used) for provider in self.sharing]
        self.is_plain: Mask = np.ones(len(table), dtype=np.bool_)
        self.is_plain[self.rows] = False
        self.versions: Integers = np.zeros(len(table), dtype=np.int64)  # grows with each change of a host's own usage
        self._demands: dict[Shape, Demand] = {}
        self._layouts: dict[tuple[Tree, Shape], Layout] = {}
        self.settled: dict[tuple[int, str], tuple[Take, ...]] = {}  # (row, UUID) of who lives there: who gives what
        self._left: dict[tuple[str, int], tuple[Take, ...]] = {}  # given back for a while
        self._booked: dict[tuple[str, int], list[tuple[Assignment, tuple[Take, ...]]]] = {}

    def _rows_served(self, number: int) -> Integers:
        wanted = frozenset(self.sharing[number].aggregates)
        hosts = {host for aggregate in self.table.aggregates if aggregate.name in wanted for host in aggregate.hosts}
        rows = sorted(self.table.rows[host] for host in hosts if host in self.table.rows)
        for row in rows:
            self.serving[row] = (*self.serving.get(row, ()), number)
        return np.array(rows, dtype=np.int64)

    def _usage_said(self, row: int) -> Usage:
        host = self.table.hosts[row]
        return [dict(host.used), *(dict(provider.used) for provider in host.providers)]

    def concerns(self, request: Request) -> bool:
        """Tell whether providers other than hosts have a say in a request: then its booking goes through here."""
        shape = request.shape
        return bool(shape.groups) or (bool(self.classes) and any(name in self.classes for name, _ in shape.resources))

    def sharing_of(self, row: int) -> list[SharingProvider]:
        """Return the sharing providers that serve a host."""
        return [self.sharing[number] for number in self.serving.get(row, ())]

    def tree(self, row: int) -> Tree:
        """Return the tree of a host."""
        found = self._trees.get(row)
        if found is None:
            made = tree_of(self.table.hosts[row], self.sharing_of(row))
            found = self._trees[row] = self._same.setdefault(made, made)
        return found

    def names(self, row: int) -> list[str]:
        """Return the names of a host's providers, in the order of its tree."""
        return names_of(self.table.hosts[row], self.sharing_of(row))

    def layout(self, row: int, shape: Shape) -> Layout:
        """Return what a shape may take of a host."""
        key = (self.tree(row), shape)
        found = self._layouts.get(key)
        if found is None:
            found = self._layouts[key] = layout_of(key[0], self.demand(shape))
        return found

    def demand(self, shape: Shape) -> Demand:
        """Return the slots of a shape."""
        found = self._demands.get(shape)
        if found is None:
            found = self._demands[shape] = demand_of(shape)
        return found

    def usage(self, row: int, names: Iterable[str]) -> Usage:
        """Return what is used of each provider of a host, of some classes."""
        own = self._usage.get(row)
        root = {} if own is None else dict(own[ROOT])
        for name in names:
            if own is None or name not in self.classes:
                root[name] = int(self.table.resource(name).used[row])
        inside = [] if own is None else own[1:]
        return [root, *inside, *self._shared_usage(row)]

    def _shared_usage(self, row: int) -> Usage:
        return [self._shared[number] for number in self.serving.get(row, ())]

    def free(self, row: int, layout: Layout) -> list[int]:
        """Return what is left of each stock of a layout on a host."""
        return layout.free(self.usage(row, layout.demand.total))

    def shared_state(self, number: int, demand: Demand) -> tuple[int, ...]:
        """Return what is left of a sharing provider, as far as the demand could tell the difference."""
        offers, used = self.sharing[number].inventories, self._shared[number]
        return tuple(
            max(-1, min(math.floor(offers[name].capacity) - used.get(name, 0), amount))
            for name, amount in demand.total.items()
            if name in offers
        )

    def write_columns(self, name: str, column: Resource) -> None:
        """Make a new column of the table tell of whole trees."""
        if name in self.classes:
            for row in self.rows:
                write_row(column, row, name, self.tree(row), [*self._usage[row], *self._shared_usage(row)])

    def book(self, request: Request, row: int) -> None:
        """Take what a request asks of the providers of a host, and remember who gave what.

        What does not fit is booked all the same, where it does least harm: whether it fits was asked before.
        """
        layout = self.layout(row, request.shape)
        free = self.free(row, layout)
        chosen = search.solve(layout, free).chosen
        if chosen is None:
            chosen = forced(layout, free)
        assignment = assignment_of(layout.demand, chosen, self.names(row))
        takes = takes_of(layout.demand, chosen)
        self.take(row, takes)
        self._booked.setdefault((request.name, row), []).append((assignment, takes))

    def unbook(self, request: Request, row: int) -> None:
        """Give back what ``book`` took. Raises: KeyError where it did not."""
        booked = self._booked[request.name, row]
        _, takes = booked.pop()
        if not booked:
            del self._booked[request.name, row]
        self.take(row, takes, -1)

    def held(self, request: Request, row: int) -> tuple[Take, ...]:
        """Return who gives an instance what, of classes that not only hosts offer: by its UUID, or as it was booked.

        Where neither is known: the host first, then what is shared, then what is inside the host.
        """
        if self.is_plain[row]:
            return ()
        takes = self.settled.get((row, request.uuid)) if request.uuid else None
        booked = self._booked.get((request.name, row))
        if takes is None and booked:
            takes = booked[-1][1]
        if takes is None:
            takes = tuple(self._guessed(row, self.demand(request.shape).total))
        return tuple(take for take in takes if take[1] in self.classes)

    def _guessed(self, row: int, amounts: Mapping[str, int]) -> Iterator[Take]:
        for name in sorted(amounts.keys() & self.classes):
            left, usage = amounts[name], self.usage(row, (name,))
            for node in self.offering(row, name):
                part = min(left, usage[node].get(name, 0))
                if part > 0:
                    yield node, name, part
                    left -= part

    def leave_shared(self, request: Request, row: int, times: int = 1) -> None:
        """Give back what an instance on a host takes of what is shared (``times`` -1: take it again).

        It does not come free by itself when the host is lost: it is not there.
        """
        found = self._left.pop((request.name, row)) if times < 0 else None
        if found is None:
            nodes = self.tree(row).nodes
            found = self._left[request.name, row] = tuple(
                take for take in self.held(request, row) if nodes[take[0]].shared
            )
        self.take(row, found, -times)

    def assignment(self, request: Request, row: int) -> Assignment | None:
        """Return who gives what to a booked request; None where no provider but the host had a say."""
        booked = self._booked.get((request.name, row))
        return booked[-1][0] if booked else None

    def take(self, row: int, takes: Iterable[Take], times: int = 1) -> None:
        """Take amounts of the nodes of a host's tree (``times`` -1: give them back); columns follow."""
        for node, name, amount in takes:
            if self.is_plain[row] or name not in self.classes:
                self.table.resource(name).book(row, times * amount)
            else:
                self._take(row, node, name, times * amount)

    def _take(self, row: int, node: int, name: str, amount: int) -> None:
        own, column = self._usage[row], self.table.resource(name)
        before = self.note(row, node, name, amount)
        if node < len(own):
            self.versions[row] += 1
            write_row(column, row, name, self.tree(row), [*own, *self._shared_usage(row)])
            return
        number = self.serving[row][node - len(own)]
        capacity = math.floor(self.sharing[number].inventories[name].capacity)
        rows = self.served[number]
        column.used[rows] += amount
        column.free[rows] += max(capacity - before - amount, 0) - max(capacity - before, 0)

    def note(self, row: int, node: int, name: str, amount: int) -> int:
        """Count an amount without telling the columns; return what was used before."""
        own = self._usage[row]
        used = own[node] if node < len(own) else self._shared[self.serving[row][node - len(own)]]
        before = used.get(name, 0)
        used[name] = before + amount
        return before

    def release(self, row: int, usage: Mapping[str, int], uuid: str = "") -> None:
        """Give back what an instance that lives on a host uses: of who gave it, where that is known.

        Else of the host first, then of what is shared, then of what is inside the host.
        """
        takes = self.settled.pop((row, uuid), None)
        if takes is not None:
            self.take(row, takes, -1)
            return
        for name, amount in usage.items():
            if name in self.classes and not self.is_plain[row]:
                self._release(row, name, amount)

    def _release(self, row: int, name: str, amount: int) -> None:
        offering, usage = self.offering(row, name), self.usage(row, (name,))
        for number in offering:
            part = min(amount, usage[number].get(name, 0))
            if part > 0:
                self.take(row, [(number, name, part)], -1)
                amount -= part
        if amount > 0:
            self.take(row, [(offering[0] if offering else ROOT, name, amount)], -1)

    def offering(self, row: int, name: str) -> list[int]:
        """Return the nodes that offer a class, in the order in which the unsuffixed group takes of them."""
        nodes = self.tree(row).nodes
        found = [number for number, node in enumerate(nodes) if name in node.offers]
        return sorted(found, key=lambda number: (number != ROOT, not nodes[number].shared, number))
