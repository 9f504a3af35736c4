# SPDX-License-Identifier: GPL-3.0-or-later
"""What must still hold of each host when a plan's steps begin there. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from novalite.shared import amounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from novalite.model.plan import Step
    from novalite.model.resource import Usage
    from novalite.model.snapshot import Snapshot


def relied_on(snapshot: Snapshot, waves: Sequence[Sequence[Step]]) -> dict[str, dict[str, Any]]:
    """Return, for each host with steps, what must still hold when they begin.

    The capacity counts only where something was placed or grows; an instance counts where a step touches it.
    """
    found: dict[str, dict[str, Any]] = {}
    taken = {item.uuid: item.usage for host in _hosts(waves) for item in snapshot.hosts[host].instances}
    known = {host: snapshot.hosts[host].fingerprints() for host in _hosts(waves)}
    for wave in waves:
        for step in wave:
            host = snapshot.hosts[step.host]
            facts = found.setdefault(host.name, {"host": None, "generation": host.generation, "instances": {}})
            uuid = _uuid(step.body)
            if step.action in ("create", "resize") or _grows(step, taken.get(uuid)):
                facts["host"] = host.fingerprint
            if uuid in known[host.name]:
                facts["instances"][uuid] = known[host.name][uuid]
    return dict(sorted(found.items()))


def _hosts(waves: Sequence[Sequence[Step]]) -> set[str]:
    return {step.host for wave in waves for step in wave}


def _grows(step: Step, usage: Usage | None) -> bool:
    """Tell whether an instance takes more of its host after a step than before."""
    if usage is None or "spec" not in step.body:
        return False
    spec = step.body["spec"]
    wanted = amounts.total_resources(spec["flavor"], spec["image"]["properties"])
    return any(amount > usage.get(name, 0) for name, amount in wanted.items())


def _uuid(body: Mapping[str, Any]) -> str:
    return str(body["spec"]["uuid"] if "spec" in body else body.get("uuid", ""))
