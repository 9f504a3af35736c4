"""Rates of placement, ours and the peers', each in a process of its own; a rate counts only if the result is right."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from . import clock, peers
from .paths import PROBES

if TYPE_CHECKING:
    from pathlib import Path

NOVA_SECONDS = 20.0


def ours(hosts: int, instances: int, *more: str) -> dict[str, Any]:
    """What ``probes/schedule_place.py`` says. Raises: ProcessError where a placement is wrong.

    Refused may be, in small batches, only who fits nowhere: the checker sees to that.
    """
    said = _said(sys.executable, "schedule_place.py", hosts, instances, *more)
    if said["wrong"] or said["placed"] < 0.9 * instances or said["without_reason"]:
        msg = f"{said['placed']} of {instances} placed, {said['without_reason']} without a reason, {said['wrong']}"
        raise clock.ProcessError(msg)
    return said


def prototype(hosts: int, instances: int) -> dict[str, Any]:
    """What a loop of plain numpy says of the same batch."""
    return _said(sys.executable, "schedule_numpy.py", hosts, instances)


def nova(hosts: int, instances: int, seconds: float = NOVA_SECONDS) -> dict[str, Any]:
    """What Nova's filters and weighers say, as far as they come. Raises: PeerError."""
    return _said(peers.python("nova"), "nova_scheduler.py", hosts, instances, seconds)


def nova_with_placement(hosts: int, instances: int, seconds: float) -> dict[str, Any]:
    """What Nova says with Placement's candidates and claims. Raises: PeerError."""
    return _said(peers.python("nova"), "nova_placement.py", hosts, instances, seconds)


def packing(seed: int, kind: str, *more: object) -> dict[str, Any]:
    """What ``probes/schedule_pack.py`` says of one packing problem."""
    return _said(sys.executable, "schedule_pack.py", seed, kind, *more)


def _said(python: str | Path, probe: str, *arguments: object) -> dict[str, Any]:
    done = clock.run([python, PROBES / probe, *map(str, arguments)], env=clock.clean_environment())
    return dict(json.loads(done.output.strip().splitlines()[-1]))
