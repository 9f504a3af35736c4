# SPDX-License-Identifier: GPL-3.0-or-later
"""The hardware of all hosts of a table: cells, CPUs, pages, devices, and what is booked of them.

Hosts with the same hardware in the same state share one number, and what a guest would get is worked out once for each
number: a mask over thousands of equal hosts costs one fit, and after a booking one more. Nothing is made until a
request asks for hardware.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from novalite.model.claim import Claim, claim_from_spec
from novalite.model.guest_topology import guest_topology
from novalite.model.resource import MEMORY_MB, VCPU
from novalite.schedule.numa.cell import Limits
from novalite.schedule.numa.fit import State, Want, fit
from novalite.schedule.numa.usage import given_back, taken
from novalite.schedule.pci import addressed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from novalite.model.numa import GuestTopology
    from novalite.schedule.host import Host
    from novalite.schedule.request import Request, Shape
    from novalite.schedule.table import HostTable

_NOTHING = Want()


def want_of(shape: Shape) -> Want:
    """Return what a shape asks of the hardware."""
    return Want(shape.topology, shape.pci) if shape.topology is not None or shape.pci else _NOTHING


def state_of(host: Host) -> State:
    """Return a host's hardware as it was reported."""
    cpu, ram = (host.inventories.get(name) for name in (VCPU, MEMORY_MB))
    limits = Limits(cpu.allocation_ratio if cpu else 1.0, ram.allocation_ratio if ram else 1.0)
    return State(tuple(host.numa), addressed(host.pci), limits)


def hardware_of(table: HostTable) -> Hardware:
    """Return the hardware of a table's hosts, made when first asked for."""
    return table.keep("hardware", lambda: Hardware(table))


def claim_of(table: HostTable, request: Request, row: int) -> Claim | None:
    """Return which parts of its host a booked request got; None where it asks for none."""
    return None if want_of(request.shape) is _NOTHING else hardware_of(table).claim(request, row)


def release_spec(table: HostTable, host: str, spec: Mapping[str, Any]) -> None:
    """Give back the hardware of an instance that goes away, as its spec says it was claimed."""
    claim = claim_from_spec(spec.get("claim"))
    if claim is not None and host in table.rows:
        hardware_of(table).release(table.rows[host], claim, _topology(spec))


def hold_spec(table: HostTable, host: str, spec: Mapping[str, Any]) -> None:
    """Take the hardware of an instance again that was given back: the inverse of ``release_spec``."""
    claim = claim_from_spec(spec.get("claim"))
    if claim is not None and host in table.rows:
        hardware_of(table).hold(table.rows[host], claim, _topology(spec))


def _topology(spec: Mapping[str, Any]) -> GuestTopology | None:
    flavor, image = spec["flavor"], spec["image"]
    return guest_topology(flavor["vcpus"], flavor["ram_mib"], flavor["extra_specs"], image["properties"])


class Hardware:
    """One row a host, as in the table it belongs to."""

    def __init__(self, table: HostTable) -> None:
        """Make it of what the hosts report and what is booked already, and hear of what will be."""
        self._hosts = table.hosts
        self._states: list[State] = []  # by number
        self._numbers: dict[State, int] = {}
        self._rows: npt.NDArray[np.intp] | None = None  # row -> number
        self._answers: dict[Want, dict[int, Claim | str]] = {}  # by want and number
        self._masks: dict[Want, tuple[npt.NDArray[np.bool_], int]] = {}  # and how many changes it has seen
        self._changes: list[int] = []  # rows, in the order of bookings
        self._claims: dict[tuple[int, Request], list[Claim | None]] = {}
        table.watch(self._booked)

    def state(self, row: int) -> State:
        """Return one host's hardware as it is now."""
        return self._states[int(self._all()[row])]

    def answer(self, want: Want, row: int) -> Claim | str:
        """Return what a guest would get on one host; where it does not fit, what is asked and what is there."""
        return self._answer(self._answers.setdefault(want, {}), want, int(self._all()[row]))

    def mask(self, want: Want) -> npt.NDArray[np.bool_]:
        """Return which hosts could give what is wanted."""
        numbers = self._all()
        answers = self._answers.setdefault(want, {})
        found, seen = self._masks.get(want, (None, 0))
        if found is None:
            passing = np.zeros(len(self._states), dtype=np.bool_)
            for number in np.unique(numbers).tolist():
                passing[number] = isinstance(self._answer(answers, want, number), Claim)
            found = passing[numbers]
        else:
            for row in self._changes[seen:]:
                found[row] = isinstance(self._answer(answers, want, int(numbers[row])), Claim)
        self._masks[want] = (found, len(self._changes))
        return found.copy()

    def claim(self, request: Request, row: int) -> Claim | None:
        """Return what a request that is booked on a host got there; None where it asks nothing, or did not fit."""
        return next(iter(self._claims.get((row, request), ())[-1:]), None)

    def hold(self, row: int, claim: Claim, topology: GuestTopology | None) -> None:
        """Take what an instance has that was placed before."""
        self._put(row, taken(self.state(row), claim, topology))

    def release(self, row: int, claim: Claim, topology: GuestTopology | None) -> None:
        """Give back what an instance has that goes away."""
        self._put(row, given_back(self.state(row), claim, topology))

    def _booked(self, request: Request, row: int, count: int) -> None:
        """Take or give back what a request asks. What does not fit (a filter is switched off) is not taken."""
        want = want_of(request.shape)
        if want is _NOTHING:
            return
        claims = self._claims.setdefault((row, request), [])
        if count > 0:
            answer = self.answer(want, row)
            claims.append(answer if isinstance(answer, Claim) else None)
            if isinstance(answer, Claim):
                self.hold(row, answer, want.topology)
        elif claims and (claim := claims.pop()) is not None:
            self.release(row, claim, want.topology)

    def _answer(self, answers: dict[int, Claim | str], want: Want, number: int) -> Claim | str:
        found = answers.get(number)
        if found is None:
            found = answers[number] = fit(self._states[number], want)
        return found

    def _all(self) -> npt.NDArray[np.intp]:
        if self._rows is None:
            self._rows = np.array([self._number(state) for state in map(state_of, self._hosts)], dtype=np.intp)
        return self._rows

    def _number(self, state: State) -> int:
        number = self._numbers.setdefault(state, len(self._states))
        if number == len(self._states):
            self._states.append(state)
        return number

    def _put(self, row: int, state: State) -> None:
        self._all()[row] = self._number(state)
        self._changes.append(row)
