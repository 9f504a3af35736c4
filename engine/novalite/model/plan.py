# SPDX-License-Identifier: GPL-3.0-or-later
"""Plan: all changes, where they happen and in which order; a value that is stored, shown and applied by others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import attrs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from novalite.problem import Problem


@attrs.frozen(slots=True)
class PlannedChange:
    """One line of the plan: everything a person or a program may want to know, already decided."""

    action: str  # a value of change.Action
    name: str
    host: str | None
    uuid: str | None
    summary: str  # "small on kvm-3", "ram 8GiB -> 16GiB"
    reason: str
    disruption: str = "none"  # none | hot | pending | restart | migrate | rebuild | replace (refused) | destroy
    fields: tuple[Mapping[str, Any], ...] = ()  # {"path","before","after","class","reason"}
    placement: Mapping[str, Any] = attrs.field(factory=dict)  # considered, refused, weight, runner_up
    destroys: tuple[str, ...] = ()  # files that will be gone


@attrs.frozen(slots=True)
class Step:
    """One thing one host does. ``body`` is what the host gets, as module_utils/step_kinds.py describes it."""

    id: str
    host: str
    action: str  # a kind of module_utils/step_kinds.py
    name: str
    body: Mapping[str, Any]
    needs: tuple[str, ...] = ()  # ids of steps that must be done before, on whichever host


@attrs.frozen(slots=True)
class Plan:
    """``waves`` are lists of steps between barriers. ``relied``: host -> fingerprints that must still hold."""

    project: str
    fleet: str  # fingerprint
    changes: tuple[PlannedChange, ...]
    waves: tuple[tuple[Step, ...], ...]
    relied: Mapping[str, Mapping[str, Any]]  # host -> {"host": fp or None, "generation": n, "instances": {uuid: fp}}
    images: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)  # sha256 -> name, source, format, size_bytes
    contents: Mapping[str, str] = attrs.field(factory=dict)  # sha256 -> base64 of user data
    secrets: Mapping[str, Mapping[str, Any]] = attrs.field(factory=dict)  # token -> reference, and its fingerprint
    unknown: Mapping[str, str] = attrs.field(factory=dict)  # host -> reason
    hosts: int = 0  # how many hosts were asked, the unknown ones too
    problems: tuple[Problem, ...] = ()
    assumed_empty: tuple[str, ...] = ()  # unknown hosts that the user declared to hold nothing of this fleet
    kept: int = 0  # instances that are as declared; they are not among the changes
    what_if: tuple[str, ...] = ()  # what was only thought of ("without kvm-3"): such a plan is shown, never applied
    batch: Mapping[str, Any] = attrs.field(factory=dict)  # BatchFigures, where the new instances were searched together
    moves: Mapping[str, Any] = attrs.field(factory=dict)  # {"count", "steps", "least", "fewest", "copies_mib"}
    waits: tuple[Mapping[str, Any], ...] = ()  # whom it waits for until they are up: plan/wait.py, told
    rolling: tuple[Mapping[str, Any], ...] = ()  # sets that go in waves: plan/rolling.py, told
    goals: tuple[Mapping[str, Any], ...] = ()  # {"goal", "before", "after", "counter"}: survival, where it is declared

    @property
    def is_errored(self) -> bool:
        """Tell whether this plan can only be shown."""
        return bool(self.what_if) or any(problem.severity == "error" for problem in self.problems)

    @property
    def is_empty(self) -> bool:
        """Tell whether there is nothing to do on any host."""
        return not any(self.waves)
