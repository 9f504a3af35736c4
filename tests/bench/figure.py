"""Figure: one measured number beside its goal."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MEETS = {"lower": operator.le, "higher": operator.ge}


@dataclass(frozen=True)
class Figure:
    """``value`` is None where it could not be measured, and ``why`` says why; ``goal`` is None for information only."""

    name: str
    value: float | None
    goal: float | None
    better: str = "lower"
    unit: str = "ratio"
    parts: Mapping[str, Any] = field(default_factory=dict)  # what the ratio was made of
    why: str = ""

    @property
    def ok(self) -> bool | None:
        """Whether the goal is met; None where there is none to meet. Not measured is not met."""
        if self.value is None:
            return False
        return None if self.goal is None else _MEETS[self.better](self.value, self.goal)

    def to_json(self) -> dict[str, Any]:
        """One line of ``./dev bench --json``."""
        line = {"name": self.name, "figure": self.value, "goal": self.goal, "better": self.better, "ok": self.ok}
        line |= {"unit": self.unit, "parts": dict(self.parts)}
        return line | ({"why": self.why} if self.why else {})


@dataclass(frozen=True)
class Goal:
    """One thing to measure: ``measure`` yields its figures.

    ``figures`` are their names and goals, for when it cannot run; ``better`` is which way the goals point.
    """

    name: str
    says: str
    measure: Callable[[Settings], list[Figure]]
    figures: tuple[tuple[str, float | None], ...]
    needs_root: bool = False
    better: str = "lower"

    def not_measured(self, why: str) -> list[Figure]:
        """What is shown instead of numbers; never a guess."""
        return [Figure(name, None, goal, self.better, why=why) for name, goal in self.figures]


@dataclass(frozen=True)
class Settings:
    """How thorough a run is. ``scale`` divides sizes, to try the measurements out: figures then mean little."""

    reps: int = 5
    heavy_reps: int = 3  # of what takes a quarter of a minute each time
    scale: int = 1
    hosts: int = 100  # simulated ones, at most
    say: Callable[[str], None] = lambda _: None

    def size(self, n: int) -> int:
        """A size, as small as this run wants it."""
        return max(2, n // self.scale)


def ratio(part: float, whole: float) -> float:
    """A quotient with four significant digits."""
    return float(f"{part / whole:.4g}")
